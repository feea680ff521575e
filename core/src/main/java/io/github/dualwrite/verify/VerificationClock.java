package io.github.dualwrite.verify;

import io.github.dualwrite.internal.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/** Time, so that tests can make it. */
interface VerificationClock {

    Duration SLICE = Duration.ofMillis(200);

    /** The time of a machine. */
    static VerificationClock of(Machine machine) {
        return new VerificationClock() {
            @Override
            public long nanoTime() {
                return machine.nanos();
            }

            @Override
            public Instant now() {
                return Instant.ofEpochMilli(machine.millis());
            }

            @Override
            public void sleep(Duration duration) throws InterruptedException {
                machine.sleep(duration);
            }
        };
    }

    long nanoTime();

    Instant now();

    void sleep(Duration duration) throws InterruptedException;

    /** Sleeps, but not much longer than until that is so, of which nobody tells. */
    default void sleep(Duration duration, BooleanSupplier enough) throws InterruptedException {
        long start = nanoTime();
        Duration left = duration;
        while (left.compareTo(Duration.ZERO) > 0 && !enough.getAsBoolean()) {
            sleep(left.compareTo(SLICE) < 0 ? left : SLICE);
            left = duration.minusNanos(nanoTime() - start);
        }
    }
}
