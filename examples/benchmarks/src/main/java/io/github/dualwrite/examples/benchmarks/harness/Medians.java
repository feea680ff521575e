package io.github.dualwrite.examples.benchmarks.harness;

import java.util.List;

/** Medians. */
public final class Medians {

    private Medians() {}

    /** The middle one, or the mean of both middle ones. */
    public static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
