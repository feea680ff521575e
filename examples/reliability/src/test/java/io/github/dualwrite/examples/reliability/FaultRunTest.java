package io.github.dualwrite.examples.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Short runs of the whole program on embedded servers. */
class FaultRunTest {

    /** In its schedule each fault of connections meets, at least once, a process that calls all the time and was not killed just before. */
    private static final long SEED = 11_555;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    @Tag("DW-1")
    @Tag("DW-2")
    @Tag("DW-3")
    @Tag("DW-5")
    @Tag("DW-6")
    @Tag("DW-7")
    void processesServersAndConnectionsDieAndNothingIsLost() throws Exception {
        Report report = run(Duration.ofSeconds(10), 30, Sabotage.NONE);

        assertThat(report.failures()).as(out.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(report.figure("acknowledged")).isPositive();
        assertThat(report.figure("reads")).isPositive();
        for (String figure : List.of(
                "kills_at_work",
                "answers_lost",
                "refused_requests",
                "connections_broken",
                "half_closed",
                "sessions_ended",
                "reads_by_follower")) {
            assertThat(report.figure(figure)).as(figure).isPositive();
        }
        for (Fault fault : Fault.values()) {
            assertThat(report.made(fault)).as(fault.name()).isEqualTo(2 * fault.weight());
            assertThat(report.effective(fault)).as(fault.name()).isPositive();
        }
    }

    @Test
    void aProtocolThatDropsPendingWritesIsFound() throws Exception {
        Report report = run(Duration.ofSeconds(3), 1, Sabotage.DROP_PENDING);

        assertThat(report.figure("behind"))
                .as(out.toString(StandardCharsets.UTF_8))
                .isPositive();
        assertThat(report.failures()).isNotEmpty();
    }

    private Report run(Duration length, int faults, Sabotage sabotage) throws Exception {
        long seed = Long.getLong("dualwrite.reliability.seed", SEED);
        System.out.println("seed " + seed);
        Settings settings = new Settings(seed, 1, length, faults, 60, 300, sabotage);
        return new FaultRun(settings, new PrintStream(out, true, StandardCharsets.UTF_8)).run();
    }
}
