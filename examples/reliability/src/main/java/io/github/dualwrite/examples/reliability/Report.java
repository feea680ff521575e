package io.github.dualwrite.examples.reliability;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Figures and failed checks of one round, or of several added up. Not safe for use by many threads. */
final class Report {

    private static final int SAMPLES = 5;

    private final Map<String, Long> figures = new LinkedHashMap<>();
    private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
    private final Map<Fault, Integer> vain = new EnumMap<>(Fault.class);
    private final List<String> failures = new ArrayList<>();
    private long passed;
    private long failed;

    /** Adds to a figure. */
    void count(String figure, long number) {
        figures.merge(figure, number, Long::sum);
    }

    /**
     * Adds steps of a schedule.
     *
     * @param effective those that did something to somebody
     * @param without those that found nothing to do it to
     */
    void count(Map<Fault, Integer> effective, Map<Fault, Integer> without) {
        effective.forEach((fault, number) -> faults.merge(fault, number, Integer::sum));
        without.forEach((fault, number) -> vain.merge(fault, number, Integer::sum));
    }

    /** A check, which failed if anything was found; what was found also counts as a figure. */
    void check(String figure, String meaning, Collection<String> found) {
        count(figure, found.size());
        if (found.isEmpty()) {
            passed++;
        } else {
            failed++;
            failures.add(meaning + ": " + found.size() + ", among them "
                    + found.stream().limit(SAMPLES).collect(Collectors.joining("; ")));
        }
    }

    void add(Report other) {
        other.figures.forEach(this::count);
        count(other.faults, other.vain);
        failures.addAll(other.failures);
        passed += other.passed;
        failed += other.failed;
    }

    long figure(String name) {
        return figures.getOrDefault(name, 0L);
    }

    /** Steps that did something to somebody. */
    int effective(Fault fault) {
        return faults.getOrDefault(fault, 0);
    }

    /** All steps that were made. */
    int made(Fault fault) {
        return effective(fault) + vain.getOrDefault(fault, 0);
    }

    /** Whether something was checked and no check failed. */
    boolean good() {
        return passed > 0 && failed == 0;
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    /** How many checks passed and failed. */
    String verdict() {
        return passed + " passed, " + failed + " failed";
    }

    /** All figures, in one line each for what happened (steps with an effect, of all that were made) and what was found. */
    String figures() {
        return "FAULTS "
                + Arrays.stream(Fault.values())
                        .filter(fault -> made(fault) > 0)
                        .map(fault ->
                                fault.name().toLowerCase(Locale.ROOT) + "=" + effective(fault) + "/" + made(fault))
                        .collect(Collectors.joining(" "))
                + "\nRESULT "
                + figures.entrySet().stream()
                        .map(e -> e.getKey() + "=" + e.getValue())
                        .collect(Collectors.joining(" "));
    }
}
