package io.github.dualwrite.verify;

import io.github.dualwrite.internal.Machine;
import java.time.Duration;
import java.time.Instant;

/** Time, so that tests can make it. */
interface VerificationClock {

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
}
