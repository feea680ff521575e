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

/** A table keeps the contract of a baseline (DW-2, DW-3). */
@Tag("DW-2")
@Tag("DW-3")
class PostgresBaselineContractTest extends BaselineContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void createTables() {
        pool = FollowerGround.database(FollowerGround.SAMPLE);
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
        PostgresServer.execute(pool, "TRUNCATE sample, dualwrite.applied_version");
        return PostgresStore.of(pool, PostgresAuthorityContractTest.mapping());
    }

    @Override
    protected void storeByOtherMeans(Sample record) {
        PostgresServer.execute(
                pool,
                "INSERT INTO sample VALUES ('" + record.id() + "', '" + record.text() + "', " + record.number() + ")");
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.of(new Sample("refused", "by a check constraint", -7_777_777));
    }
}
