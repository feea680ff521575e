package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.broken.BrokenLine;
import io.github.dualwrite.fake.ShadowedLoad;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** However many reads there were, whether their shadows were taken or shed: the next one allocates no more, and nothing is kept of them. */
@Tag("DW-4")
class ShadowedLoadTest {

    private static final int READS = Integer.getInteger("dualwrite.shadowed.reads", 50_000);

    /** What a read may allocate more than one long before it, in bytes: the compiler may find less to leave out. */
    private static final long MARGIN = 24;

    /** What may be kept of a thousand reads: less than one byte each, where the smallest object is of 16. */
    private static final long KEPT = 1000;

    @Test
    void underLoadAReadAllocatesNoMoreThanBeforeAndNothingIsKept() {
        ShadowedLoad load = new ShadowedLoad();

        Map<String, Long> bytes = load.apply(READS);

        System.out.println("windows of 2 x " + READS + " reads: bytes " + bytes + ", " + load.statistics());
        assertThat(bytes.get("taken, late")).isLessThanOrEqualTo(bytes.get("taken, early") + MARGIN);
        assertThat(bytes.get("shed, late")).isLessThanOrEqualTo(bytes.get("shed, early") + MARGIN);
        assertThat(bytes.get("kept of 1000")).isLessThan(KEPT);
    }

    static Stream<Arguments> broken() {
        String kept =
                "private final java.util.Queue<Object> kept = new java.util.concurrent.ConcurrentLinkedQueue<>(); ";
        String shed = "void shed(ShedReason reason, int count) {";
        String compared = "void compared(ShadowResult result) {";
        String grown = "private static long asked; static volatile Object last = \"\"; ";
        String offer = "public void offer(Runnable work, int subjects) {";
        return Stream.of(
                Arguments.of(
                        "kept of 1000",
                        new BrokenLine("internal/ReadCounters.java", shed, kept + shed + " kept.add(new Object());")),
                Arguments.of(
                        "kept of 1000",
                        new BrokenLine(
                                "internal/ReadCounters.java", compared, kept + compared + " kept.add(new Object());")),
                Arguments.of(
                        "late",
                        new BrokenLine(
                                "internal/ShadowReads.java",
                                offer,
                                grown + offer + " last = new byte[(int) (asked++ / 100)];")));
    }

    /** The check is itself tested; in a process whose heap holds no compiler. */
    @ParameterizedTest
    @MethodSource("broken")
    void aReadThatCostsMoreAndMoreIsFound(String what, BrokenLine line, @TempDir Path directory) throws Exception {
        line.compileInto(directory);

        Map<String, Long> bytes = inAProcess(directory);

        System.out.println("broken " + line.file() + ": bytes " + bytes);
        if (what.equals("late")) {
            assertThat(bytes.get("taken, late")).isGreaterThan(bytes.get("taken, early") + MARGIN);
            assertThat(bytes.get("shed, late")).isGreaterThan(bytes.get("shed, early") + MARGIN);
        } else {
            assertThat(bytes.get(what)).isGreaterThanOrEqualTo(KEPT);
        }
    }

    private static Map<String, Long> inAProcess(Path broken) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        broken + File.pathSeparator + System.getProperty("java.class.path"),
                        ShadowedLoad.class.getName(),
                        "10000")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said.lines()
                .filter(each -> each.startsWith(ShadowedLoad.FIGURE))
                .map(each -> each.substring(ShadowedLoad.FIGURE.length()).split("="))
                .collect(Collectors.toMap(each -> each[0], each -> Long.valueOf(each[1])));
    }
}
