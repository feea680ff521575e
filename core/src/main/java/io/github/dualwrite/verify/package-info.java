/** Compares both stores completely, next to live traffic, says exactly where they differ, and heals that. */
@NullMarked
package io.github.dualwrite.verify;

import org.jspecify.annotations.NullMarked;
