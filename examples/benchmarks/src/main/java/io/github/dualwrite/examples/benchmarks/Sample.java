package io.github.dualwrite.examples.benchmarks;

import java.util.Arrays;

/** Latencies of one round, in nanoseconds. */
final class Sample {

    private final long[] nanos;

    private Sample(long[] nanos) {
        this.nanos = nanos;
    }

    /** Calls one after the other. */
    static Sample of(int calls, java.util.function.IntConsumer call) {
        long[] nanos = new long[calls];
        for (int i = 0; i < calls; i++) {
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

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
