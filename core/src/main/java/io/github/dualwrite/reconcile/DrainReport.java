package io.github.dualwrite.reconcile;

import java.time.Duration;

/**
 * What a drain did.
 *
 * @param drained whether the queue was seen without any pending write but parked ones
 * @param applied writes that the drain brought to the follower
 * @param superseded writes that the follower already had, or newer ones
 * @param pushedBack failed attempts that will be repeated
 * @param parked writes that the drain parked
 * @param remaining pending writes that are left, without parked ones
 * @param parkedInTotal parked writes that are left
 * @param duration how long it took
 */
public record DrainReport(
        boolean drained,
        long applied,
        long superseded,
        long pushedBack,
        long parked,
        long remaining,
        long parkedInTotal,
        Duration duration) {}
