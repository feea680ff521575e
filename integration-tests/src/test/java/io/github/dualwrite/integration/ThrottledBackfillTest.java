package io.github.dualwrite.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.integration.Pair.Account;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.dynamodb.model.BatchExecuteStatementRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;

/** A follower that throttles holds a backfill up, which says where, and loses nothing. */
@Timeout(120)
@Tag("DW-6")
@Tag("DW-7")
class ThrottledBackfillTest {

    private static final int ROWS = 60;

    @Test
    void aFollowerThatThrottlesIsNamedWithSplitAndKeyAndTheNextRunGoesOn() throws Exception {
        try (Pair pair = new Pair()) {
            PostgresServer.execute(
                    pair.pool,
                    "INSERT INTO account (id) SELECT 'k' || lpad(i::text, 3, '0') FROM generate_series(1, " + ROWS
                            + ") AS i");
            try (DualWriteRepository<String, Account> repository =
                    pair.repository().build()) {
                Backfill<String, Account> backfill = repository.backfill(BackfillSettings.<Account>builder()
                        .splits(1)
                        .threads(1)
                        .pageSize(20)
                        .initialBackoff(Duration.ofMillis(10))
                        .maxBackoff(Duration.ofMillis(50))
                        .writesCaptured(() -> true)
                        .build());
                pair.service.before((request, count) ->
                        request instanceof BatchExecuteStatementRequest || request instanceof PutItemRequest
                                ? FakeService.error("ThrottlingException", "slow down", 400)
                                : null);

                BackfillReport report = backfill.run(Duration.ofSeconds(2));

                assertThat(report.complete()).isFalse();
                assertThat(report.failuresLeft()).isZero();
                assertThat(report.warnings())
                        .singleElement()
                        .asString()
                        .contains("key k001 of split 0", "throttles", "run again");

                pair.service.before((request, count) -> null);
                assertThat(backfill.run(Duration.ofSeconds(60)).complete()).isTrue();
            }
            assertThat(pair.labelsOnSecondary()).hasSize(ROWS);
        }
    }
}
