package io.github.dualwrite.examples.livemigration;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The outcome of a run: numbers by name, in the order in which they were given. */
final class Result {

    private static final Set<String> MUST_BE_ZERO = Set.of(
            "pending",
            "missing",
            "extra",
            "different",
            "failed_calls",
            "lost_acknowledged",
            "behind_acknowledged",
            "stale_reads",
            "misrouted_reads",
            "parked",
            "backfill_failures",
            "misnamed",
            "false_alarms",
            "verified_different",
            "verify_exit");

    private static final Set<String> MUST_HAVE_HAPPENED = Set.of(
            "writes",
            "reads",
            "applied_live",
            "reconciled",
            "read_fallbacks",
            "secondary_reads",
            "breaker_openings",
            "queue_peak",
            "kills",
            "existing",
            "backfilled",
            "injected");

    /** The first must be what the second is. */
    private static final Map<String, String> MUST_BE_EQUAL = Map.of("found", "injected", "repaired", "injected");

    private final Map<String, Long> numbers = new LinkedHashMap<>();

    Result with(String name, long number) {
        numbers.put(name, number);
        return this;
    }

    /** What is not as it must be; empty if all is. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        numbers.forEach((name, number) -> {
            if (MUST_BE_ZERO.contains(name) && number != 0) {
                problems.add(name + " is " + number + " and must be 0");
            } else if (name.equals("read_share") && number != 100) {
                problems.add(name + " is " + number + " and must be 100");
            } else if (!number.equals(numbers.getOrDefault(MUST_BE_EQUAL.getOrDefault(name, name), -1L))) {
                problems.add(name + " is " + number + " and must be what " + MUST_BE_EQUAL.get(name) + " is");
            } else if (MUST_HAVE_HAPPENED.contains(name) && number == 0) {
                problems.add(name + " is 0: what this program is there to show did not happen");
            }
        });
        return problems;
    }

    /** The last line of the output. */
    @Override
    public String toString() {
        return numbers.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(" ", "RESULT ", ""));
    }
}
