package io.github.dualwrite.examples.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few seconds of it: what can be said without measuring time. */
class OverloadTest {

    @Test
    @Tag("DW-3")
    @Tag("DW-4")
    void writesSucceedTheQueueIsCoalescedAndDrainedAfterwards(@TempDir Path directory) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Overload.Plan plan = new Overload.Plan(100, 40, 0, Duration.ofSeconds(1), Duration.ofSeconds(6), 2);

        Report report = new Overload(plan, new PrintStream(out, true, StandardCharsets.UTF_8)).run(directory);

        assertThat(report.failures()).as(out.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(report.figure("writes")).isPositive();
        assertThat(report.figure("deepest")).isPositive();
        assertThat(report.figure("refused_requests")).isPositive();
    }
}
