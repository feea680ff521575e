package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.FollowerContract;
import io.github.dualwrite.testkit.Sample;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** PostgreSQL with one table keeps the contract of a follower (DW-2). */
@Tag("DW-2")
class PostgresFollowerContractTest extends FollowerContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void createTables() {
        pool = FollowerGround.database(FollowerGround.SAMPLE);
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @Override
    protected FollowerStore<String, Sample> store() {
        PostgresServer.execute(pool, "TRUNCATE sample, dualwrite.applied_version");
        return PostgresStore.of(pool, PostgresAuthorityContractTest.mapping());
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.of(new Sample("refused", "by a check constraint", -7_777_777));
    }

    @Override
    protected Optional<FollowerStore<String, Sample>> unfitStore() {
        return Optional.of(PostgresStore.of(
                pool,
                TableMapping.ofRecord(Sample.class, String.class)
                        .table("not_there")
                        .key("id")
                        .build()));
    }
}
