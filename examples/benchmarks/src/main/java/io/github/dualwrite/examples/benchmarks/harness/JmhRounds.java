package io.github.dualwrite.examples.benchmarks.harness;

import java.util.Collection;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the JMH benchmarks of a class as a contest: in each round every one of them, in a process of its own. */
public final class JmhRounds {

    /** Nanoseconds for a call. */
    public static final String TIME = "time";

    /** The same in the median of the calls, or batches of calls, of a method that is measured by samples too. */
    public static final String MEDIAN = "median";

    /** Bytes that a call allocates, on whatever thread. */
    public static final String ALLOCATED = "allocated";

    private JmhRounds() {}

    /** Measures all; contenders have the names of the methods. */
    public static Outcome run(Run run, String setting, Class<?> benchmarks) throws RunnerException {
        Profile profile = run.profile();
        Outcome outcome = new Outcome(run, setting);
        int rounds = profile.of(1, 1, 4);
        for (int round = 0; round < rounds; round++) {
            run.say(setting + ", round " + (round + 1) + " of " + rounds);
            Collection<RunResult> results = new Runner(new OptionsBuilder()
                            .include("^" + Pattern.quote(benchmarks.getName()) + "\\.")
                            .forks(profile.of(0, 1, 1))
                            .warmupIterations(profile.of(0, 2, 2))
                            .warmupTime(TimeValue.milliseconds(profile.of(1, 250, 700)))
                            .measurementIterations(profile.of(1, 2, 3))
                            .measurementTime(TimeValue.milliseconds(profile.of(1, 250, 700)))
                            .addProfiler(GCProfiler.class)
                            .verbosity(VerboseMode.SILENT)
                            .shouldFailOnError(true)
                            .build())
                    .run();
            for (RunResult result : results) {
                String name = result.getParams().getBenchmark();
                String method = name.substring(name.lastIndexOf('.') + 1);
                if (result.getParams().getMode() == Mode.SampleTime) {
                    outcome.add(
                            method,
                            MEDIAN,
                            result.getPrimaryResult().getStatistics().getPercentile(50));
                    continue;
                }
                outcome.add(method, TIME, result.getPrimaryResult().getScore());
                result.getSecondaryResults().forEach((metric, value) -> {
                    if (metric.endsWith("gc.alloc.rate.norm")) {
                        outcome.add(method, ALLOCATED, value.getScore());
                    }
                });
            }
        }
        return outcome;
    }
}
