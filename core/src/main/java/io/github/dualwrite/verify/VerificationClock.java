package io.github.dualwrite.verify;

import java.time.Duration;
import java.time.Instant;

/** Time, so that tests can make it. */
interface VerificationClock {

    VerificationClock SYSTEM = new VerificationClock() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            Thread.sleep(duration.toMillis(), (int) (duration.toNanos() % 1_000_000));
        }
    };

    long nanoTime();

    Instant now();

    void sleep(Duration duration) throws InterruptedException;
}
