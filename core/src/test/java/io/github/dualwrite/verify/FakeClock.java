package io.github.dualwrite.verify;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Time that passes only while somebody sleeps, and then at once. Sleeping can have a side effect. */
final class FakeClock implements VerificationClock {

    private final AtomicLong nanos = new AtomicLong();
    final AtomicInteger sleeps = new AtomicInteger();
    volatile Runnable whileAsleep = () -> {};

    @Override
    public long nanoTime() {
        return nanos.get();
    }

    @Override
    public Instant now() {
        return Instant.EPOCH.plusNanos(nanos.get());
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        nanos.addAndGet(duration.toNanos());
        sleeps.incrementAndGet();
        whileAsleep.run();
    }

    /** In one go, so that there is one side effect. */
    @Override
    public void sleep(Duration duration, BooleanSupplier enough) throws InterruptedException {
        if (!enough.getAsBoolean()) {
            sleep(duration);
        }
    }
}
