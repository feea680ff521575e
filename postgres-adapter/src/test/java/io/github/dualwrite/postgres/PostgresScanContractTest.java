package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.testkit.ScanContract;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** A table whose keys are ordered by a language's rules, not by their bytes, keeps the contract of a scan (DW-7). */
@Tag("DW-7")
class PostgresScanContractTest extends ScanContract {

    private static HikariDataSource pool;
    private Authority<String, Sample> authority;

    @BeforeAll
    static void createTables() {
        pool = FollowerGround.database(
                "CREATE TABLE sample (number bigint, id text COLLATE \"und-x-icu\" PRIMARY KEY, text text)");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @BeforeEach
    void openAuthority() {
        PostgresServer.execute(pool, "TRUNCATE sample, dualwrite.pending_write");
        authority = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                .openAuthority(new StoreContext("kit", Duration.ofSeconds(1)));
    }

    @Override
    protected RecordScan<String, Sample> scan() {
        return authority.scan().orElseThrow();
    }

    @Override
    protected void store(Collection<Sample> records) {
        authority.saveAll(records);
    }

    @Override
    protected void delete(Collection<String> keys) {
        authority.deleteAll(keys);
    }

    @Override
    protected Optional<String> storeUnreadable() {
        PostgresServer.execute(pool, "INSERT INTO sample VALUES (NULL, 'k1|no', 'the number is missing')");
        return Optional.of("k1|no");
    }
}
