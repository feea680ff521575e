package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.dualwrite.broken.BrokenLibrary;
import io.github.dualwrite.broken.BrokenLine;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Races inside one process. {@code -Ddualwrite.races=2000000} runs each so many times. */
@Tag("DW-4")
@Tag("DW-5")
class RacesTest {

    private static final long TIMES = Long.getLong("dualwrite.races", 10_000);

    /** A broken one is looked for until it is found, but not for ever. */
    private static final long MOST = 2_000_000;

    static Set<String> races() {
        return Races.names();
    }

    @ParameterizedTest
    @MethodSource("races")
    void endsWell(String race) {
        assertThat(new RaceRunner().apply(race, TIMES)).isEmpty();
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                arguments(
                        "Batches",
                        new BrokenLine("internal/Soon.java", "begin();\n        task.run();", "task.run(); begin();")),
                arguments(
                        "Confirmer",
                        new BrokenLine(
                                "internal/Confirmer.java",
                                "if (waiting.remove(each.getKey(), each.getValue())) {",
                                "if (waiting.remove(each.getKey()) != null) {")),
                arguments(
                        "Handover",
                        new BrokenLine(
                                "internal/Batches.java",
                                "T next = waiting.poll();",
                                "T next = waiting.peek(); if (next != null) { waiting.remove(next); }")),
                arguments(
                        "Relay",
                        new BrokenLine(
                                "internal/Relay.java",
                                "idle = 0;\n        ticking.set(false);\n        if (!waiting.isEmpty()) {",
                                "for (idle = 200; idle > 0; idle--) { Thread.onSpinWait(); }"
                                        + " ticking.set(false); if (idle < 0) {")),
                arguments(
                        "PendingKeys, settled",
                        new BrokenLine(
                                "internal/PendingKeys.java",
                                "marks.computeIfPresent(key, (k, mark) -> mark.version <= version ? null : mark);",
                                "Mark there = marks.get(key);"
                                        + " if (there != null && there.version <= version) { marks.remove(key); }")),
                arguments(
                        "PendingKeys, swept",
                        new BrokenLine("internal/PendingKeys.java", "marks.remove(key, mark);", "marks.remove(key);")),
                arguments(
                        "PendingKeys, no room",
                        new BrokenLine("internal/PendingKeys.java", "unmarked.incrementAndGet();", "")),
                arguments(
                        "FleetPending",
                        new BrokenLine(
                                "internal/FleetPending.java",
                                "new View<>(keys.orElse(null), beganNanos, beganMillis);",
                                "new View<>(keys.orElse(null), nanos.getAsLong(), beganMillis);")),
                arguments(
                        "Guard",
                        new BrokenLine(
                                "internal/Guard.java",
                                "if (error instanceof TimeoutException) {",
                                "if (error instanceof TimeoutException) { breaker.releasePermission();")),
                arguments(
                        "TokenBucket",
                        new BrokenLine("internal/TokenBucket.java", "synchronized long take()", "long take()")),
                arguments(
                        "EffectiveRoute",
                        new BrokenLine(
                                "internal/EffectiveRoute.java",
                                "if (!immediate && toldMeanwhile.get()) {",
                                "if (false) {")),
                arguments(
                        "EffectiveRoute, overtaken",
                        new BrokenLine("internal/EffectiveRoute.java", "if (ticket > taken) {", "if (true) {")),
                arguments(
                        "KeyRoutes",
                        new BrokenLine("internal/KeyRoutes.java", "() -> entry.asking.set(false))) {", "() -> {})) {")),
                arguments(
                        "OrderedEvents",
                        new BrokenLine("internal/OrderedEvents.java", "while (seen != 0);", "while (false);")));
    }

    /** The races are themselves tested: what is not atomic is found. */
    @ParameterizedTest
    @MethodSource("broken")
    void aBrokenOneIsFound(String race, BrokenLine line, @TempDir Path directory) throws Exception {
        line.compileInto(directory);

        BiFunction<?, ?, ?> runner = new BrokenLibrary(directory).make(RaceRunner.class.getName(), BiFunction.class);
        @SuppressWarnings("unchecked")
        Object found = ((BiFunction<String, Long, String>) runner).apply(race, MOST);
        System.out.println("race of a broken " + race + ": " + found);
        assertThat(found).asString().startsWith("after ");
    }
}
