package io.github.dualwrite.routing;

import io.github.dualwrite.spi.Durations;
import java.time.Duration;
import java.util.Objects;

/**
 * When reads go back to the authority by themselves: the share of reads of the secondary that got no answer from it, or the
 * share of comparisons that found a difference, is over a threshold within a window. Immutable.
 *
 * <p>The route becomes {@link ReadRoute#withoutSecondary()}. The step back holds on this instance until the source gives
 * another value than the one that was judged, {@code resumeReadRoute} is called, or the process ends; there is no step
 * forward without a person. If the source is a {@link WritableReadRouteSource}, the flag itself is set back too, for the
 * fleet, unless somebody has changed it meanwhile. Then a restart ends nothing.
 */
public final class StepBack {

    private final double errorPercent;
    private final double mismatchPercent;
    private final Duration window;
    private final int minimum;
    private final boolean fleet;

    private StepBack(double errorPercent, double mismatchPercent, Duration window, int minimum, boolean fleet) {
        this.errorPercent = errorPercent;
        this.mismatchPercent = mismatchPercent;
        this.window = window;
        this.minimum = minimum;
        this.fleet = fleet;
    }

    /** Over 5 % errors or over 1 % mismatches within a minute, of at least 100 each; for the fleet where that is possible. */
    public static StepBack defaults() {
        return new StepBack(5, 1, Duration.ofMinutes(1), 100, true);
    }

    /** Over which share of reads of the secondary without an answer, in per cent; 100 for never. Default: 5. */
    public StepBack errorPercent(double errorPercent) {
        return new StepBack(percent("errorPercent", errorPercent), mismatchPercent, window, minimum, fleet);
    }

    /** Over which share of comparisons that found a difference, in per cent; 100 for never. Default: 1. */
    public StepBack mismatchPercent(double mismatchPercent) {
        return new StepBack(errorPercent, percent("mismatchPercent", mismatchPercent), window, minimum, fleet);
    }

    /** What is looked at: so much time up to now, within a tenth. Default: 1 min. */
    public StepBack window(Duration window) {
        Objects.requireNonNull(window, "window");
        if (window.compareTo(Duration.ofMillis(100)) < 0) {
            throw new IllegalArgumentException("window of the step back must be at least 100 ms, not " + window);
        }
        Durations.bounded("window of the step back", window);
        return new StepBack(errorPercent, mismatchPercent, window, minimum, fleet);
    }

    /** How many reads, or comparisons, the window must hold before it is judged. Default: 100. */
    public StepBack minimum(int minimum) {
        if (minimum < 1) {
            throw new IllegalArgumentException("minimum of the step back must be at least 1, not " + minimum);
        }
        return new StepBack(errorPercent, mismatchPercent, window, minimum, fleet);
    }

    /** On this instance alone: the flag stays as it is. Default: for the fleet, where the source is writable. */
    public StepBack thisInstanceOnly() {
        return new StepBack(errorPercent, mismatchPercent, window, minimum, false);
    }

    public double errorPercent() {
        return errorPercent;
    }

    public double mismatchPercent() {
        return mismatchPercent;
    }

    public Duration window() {
        return window;
    }

    public int minimum() {
        return minimum;
    }

    /** Whether the flag is set back where the source is writable. */
    public boolean fleet() {
        return fleet;
    }

    private static double percent(String setting, double percent) {
        if (!(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException(
                    setting + " of the step back must be from 0 to 100 per cent, not " + percent);
        }
        return percent;
    }
}
