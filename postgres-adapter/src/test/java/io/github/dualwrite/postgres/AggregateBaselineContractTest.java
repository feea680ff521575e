package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.BaselineContract;
import io.github.dualwrite.testkit.Sample;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** A mapping by hand over tables without keys keeps the contract of a baseline (DW-2, DW-3). */
@Tag("DW-2")
@Tag("DW-3")
class AggregateBaselineContractTest extends BaselineContract {

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

    @AfterEach
    void noVersionIsLeftBehind() {
        assertThat(FollowerGround.number(pool, "SELECT count(*) FROM dualwrite.applied_version WHERE version = 0"))
                .isZero();
    }

    @Override
    protected FollowerStore<String, Sample> store() {
        PostgresServer.execute(pool, "TRUNCATE sample_text, sample_number, dualwrite.applied_version");
        return PostgresStore.of(pool, new AggregateContractTest.TwoTables());
    }

    @Override
    protected void storeByOtherMeans(Sample record) {
        PostgresServer.execute(
                pool,
                "INSERT INTO sample_text VALUES ('" + record.id() + "', '" + record.text() + "')",
                "INSERT INTO sample_number VALUES ('" + record.id() + "', " + record.number() + ")");
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.of(new Sample("refused", "by a check constraint", -7_777_777));
    }
}
