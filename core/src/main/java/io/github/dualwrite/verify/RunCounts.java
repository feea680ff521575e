package io.github.dualwrite.verify;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Counts rows as they are read, and tells listeners at most once in a second. Safe for use by many threads. */
final class RunCounts {

    private static final long TELL_EVERY = 1_000_000_000;

    private record Part(
            VerificationProgress.Phase phase,
            long began,
            OptionalLong estimate,
            LongAdder authority,
            LongAdder follower) {}

    private final VerificationClock clock;
    private final long began;
    private final Consumer<VerificationProgress> listener;
    private final Tally<?> tally;
    private final AtomicLong told;
    private volatile @Nullable Tally<?> inWork;
    private volatile Part part;
    private volatile long before;
    private volatile int differingBuckets;

    RunCounts(VerificationClock clock, Tally<?> tally, Consumer<VerificationProgress> listener) {
        this.clock = clock;
        this.began = clock.nanoTime();
        this.told = new AtomicLong(began);
        this.tally = tally;
        this.listener = listener;
        this.part = part(VerificationProgress.Phase.SCANNING, OptionalLong.empty());
    }

    private Part part(VerificationProgress.Phase phase, OptionalLong estimate) {
        return new Part(phase, clock.nanoTime(), estimate, new LongAdder(), new LongAdder());
    }

    void read(Side side, long rows) {
        Part now = part;
        (side == Side.AUTHORITY ? now.authority() : now.follower()).add(rows);
        long time = clock.nanoTime();
        long last = told.get();
        if (time - last >= TELL_EVERY && told.compareAndSet(last, time)) {
            listener.accept(progress());
        }
    }

    /** Rows of this phase that an earlier run has read: they count as done, and not for the rate. */
    void resumed(long authority, long follower) {
        Part now = part;
        now.authority().add(authority);
        now.follower().add(follower);
        before = authority + follower;
    }

    void differing(int buckets) {
        differingBuckets = buckets;
    }

    /** What is counted apart until it is complete. */
    void part(@Nullable Tally<?> tally) {
        inWork = tally;
    }

    void phase(VerificationProgress.Phase phase, OptionalLong estimate) {
        before = 0;
        part = part(phase, estimate);
    }

    int differingBuckets() {
        return differingBuckets;
    }

    VerificationProgress progress() {
        Part now = part;
        Tally<?> open = inWork;
        long rows = now.authority().sum() + now.follower().sum();
        double seconds = (clock.nanoTime() - now.began()) / 1e9;
        double perSecond = seconds > 0 ? Math.max(0, rows - before) / seconds : 0;
        long left = now.estimate().orElse(0) - rows;
        return new VerificationProgress(
                now.phase(),
                now.authority().sum(),
                now.follower().sum(),
                now.estimate(),
                perSecond,
                Duration.ofNanos(clock.nanoTime() - began),
                perSecond > 0 && left > 0 // more than were estimated: nobody knows
                        ? Optional.of(Duration.ofMillis((long) Math.ceil(left / perSecond * 1_000)))
                        : Optional.empty(),
                differingBuckets,
                tally.differing() + (open == null ? 0 : open.differing()));
    }
}
