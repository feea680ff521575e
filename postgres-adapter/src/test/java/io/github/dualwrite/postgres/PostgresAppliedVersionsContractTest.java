package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.AppliedVersionsContract;
import io.github.dualwrite.testkit.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresAppliedVersionsContractTest extends AppliedVersionsContract {

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
    protected void storeByHand(Sample record) {
        PostgresServer.execute(
                pool,
                "INSERT INTO sample VALUES ('" + record.id() + "', '" + record.text() + "', " + record.number() + ")");
    }

    @Override
    protected boolean removeByHand(String key) {
        PostgresServer.execute(pool, "DELETE FROM sample WHERE id = '" + key + "'");
        return true;
    }
}
