package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.testkit.AuthorityContract;
import io.github.dualwrite.testkit.HeldWrite;
import io.github.dualwrite.testkit.Sample;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** PostgreSQL with one table keeps the contract of an authority (DW-1). */
@Tag("DW-1")
class PostgresAuthorityContractTest extends AuthorityContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void createTables() throws SQLException {
        pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 24);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(
                pool,
                "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL CHECK (number <> -7777777))");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    static TableMapping<String, Sample> mapping() {
        return TableMapping.ofRecord(Sample.class, String.class)
                .table("sample")
                .key("id")
                .build();
    }

    @Override
    protected AuthorityStore<String, Sample> store() {
        PostgresServer.execute(pool, "TRUNCATE sample", "TRUNCATE dualwrite.pending_write");
        return PostgresStore.of(pool, mapping());
    }

    @Override
    protected Optional<HeldWrite> holdWrite(Authority<String, Sample> authority, Sample value) {
        return Optional.of(new HeldTransaction(pool, authority, value));
    }

    @Override
    protected Optional<AutoCloseable> refusePendingWrites() {
        PostgresServer.execute(
                pool, "ALTER TABLE dualwrite.pending_write ADD CONSTRAINT refused CHECK (false) NOT VALID");
        return Optional.of(
                () -> PostgresServer.execute(pool, "ALTER TABLE dualwrite.pending_write DROP CONSTRAINT refused"));
    }

    @Override
    protected Optional<Sample> refusedSample() {
        return Optional.of(new Sample("refused", "by a check constraint", -7_777_777));
    }
}
