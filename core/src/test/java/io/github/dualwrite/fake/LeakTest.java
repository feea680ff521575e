package io.github.dualwrite.fake;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.broken.BrokenLibrary;
import io.github.dualwrite.broken.BrokenLine;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Of thousands of repositories that were opened, failed in many ways and were closed nothing is left: no thread, no permit, no memory. */
@Tag("DW-4")
class LeakTest {

    /** {@code -Ddualwrite.leaks.cycles=10000} for a long run: what one cycle leaves, so many show as well as more do. */
    private static final int CYCLES = Integer.getInteger("dualwrite.leaks.cycles", 2_000);

    /** What a cycle may leave, in bytes: less than the smallest object of the library that one would keep. */
    private static final long BYTES = 100;

    @Test
    void nothingIsLeftOfRepositoriesThatWereClosed() {
        Leaks leaks = new Leaks();

        Map<String, Long> left = leaks.apply(CYCLES);

        System.out.println(CYCLES + " repositories opened and closed: left " + left + ", " + leaks.outcomes());
        assertThat(leaks.outcomes())
                .containsKeys(
                        "write applied",
                        "write FAILED",
                        "write TIMEOUT",
                        "write REJECTED",
                        "write ASYNCHRONOUS",
                        "read fallback PENDING",
                        "read fallback FAILED",
                        "read fallback TIMEOUT",
                        "shadow read EQUAL",
                        "backfill true",
                        "verification CONSISTENT");
        assertThat(left).containsEntry("threads", 0L).containsEntry("permits", 0L);
        assertThat(left.get("bytes")).isLessThan(BYTES);
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                Arguments.of(
                        "threads",
                        20,
                        new BrokenLine(
                                "internal/OwnedExecutors.java", "all.forEach(ExecutorService::shutdownNow);", "")),
                Arguments.of("permits", 60, new BrokenLine("internal/Guard.java", "finished(bulkhead));", "{});")),
                Arguments.of(
                        "bytes",
                        600,
                        new BrokenLine(
                                "Guards.java",
                                "return new BreakerStates(",
                                "breaker.getEventPublisher().onStateTransition(e -> events.repository());"
                                        + " return new BreakerStates(")));
    }

    /** The check is itself tested. */
    @ParameterizedTest
    @MethodSource("broken")
    void aLeakIsFound(String what, int cycles, BrokenLine line, @TempDir Path directory) throws Exception {
        line.compileInto(directory);

        IntFunction<?> leaks = new BrokenLibrary(directory).make(Leaks.class.getName(), IntFunction.class);
        Map<?, ?> left = (Map<?, ?>) leaks.apply(cycles);

        System.out.println("a leak of " + what + ": left " + left);
        assertThat((Long) left.get(what)).isGreaterThan(what.equals("bytes") ? BYTES : 0);
    }
}
