package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressInLinesTest {

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // a clock of nanoseconds may overflow
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Progress progress =
            new ProgressInLines(new PrintStream(bytes, true, StandardCharsets.UTF_8), nanos::get);

    private void pass(long millis) {
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private static Progress.Moment moment(String detail) {
        return new Progress.Moment("outage", 0.5, detail, 120, 340, 7, "HALF_OPEN");
    }

    @Test
    void aLineEachTwoSecondsSaysHowFarItIsAndTheRatesTheDepthAndTheBreaker() {
        progress.begin("traffic");
        pass(1_999);
        progress.show(moment(""));
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEmpty();

        pass(1);
        progress.show(moment(""));
        progress.show(moment(""));
        pass(2_500);
        progress.show(moment("300 rows"));
        progress.tell("The end.");

        String pattern = "\\s+outage\\s+";
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .matches("   *2 s  50 %" + pattern
                                        + "writes 120/s  reads 340/s  pending 7  breaker HALF_OPEN"),
                        line -> assertThat(line)
                                .matches("   *4 s  50 %" + pattern
                                        + "300 rows  writes 120/s  reads 340/s  pending 7  breaker HALF_OPEN"),
                        line -> assertThat(line).isEqualTo("The end."));
    }

    @Test
    void aNewPartBeginsWithoutALine() {
        pass(1_500);
        progress.begin("drain");
        pass(1_500);
        progress.show(moment(""));
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEmpty();
    }
}
