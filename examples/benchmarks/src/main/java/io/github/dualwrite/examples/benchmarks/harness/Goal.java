package io.github.dualwrite.examples.benchmarks.harness;

import org.jspecify.annotations.Nullable;

/** What a figure should be. Missing it is told, and fails nothing. */
public final class Goal {

    private final String text;
    private final boolean ofRatio;
    private final boolean atMost;
    private final double limit;

    private Goal(String text, boolean ofRatio, boolean atMost, double limit) {
        this.text = text;
        this.ofRatio = ofRatio;
        this.atMost = atMost;
        this.limit = limit;
    }

    /** The median of the rounds' ratios is at most this. */
    public static Goal ratioAtMost(double limit) {
        return new Goal("ratio at most " + limit, true, true, limit);
    }

    /** The median of the rounds' ratios is at least this. */
    public static Goal ratioAtLeast(double limit) {
        return new Goal("ratio at least " + limit, true, false, limit);
    }

    /** The median itself is at most this. */
    public static Goal atMost(double limit) {
        return new Goal("at most " + limit, false, true, limit);
    }

    String text() {
        return text;
    }

    @Nullable
    Boolean met(double median, @Nullable Double ratio) {
        if (ofRatio && ratio == null) {
            return null;
        }
        double figure = ofRatio && ratio != null ? ratio : median;
        return atMost ? figure <= limit : figure >= limit;
    }
}
