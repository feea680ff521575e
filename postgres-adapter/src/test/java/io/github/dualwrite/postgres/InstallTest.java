package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** Installing again, beside an application that writes. */
@Tag("DW-1")
@Timeout(60)
class InstallTest {

    private final DualwriteSchema schema = DualwriteSchema.defaults().schema("odd $$ ' \" ${x}");
    private static final Duration SHORT = Duration.ofMillis(50);

    private HikariDataSource pool;

    @BeforeEach
    void open() throws SQLException {
        pool = FollowerGround.database(FollowerGround.SAMPLE);
        schema.install(pool);
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private CompletableFuture<Void> install() {
        return CompletableFuture.runAsync(() -> {
            try {
                schema.install(pool);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void installingAgainWaitsForNoWriterAndKeepsNoneWaiting() throws Exception {
        try (TestRepository<String, Sample> test = new TestRepository<>(
                        PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                                .schema(schema),
                        Sample::id);
                Connection open = pool.getConnection()) {
            open.setAutoCommit(false);
            test.repository.within(JdbcTransaction.withoutHook(open)).save(Sample.of("a", 1));

            CompletableFuture<Void> install = install();
            CompletableFuture<?> save = CompletableFuture.runAsync(() -> test.repository.save(Sample.of("b", 1)));
            install.get(60, TimeUnit.SECONDS); // fails after 10 s if it waits for a lock
            save.get(60, TimeUnit.SECONDS);

            open.commit();
            open.setAutoCommit(true);
            assertThat(FollowerGround.number(pool, "SELECT count(*) FROM sample"))
                    .isEqualTo(2);
        }
    }

    @Test
    void theIndexIsMadeAgainIfItIsMissing() throws SQLException {
        String indexes = "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%(repository, due_at)'";
        long before = FollowerGround.number(pool, indexes);
        PostgresServer.execute(pool, "DROP INDEX " + Sql.qualified(schema.schemaName(), "pending_write_due"));
        assertThat(FollowerGround.number(pool, indexes)).isEqualTo(before - 1);
        schema.install(pool);
        schema.install(pool);
        assertThat(FollowerGround.number(pool, indexes)).isEqualTo(before);
    }

    @Test
    void anotherInstallThatDoesNotEndKeepsThisOneWaitingNoLonger() throws Exception {
        try (Connection open = pool.getConnection();
                Statement statement = open.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + DualwriteSchema.INSTALL_LOCK + ")");
            CompletableFuture<Void> install = CompletableFuture.runAsync(() -> {
                try {
                    schema.install(pool, SHORT);
                } catch (SQLException e) {
                    throw new IllegalStateException(e.getSQLState(), e);
                }
            });
            assertThat(install)
                    .failsWithin(Duration.ofSeconds(20))
                    .withThrowableThat()
                    .withMessageContaining("55P03");
            statement.execute("SELECT pg_advisory_unlock_all()");
        }
    }

    @Test
    void aLockThatIsNotHadEndsTheInstall() throws SQLException {
        PostgresServer.execute(pool, "DROP INDEX " + Sql.qualified(schema.schemaName(), "pending_write_due"));
        try (Connection open = pool.getConnection();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("LOCK TABLE " + schema.pending() + " IN ROW EXCLUSIVE MODE");
            assertThatThrownBy(() -> schema.install(pool, SHORT))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55P03"));
            open.rollback();
            open.setAutoCommit(true);
        }
        schema.install(pool);
    }

    /** Where a backslash in a literal is an escape, as some old databases have it. */
    @Test
    void theFlagTableTakesRoutesWhateverALiteralsBackslashMeans() throws SQLException {
        String database = PostgresServer.shared().newDatabaseName();
        PGSimpleDataSource source = PostgresServer.shared().dataSource(database);
        source.setOptions("-c standard_conforming_strings=off");
        try (HikariDataSource old = PostgresPool.of(source, 2)) {
            schema.install(old);
            PostgresServer.execute(
                    old,
                    "INSERT INTO " + Sql.qualified(schema.schemaName(), "read_route")
                            + " (repository, route) VALUES ('shop', ' secondary 25%')");
        }
    }
}
