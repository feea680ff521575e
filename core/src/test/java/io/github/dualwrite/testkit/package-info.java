/**
 * The contract that every adapter must pass: extend {@link io.github.dualwrite.testkit.AuthorityContract} and {@link
 * io.github.dualwrite.testkit.FollowerContract}, and say how to get at an empty store.
 */
@NullMarked
package io.github.dualwrite.testkit;

import org.jspecify.annotations.NullMarked;
