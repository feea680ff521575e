package io.github.dualwrite.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What gauges of jobs show after jobs that fail, and while several run. */
class JobGaugesTest {

    private static final String R = "r";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final JobGauges gauges = new JobGauges(new Registration(registry, R, List.of()));

    private double value(DualWriteMeter meter, String... tags) {
        return registry.get(meter.meterName()).tags(tags).gauge().value();
    }

    private void verified(String state, long different, RuntimeException error) {
        gauges.onVerificationBegan(new DualWriteEvent.VerificationBegan(R, 1));
        gauges.onVerificationEnded(new DualWriteEvent.VerificationEnded(
                R, 1, state, true, 10, different, 0, 0, 0, 0, Duration.ZERO, null, error));
    }

    @Test
    void aVerificationThatCouldNotGoOnDoesNotClearWhatTheOneBeforeFound() {
        verified("DIFFERENT", 3, null);
        verified("FAILED", 0, new IllegalStateException("down"));
        assertThat(value(DualWriteMeter.VERIFICATION_FINDINGS, "finding", "different"))
                .isEqualTo(3);
        assertThat(registry.get(DualWriteMeter.VERIFICATION_ENDED.meterName())
                        .tags("state", "failed")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(value(DualWriteMeter.VERIFICATION_RUNS)).isZero();

        verified("CONSISTENT", 0, null);
        assertThat(value(DualWriteMeter.VERIFICATION_FINDINGS, "finding", "different"))
                .isZero();
    }

    @Test
    void aVerificationThatComparedAPartDoesNotClearWhatTheOneBeforeFound() {
        verified("DIFFERENT", 3, null);
        for (String state : List.of("INCOMPLETE", "CONSISTENT_IN_PART")) {
            verified(state, 0, null);
            assertThat(value(DualWriteMeter.VERIFICATION_FINDINGS, "finding", "different"))
                    .as(state)
                    .isEqualTo(3);
        }
        verified("DIFFERENT", 1, null);
        assertThat(value(DualWriteMeter.VERIFICATION_FINDINGS, "finding", "different"))
                .isEqualTo(1);
    }

    @Test
    void aRoundThatOnlyWritesOnTheirWayKeptIncompleteClearsWhatWasFound() {
        endedAsOf(1, "CONSISTENT", Instant.ofEpochSecond(1000));
        verified("DIFFERENT", 3, null);
        endedAsOf(3, "INCOMPLETE", Instant.ofEpochSecond(1000));
        assertThat(value(DualWriteMeter.VERIFICATION_FINDINGS, "finding", "different"))
                .as("it says what an earlier round has shown")
                .isEqualTo(3);
        endedAsOf(4, "INCOMPLETE", Instant.ofEpochSecond(2000));
        assertThat(value(DualWriteMeter.VERIFICATION_FINDINGS, "finding", "different"))
                .isZero();
    }

    private void endedAsOf(long round, String state, Instant asOf) {
        gauges.onVerificationEnded(new DualWriteEvent.VerificationEnded(
                R, round, state, true, 10, 0, 0, 0, 0, 0, Duration.ZERO, asOf, null));
    }

    @Test
    void aRunByItselfTakesOverFromContinuousVerificationThatWasClosed() {
        endedAsOf(0, "CONSISTENT", Instant.ofEpochSecond(500));
        assertThat(value(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF))
                .as("nobody has promised to verify again")
                .isNaN();
        endedAsOf(1, "INCOMPLETE", Instant.ofEpochSecond(1000));
        endedAsOf(0, "CONSISTENT", Instant.ofEpochSecond(2000));
        assertThat(value(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF)).isEqualTo(2000);

        endedAsOf(2, "DIFFERENT", Instant.ofEpochSecond(1000));
        assertThat(value(DualWriteMeter.VERIFICATION_CONSISTENT_AS_OF)).isEqualTo(2000);
    }

    @Test
    void recordsThatAreGivenUpAreNoLongerFailures() {
        gauges.onBackfillEnded(new DualWriteEvent.BackfillEnded(R, "j", false, "RUNNING", 10, 2, null));
        gauges.onBackfillRecordDiscarded(new DualWriteEvent.BackfillRecordDiscarded(R, "j", "a", "a test", 1));
        assertThat(value(DualWriteMeter.BACKFILL_FAILED_RECORDS)).isEqualTo(1);
        gauges.onBackfillRecordDiscarded(new DualWriteEvent.BackfillRecordDiscarded(R, "j", "b", "a test", 0));
        assertThat(value(DualWriteMeter.BACKFILL_FAILED_RECORDS)).isZero();
    }

    @Test
    void nothingIsLeftOfAJobThatWasRemoved() {
        gauges.onBackfillProgressed(new DualWriteEvent.BackfillProgressed(R, "j", 5, 10, 0, 1, 1, null, 1, 2, 2));
        gauges.onBackfillEnded(new DualWriteEvent.BackfillEnded(R, "j", false, "RUNNING", 10, 2, null));
        gauges.onBackfillStateChanged(new DualWriteEvent.BackfillStateChanged(R, "another", "REMOVED"));
        gauges.onBackfillStateChanged(new DualWriteEvent.BackfillStateChanged(R, "j", "PAUSED"));
        assertThat(value(DualWriteMeter.BACKFILL_FAILED_RECORDS)).isEqualTo(2);

        gauges.onBackfillStateChanged(new DualWriteEvent.BackfillStateChanged(R, "j", "REMOVED"));
        assertThat(value(DualWriteMeter.BACKFILL_FAILED_RECORDS)).isNaN();
        assertThat(value(DualWriteMeter.BACKFILL_ROWS)).isNaN();
    }

    @Test
    void aJobThatCouldNotBeReadDoesNotClearItsFailures() {
        gauges.onBackfillEnded(new DualWriteEvent.BackfillEnded(R, "j", false, "RUNNING", 10, 2, null));
        gauges.onBackfillRecordDiscarded(new DualWriteEvent.BackfillRecordDiscarded(R, "j", "a", "a test", -1));
        gauges.onBackfillEnded(new DualWriteEvent.BackfillEnded(
                R, "j", false, "CANCELLED", -1, -1, new IllegalStateException("down")));
        assertThat(value(DualWriteMeter.BACKFILL_FAILED_RECORDS)).isEqualTo(2);
    }

    @Test
    void aTrialOfWhatFailedTakesNothingFromARunThatIsUnderWay() {
        gauges.onBackfillBegan(new DualWriteEvent.BackfillBegan(R, "j", 4, 0, 100));
        gauges.onBackfillBegan(new DualWriteEvent.BackfillBegan(R, "j", 4, 0, 100)); // as retryFailures tells it
        gauges.onBackfillEnded(new DualWriteEvent.BackfillEnded(R, "j", false, "RUNNING", 10, 0, null));
        assertThat(value(DualWriteMeter.BACKFILL_RUNS)).isEqualTo(1);
    }
}
