package io.github.dualwrite.examples.benchmarks;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/** Latencies of one round, in nanoseconds. */
final class Sample {

    /** The metrics of {@link #metrics}. */
    static final String P50 = "p50";

    static final String P99 = "p99";

    private final long[] nanos;

    private Sample(long[] nanos) {
        this.nanos = nanos;
    }

    /** Calls one after the other. */
    static Sample of(int calls, IntConsumer call) {
        return of(calls, 0, call);
    }

    /**
     * Calls at a pace, each timed from its own beginning; after a call that took longer than the pace the next one comes at
     * once.
     */
    static Sample of(int calls, long paceNanos, IntConsumer call) {
        long[] nanos = new long[calls];
        long due = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            due += paceNanos;
            for (long left = due - System.nanoTime(); left > 0 && paceNanos > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            long start = System.nanoTime();
            call.accept(i);
            nanos[i] = System.nanoTime() - start;
        }
        return ofNanos(nanos);
    }

    /** Of latencies that somebody else took. */
    static Sample ofNanos(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return new Sample(sorted);
    }

    double micros(double quantile) {
        return nanos[(int) Math.min(nanos.length - 1L, Math.round(quantile * nanos.length))] / 1000.0;
    }

    /** Median and 99th percentile in microseconds. */
    Map<String, Double> metrics() {
        return Map.of(P50, micros(0.5), P99, micros(0.99));
    }
}
