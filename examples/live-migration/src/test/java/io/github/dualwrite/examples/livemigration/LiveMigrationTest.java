package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A short run of the whole program on embedded servers. */
class LiveMigrationTest {

    @Test
    @Tag("DW-1")
    @Tag("DW-3")
    @Tag("DW-5")
    @Tag("DW-7")
    void outageKillAndTamperingLoseNothingAndInTheEndDynamoDbAnswersAllReads() {
        Outcome outcome = Outcome.of("--seconds=6", "--threads=3", "--rate=150", "--rows=300", "--seed=7");

        assertThat(outcome.result())
                .as(outcome.out() + outcome.err())
                .containsAllEntriesOf(Map.of(
                        "pending", 0L,
                        "missing", 0L,
                        "extra", 0L,
                        "different", 0L,
                        "failed_calls", 0L,
                        "lost_acknowledged", 0L,
                        "behind_acknowledged", 0L,
                        "stale_reads", 0L,
                        "parked", 0L,
                        "kills", 1L))
                .containsAllEntriesOf(Map.of("read_share", 100L, "misrouted_reads", 0L))
                .containsAllEntriesOf(Map.of(
                        "existing", 300L,
                        "backfill_failures", 0L,
                        "injected", 8L,
                        "found", 8L,
                        "misnamed", 0L,
                        "false_alarms", 0L,
                        "repaired", 8L,
                        "verified_different", 0L,
                        "verify_exit", 0L))
                .hasEntrySatisfying("backfilled", rows -> assertThat(rows).isPositive())
                .hasEntrySatisfying(
                        "secondary_reads", reads -> assertThat(reads).isPositive())
                .hasEntrySatisfying("writes", writes -> assertThat(writes).isPositive())
                .hasEntrySatisfying(
                        "breaker_openings", openings -> assertThat(openings).isPositive());
        assertThat(outcome.out())
                .containsSubsequence(
                        "VERIFY exit=0",
                        "VERIFY exit=7",
                        "VERIFY exit=0",
                        "secondary 1%:",
                        "secondary 10%:",
                        "secondary 50%:",
                        "secondary:");
        assertThat(outcome.out())
                .as("what the lines of progress say")
                .containsPattern("writes [1-9]\\d*/s  reads [1-9]\\d*/s  pending \\d+  breaker [A-Z_]+");
        assertThat(outcome.exitCode()).isZero();
    }
}
