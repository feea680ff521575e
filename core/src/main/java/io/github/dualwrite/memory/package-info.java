/**
 * A store in memory, in both roles: for tests of applications and for examples, and as the specification of the store SPI by
 * example.
 */
@NullMarked
package io.github.dualwrite.memory;

import org.jspecify.annotations.NullMarked;
