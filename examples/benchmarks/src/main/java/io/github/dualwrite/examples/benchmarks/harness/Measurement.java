package io.github.dualwrite.examples.benchmarks.harness;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One figure.
 *
 * @param benchmark the name by which it is run
 * @param setting what all contenders of a comparison had in common
 * @param contender who was measured
 * @param metric what was measured
 * @param size rows or entries, where growth is measured
 * @param rounds the figure of each round
 * @param median of the rounds
 * @param against the contender of the same rounds that the ratios refer to
 * @param ratios this contender's figure through the other's, round by round
 * @param ratio the median of the ratios, which is not the ratio of the medians
 * @param goal what it should be
 * @param met whether it is
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Measurement(
        String benchmark,
        String setting,
        String contender,
        String metric,
        String unit,
        @Nullable Integer size,
        List<Double> rounds,
        double median,
        @Nullable String against,
        @Nullable List<Double> ratios,
        @Nullable Double ratio,
        @Nullable String goal,
        @Nullable Boolean met) {

    /** The least of the rounds. */
    double least() {
        return Collections.min(rounds);
    }

    /** The greatest of the rounds. */
    double greatest() {
        return Collections.max(rounds);
    }
}
