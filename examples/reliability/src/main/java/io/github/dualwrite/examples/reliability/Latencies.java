package io.github.dualwrite.examples.reliability;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** How long calls took. Takes no memory while it measures but what it took at the beginning. Safe for use by many threads. */
final class Latencies {

    private final long[] nanos;
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    /** Remembers the first so many. */
    Latencies(int room) {
        this.nanos = new long[room];
    }

    void took(long duration) {
        int place = count.getAndIncrement();
        if (place < nanos.length) {
            nanos[place] = duration;
        }
    }

    void failed() {
        failed.incrementAndGet();
    }

    void clear() {
        count.set(0);
        failed.set(0);
    }

    /** Calls, those that failed, and in microseconds median, 99th percentile and longest. */
    String summary() {
        long[] sorted = Arrays.copyOf(nanos, Math.min(nanos.length, count.get()));
        Arrays.sort(sorted);
        return "writes=" + count.get() + " failed=" + failed.get() + " p50_us=" + at(sorted, 0.5) + " p99_us="
                + at(sorted, 0.99) + " max_us=" + at(sorted, 1);
    }

    private static long at(long[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.round(share * (sorted.length - 1))] / 1000;
    }
}
