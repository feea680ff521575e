package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.JobStoreContract;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jobs in PostgreSQL keep their contract; each store that is opened is one of its own, as in another process (DW-7). */
@Tag("DW-7")
class PostgresJobStoreContractTest extends JobStoreContract {

    private static final DualwriteSchema SCHEMA = DualwriteSchema.defaults()
            .schema("odd \"schema\"")
            .jobTable("job of 'mine'")
            .baselineGate("Gate");

    private static String database;
    private static HikariDataSource pool;

    @BeforeAll
    static void install() throws Exception {
        database = PostgresServer.shared().newDatabaseName();
        pool = PostgresPool.of(PostgresServer.shared().dataSource(database), 8);
        SCHEMA.install(pool);
        SCHEMA.install(pool); // may run again
        PostgresServer.execute(
                pool,
                FollowerGround.SAMPLE,
                "DROP ROLE IF EXISTS keeper",
                "CREATE ROLE keeper LOGIN",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON sample TO keeper",
                "GRANT USAGE ON SCHEMA " + Sql.quote(SCHEMA.schemaName()) + " TO keeper",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON " + SCHEMA.pending() + " TO keeper",
                "GRANT USAGE ON SEQUENCE " + SCHEMA.sequence() + " TO keeper");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @BeforeEach
    void empty() {
        PostgresServer.execute(pool, "TRUNCATE " + SCHEMA.jobs() + " CASCADE");
    }

    private static JobStore open(String repository, DataSource source) {
        return PostgresStore.of(source, PostgresAuthorityContractTest.mapping())
                .schema(SCHEMA)
                .openAuthority(new StoreContext(repository, Duration.ofSeconds(1)))
                .jobs()
                .orElseThrow();
    }

    @Override
    protected JobStore open(String repository) {
        return open(repository, pool);
    }

    @Test
    void whatIsMissingIsSaidWhenAJobBeginsAndNotBefore() {
        PGSimpleDataSource source = PostgresServer.shared().dataSource(database);
        source.setUser("keeper");
        List<Split> splits = List.of(new Split("all"));

        assertThatThrownBy(() -> open("kit", source).begin("backfill", "f", splits))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("SELECT, INSERT, UPDATE and DELETE on")
                .hasMessageContaining("job of 'mine'");
        PostgresServer.execute(
                pool,
                "GRANT SELECT, INSERT, UPDATE, DELETE ON " + SCHEMA.jobs() + ", " + SCHEMA.jobSplits() + ", "
                        + SCHEMA.jobFailures() + " TO keeper");
        JobStore granted = open("kit", source);
        granted.begin("backfill", "f", splits);
        granted.remove("backfill");

        JobStore elsewhere = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                .schema(SCHEMA.jobTable("elsewhere"))
                .openAuthority(new StoreContext("kit", Duration.ofSeconds(1)))
                .jobs()
                .orElseThrow();
        assertThatThrownBy(() -> elsewhere.begin("backfill", "f", splits))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("elsewhere")
                .hasMessageContaining("DualwriteSchema.install");
    }

    /** Reads ask each second whether a job is complete. */
    @Test
    void failuresAreCountedUpToABound() {
        JobStore jobs = open("kit");
        jobs.begin("backfill", "f", List.of(new Split("1"), new Split("2")));
        PostgresServer.execute(
                pool,
                "SET session_replication_role = replica; " // without a look at the job for each
                        + "INSERT INTO " + SCHEMA.jobFailures() + " (repository, job, key, split, reason)"
                        + " SELECT 'kit', 'backfill', i, 0, 'no' FROM generate_series(1, " + (JobTable.MOST_COUNTED + 1)
                        + ") AS i; RESET session_replication_role");

        assertThat(jobs.find("backfill").orElseThrow().failures()).isEqualTo(JobTable.MOST_COUNTED);
    }
}
