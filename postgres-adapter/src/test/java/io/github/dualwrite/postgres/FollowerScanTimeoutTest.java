package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A table of a follower that somebody has locked and does not give back. */
class FollowerScanTimeoutTest {

    private HikariDataSource pool;

    @BeforeEach
    void open() {
        pool = FollowerGround.database(FollowerGround.SAMPLE, "INSERT INTO sample VALUES ('a', 'a', 1)");
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void whatAScanReadsEndsByTheStatementTimeout() throws SQLException {
        RecordScan<String, Sample> scan = FollowerGround.open(
                        PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                                .followerStatementTimeout(Duration.ofSeconds(1)))
                .scan()
                .orElseThrow();
        Split whole = scan.splits(1).get(0);
        assertThat(scan.page(whole, null, 10).records()).hasSize(1);
        try (Connection lock = pool.getConnection();
                Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("LOCK TABLE sample IN ACCESS EXCLUSIVE MODE");
            List<CompletableFuture<?>> calls = List.of(
                    CompletableFuture.supplyAsync(() -> scan.splits(2)),
                    CompletableFuture.supplyAsync(scan::estimatedRecords),
                    CompletableFuture.supplyAsync(() -> scan.page(whole, null, 10)));

            assertThat(calls)
                    .allSatisfy(call -> assertThat(call)
                            .failsWithin(Duration.ofSeconds(20))
                            .withThrowableThat()
                            .withCauseInstanceOf(TransientStoreException.class)
                            .withMessageContaining("57014"));
            lock.rollback();
        }
        assertThat(scan.splits(2)).isNotEmpty();
    }

    /** Its next user is somebody else. */
    @Test
    void theConnectionWaitsAfterwardsAsLongAsBefore() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            SqlErrors errors = new SqlErrors("test", "store", DualwriteSchema.defaults());
            TableScan<String, Sample> scan = new TableScan<>(
                    PostgresAuthorityContractTest.mapping(),
                    new OwnSessions(new SingleConnection(connection), errors),
                    errors,
                    Duration.ofSeconds(1));
            assertThat(scan.page(scan.splits(1).get(0), null, 10).records()).hasSize(1);
            assertThat(connection.getNetworkTimeout()).isZero();
        }
    }
}
