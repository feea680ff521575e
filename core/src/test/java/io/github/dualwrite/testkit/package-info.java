/**
 * The contract that every adapter must pass: extend {@link io.github.dualwrite.testkit.AuthorityContract} and {@link
 * io.github.dualwrite.testkit.FollowerContract}, and for backfill and verification {@link io.github.dualwrite.testkit.ScanContract}, {@link
 * io.github.dualwrite.testkit.BaselineContract} and {@link io.github.dualwrite.testkit.JobStoreContract}, and say how to get at an empty store.
 */
@NullMarked
package io.github.dualwrite.testkit;

import org.jspecify.annotations.NullMarked;
