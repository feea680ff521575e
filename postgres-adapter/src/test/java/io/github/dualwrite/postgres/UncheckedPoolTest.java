package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A pool whose connections throw unchecked exceptions: after a commit such a one says nothing about the write. */
@Tag("DW-1")
class UncheckedPoolTest {

    private HikariDataSource database;

    @BeforeEach
    void createTables() {
        database = FollowerGround.database(
                FollowerGround.SAMPLE,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)",
                "CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$",
                "CREATE TRIGGER vanish BEFORE INSERT ON sample FOR EACH ROW WHEN (NEW.text = 'vanish')"
                        + " EXECUTE FUNCTION vanish()");
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** Connections fail at one thing after they have done it, or have failed to. */
    private static final class Failing extends PGSimpleDataSource {

        private static final long serialVersionUID = 1L;

        private final transient HikariDataSource source;
        private final String at;
        private transient Throwable failure = new IllegalStateException("the pool is confused");
        private int failed;

        Failing(HikariDataSource source, String at) {
            this.source = source;
            this.at = at;
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = source.getConnection();
            return (Connection) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, args) -> {
                        Object result;
                        try {
                            result = method.invoke(connection, args);
                        } catch (InvocationTargetException e) {
                            throw method.getName().equals(at)
                                    ? new IllegalStateException("translated", e.getCause())
                                    : e.getCause();
                        }
                        if (method.getName().equals(at)) {
                            failed++;
                            throw failure;
                        }
                        return result;
                    });
        }
    }

    private static Authority<String, Sample> open(Failing pool, PostgresMapping<String, Sample> mapping) {
        return PostgresStore.of(pool, mapping).openAuthority(new StoreContext("test", Duration.ZERO));
    }

    @Test
    void aConnectionThatCannotBeClosedHidesNoResult() {
        Failing pool = new Failing(database, "close");
        Authority<String, Sample> authority = open(pool, PostgresAuthorityContractTest.mapping());

        assertThat(authority.save(Sample.of("a", 1)).value()).isEqualTo(Sample.of("a", 1));
        assertThat(authority.read("a")).contains(Sample.of("a", 1));
        assertThat(authority.queue().pendingAmong(List.of("a"))).containsExactly("a");
        assertThat(pool.failed).isGreaterThan(2);
    }

    @Test
    void norAnError() {
        Authority<String, Sample> authority =
                open(new Failing(database, "close"), PostgresAuthorityContractTest.mapping());

        assertThatThrownBy(() -> authority.save(new Sample("a", "vanish", 1)))
                .isInstanceOf(OutcomeUnknownException.class);
        assertThatThrownBy(() -> authority.save(new Sample("a", "refused", -7_777_777)))
                .isInstanceOf(PermanentStoreException.class);
    }

    @Test
    void aCommitThatFailsSoIsAnUnknownOutcome() {
        Failing pool = new Failing(database, "commit");
        Authority<String, Sample> authority = open(pool, new AggregateContractTest.TwoTables());

        assertThatThrownBy(() -> authority.save(Sample.of("a", 1)))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("of key a on ")
                .hasMessageNotContaining("confused");
        assertThat(authority.queue().pendingAmong(List.of("a"))).containsExactly("a");

        pool.failure = new AssertionError("or worse");
        assertThatThrownBy(() -> authority.deleteAll(List.of("a"))).isInstanceOf(OutcomeUnknownException.class);
        assertThatThrownBy(() -> authority.read("a")).isInstanceOf(TransientStoreException.class);
    }

    @Test
    void unlessTheServersRefusalIsInIt() {
        Authority<String, Sample> authority =
                open(new Failing(database, "commit"), new AggregateContractTest.TwoTables());
        assertThatThrownBy(() -> authority.save(Sample.of("a", 1))).isInstanceOf(OutcomeUnknownException.class);

        assertThatThrownBy(() -> authority.save(Sample.of("b", 1)))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("23505");
        assertThat(authority.queue().pendingAmong(List.of("a", "b"))).containsExactly("a");
    }
}
