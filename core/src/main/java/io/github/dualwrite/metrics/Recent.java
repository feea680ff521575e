package io.github.dualwrite.metrics;

import io.micrometer.core.instrument.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;

/**
 * How much one number has grown for each unit that another one has, within about the last time of a given length. Looks when it is
 * asked and remembers a few earlier looks; needs no thread. Safe for use by many threads.
 */
final class Recent implements DoubleSupplier {

    private static final int LOOKS = 10;

    private final DoubleSupplier part;
    private final DoubleSupplier whole;
    private final Clock clock;
    private final long windowNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Look> looks = new ArrayDeque<>();

    private record Look(long nanos, double part, double whole) {}

    private Recent(DoubleSupplier part, DoubleSupplier whole, Duration window, Clock clock) {
        this.part = part;
        this.whole = whole;
        this.clock = clock;
        this.windowNanos = window.toNanos();
        looks.add(look());
    }

    /** The share of a growing number in another one that grows with it; not a number while that does not grow. */
    static Recent ratio(DoubleSupplier part, DoubleSupplier whole, Duration window, Clock clock) {
        return new Recent(part, whole, window, clock);
    }

    /** The growth of a number for each second. */
    static Recent perSecond(DoubleSupplier count, Duration window, Clock clock) {
        return new Recent(count, () -> clock.monotonicTime() / 1e9, window, clock);
    }

    private Look look() {
        return new Look(clock.monotonicTime(), part.getAsDouble(), whole.getAsDouble());
    }

    @Override
    public double getAsDouble() {
        lock.lock();
        try {
            Look now = look();
            while (looks.size() > 1 && now.nanos() - looks.getFirst().nanos() > windowNanos) {
                looks.removeFirst();
            }
            Look before = looks.getFirst();
            if (now.nanos() - looks.getLast().nanos() >= windowNanos / LOOKS) {
                looks.addLast(now);
            }
            double grown = now.whole() - before.whole();
            return grown > 0 ? (now.part() - before.part()) / grown : Double.NaN;
        } finally {
            lock.unlock();
        }
    }
}
