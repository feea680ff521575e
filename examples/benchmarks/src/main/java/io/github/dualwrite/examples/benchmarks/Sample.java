package io.github.dualwrite.examples.benchmarks;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/** Latencies of one round, in nanoseconds. */
final class Sample {

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
        Arrays.sort(nanos);
        return new Sample(nanos);
    }

    double micros(double quantile) {
        return nanos[(int) Math.min(nanos.length - 1L, Math.round(quantile * nanos.length))] / 1000.0;
    }

    static double least(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    static double greatest(double[] values) {
        return Arrays.stream(values).max().orElseThrow();
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
