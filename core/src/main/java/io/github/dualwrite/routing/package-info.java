/** Which store answers a read, and where that decision comes from. */
@NullMarked
package io.github.dualwrite.routing;

import org.jspecify.annotations.NullMarked;
