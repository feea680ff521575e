package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.routing.StepBack;
import io.github.dualwrite.spi.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StepBackWatchTest {

    private final AtomicLong nanos = new AtomicLong();
    private final List<String> reasons = new ArrayList<>();

    private final StepBackWatch watch = new StepBackWatch(
            StepBack.defaults()
                    .errorPercent(10)
                    .mismatchPercent(1)
                    .window(Duration.ofSeconds(10))
                    .minimum(20),
            nanos::get,
            reasons::add);

    private void answers(int good, int bad) {
        for (int i = 0; i < good; i++) {
            watch.answered(true);
        }
        for (int i = 0; i < bad; i++) {
            watch.answered(false);
        }
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void aRateOverTheThresholdStepsBackWithAReasonThatSaysHowMuch() {
        answers(90, 10);
        assertThat(reasons).isEmpty();
        answers(0, 1);
        assertThat(reasons)
                .containsExactly("11 of 101 reads of the secondary got no answer from it within PT10S: 10.89 %,"
                        + " more than 10.0 %");
    }

    @Test
    void tooFewObservationsAreNotJudged() {
        answers(0, 19);
        assertThat(reasons).isEmpty();
        answers(0, 1);
        assertThat(reasons).hasSize(1);
    }

    @Test
    void whatIsOlderThanTheWindowDoesNotCount() {
        answers(0, 19);
        pass(Duration.ofSeconds(10));
        answers(0, 19);
        assertThat(reasons).isEmpty();
        pass(Duration.ofSeconds(9));
        answers(0, 1);
        assertThat(reasons).hasSize(1);
    }

    @Test
    void afterAStepBackCountingBeginsAnew() {
        answers(0, 20);
        answers(0, 19);
        assertThat(reasons).hasSize(1);
        answers(0, 1);
        assertThat(reasons).hasSize(2);
    }

    @Test
    void comparisonsHaveAThresholdOfTheirOwn() {
        answers(1000, 0);
        for (int i = 0; i < 99; i++) {
            watch.compared(true);
        }
        watch.compared(false);
        assertThat(reasons).isEmpty();
        watch.compared(false);
        assertThat(reasons).singleElement().asString().startsWith("2 of 101 comparisons found a difference");
    }

    @Test
    void onlyFallbacksThatTheFollowerCausedCount() {
        for (FallbackReason harmless :
                List.of(FallbackReason.PENDING, FallbackReason.MISS_BEFORE_BACKFILL, FallbackReason.INTERRUPTED)) {
            for (int i = 0; i < 100; i++) {
                watch.fellBack(harmless, null);
            }
        }
        for (int i = 0; i < 100; i++) { // of one key, which the follower cannot hold for instance
            watch.fellBack(
                    FallbackReason.FAILED,
                    new ExecutionException(new PermanentStoreException(
                            new DualWriteException.Context("test", Operation.READ, "a store", List.of("")),
                            "no such key",
                            null)));
        }
        assertThat(reasons).isEmpty();
        for (FallbackReason harmful : List.of(
                FallbackReason.FAILED,
                FallbackReason.TIMEOUT,
                FallbackReason.BREAKER_OPEN,
                FallbackReason.BULKHEAD_FULL)) {
            for (int i = 0; i < 5; i++) {
                watch.fellBack(harmful, null);
            }
        }
        assertThat(reasons).hasSize(1);
    }

    @Test
    void withoutAPolicyNothingIsCounted() {
        StepBackWatch idle = new StepBackWatch(null, nanos::get, reasons::add);
        for (int i = 0; i < 1000; i++) {
            idle.answered(false);
            idle.compared(false);
        }
        assertThat(reasons).isEmpty();
    }
}
