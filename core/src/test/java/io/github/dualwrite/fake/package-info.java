/** A follower that does what a test says, and a listener that remembers. */
@NullMarked
package io.github.dualwrite.fake;

import org.jspecify.annotations.NullMarked;
