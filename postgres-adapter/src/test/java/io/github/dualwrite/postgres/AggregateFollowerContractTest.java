package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.FollowerContract;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A mapping by hand over two tables without keys keeps the contract of a follower (DW-2). */
@Tag("DW-2")
class AggregateFollowerContractTest extends FollowerContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void createTables() {
        pool = FollowerGround.database(
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL CHECK (number <> -7777777))",
                "CREATE INDEX ON sample_text (id)",
                "CREATE INDEX ON sample_number (id)");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @Override
    protected FollowerStore<String, Sample> store() {
        PostgresServer.execute(pool, "TRUNCATE sample_text, sample_number, dualwrite.applied_version");
        return PostgresStore.of(pool, new AggregateContractTest.TwoTables());
    }

    @Test
    @Tag("DW-6")
    void aRecordOfWhichTheMappingThrowsAnErrorIsRejectedAndTheOthersAreStored() {
        store();
        Follower<String, Sample> follower = PostgresStore.of(pool, new AggregateContractTest.TwoTables() {
                    @Override
                    public String store(Connection connection, Sample value) throws SQLException {
                        if (value.number() == 2) {
                            throw new AssertionError("no such state: secret");
                        }
                        return super.store(connection, value);
                    }
                })
                .openFollower(new StoreContext("errors", Duration.ZERO));

        List<ApplyResult> results = follower.apply(IntStream.rangeClosed(1, 3)
                        .mapToObj(i -> new VersionedRecord<>("k" + i, 1, Sample.of("k" + i, i)))
                        .toList())
                .join();

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(
                        ApplyResult.Status.APPLIED, ApplyResult.Status.PERMANENT_FAILURE, ApplyResult.Status.APPLIED);
        assertThat(results.get(1).error()).contains("k2").doesNotContain("secret");
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.of(new Sample("refused", "by a check constraint", -7_777_777));
    }

    @Override
    protected Optional<FollowerStore<String, Sample>> unfitStore() {
        return Optional.of(PostgresStore.of(pool, new AggregateContractTest.TwoTables())
                .schema(DualwriteSchema.defaults().schema("not_there")));
    }
}
