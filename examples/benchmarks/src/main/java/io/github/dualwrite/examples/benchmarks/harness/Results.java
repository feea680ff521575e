package io.github.dualwrite.examples.benchmarks.harness;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that a run found, as its JSON holds it.
 *
 * @param finished missing while it runs, and if it was ended before its end
 * @param seconds how long each benchmark took
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Results(
        String profile,
        String command,
        String commit,
        String started,
        @Nullable String finished,
        Map<String, String> machine,
        Map<String, String> versions,
        Map<String, Double> seconds,
        List<Measurement> measurements,
        List<Failure> failures) {

    /**
     * What could not be measured.
     *
     * @param what the contender, or the benchmark as a whole
     */
    public record Failure(String benchmark, String what, String error) {}
}
