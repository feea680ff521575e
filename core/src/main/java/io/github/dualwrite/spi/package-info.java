/**
 * What a store must offer to be the authority, the follower, or both. The algorithms live in core; a store supplies
 * verbs. This package depends on no other package of Dualwrite.
 */
@NullMarked
package io.github.dualwrite.spi;

import org.jspecify.annotations.NullMarked;
