/** Stores that break one rule each: the contract must notice. */
@NullMarked
package io.github.dualwrite.broken;

import org.jspecify.annotations.NullMarked;
