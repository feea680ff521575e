package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application's code that swallows the error of a statement: the server rolls back then, and the driver calls that a commit. */
@Tag("DW-1")
class SwallowedErrorsTest {

    private final HikariDataSource database = FollowerGround.database(
            "CREATE TABLE sample_text (id text PRIMARY KEY, text text)",
            "CREATE TABLE sample_number (id text PRIMARY KEY, number bigint NOT NULL CHECK (number < 100))");

    @AfterEach
    void close() {
        database.close();
    }

    private static final class Swallowing extends AggregateContractTest.TwoTables {

        @Override
        public String store(Connection connection, Sample value) {
            try {
                return super.store(connection, value);
            } catch (SQLException e) {
                return value.id();
            }
        }

        @Override
        public Optional<Sample> load(Connection connection, String key) throws SQLException {
            if (key.equals("unreadable")) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("SELECT * FROM gone");
                } catch (SQLException e) {
                    return Optional.empty();
                }
            }
            return super.load(connection, key);
        }
    }

    /** It is tried again, for what was swallowed may have been a deadlock; the others of its batch do not wait for it. */
    @Test
    void whatTheSecondaryDidNotStoreIsNotApplied() {
        Follower<String, Sample> follower = FollowerGround.open(PostgresStore.of(database, new Swallowing()));

        List<ApplyResult> results = follower.apply(List.of(
                        new VersionedRecord<>("a", 1, new Sample("a", "text", 100)),
                        new VersionedRecord<>("b", 1, new Sample("b", "text", 1))))
                .join();

        assertThat(results)
                .extracting(ApplyResult::status)
                .containsExactly(ApplyResult.Status.TRANSIENT_FAILURE, ApplyResult.Status.APPLIED);
        assertThat(results.get(0).error()).contains("its error was swallowed");
        assertThat(follower.apply(List.of(new VersionedRecord<>("a", 1, new Sample("a", "text", 99))))
                        .join()
                        .get(0)
                        .status())
                .isEqualTo(ApplyResult.Status.APPLIED);
    }

    @Test
    void aWriteOrReadOfThePrimaryIsAnError() {
        Authority<String, Sample> authority =
                PostgresStore.of(database, new Swallowing()).openAuthority(new StoreContext("test", Duration.ZERO));

        assertThatThrownBy(() -> authority.save(new Sample("a", "text", 100)))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("its error was swallowed");
        assertThatThrownBy(() -> authority.read("unreadable")) // it may be there
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("its error was swallowed");
        assertThat(authority.queue().statistics().depth()).isZero();
    }

    /** With a pool that gives the driver's connection, and with one that hides it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTransactionOfTheCallerFailsAndItsHooksAreNotToldOfACommit(boolean hidden) throws SQLException {
        DataSource source = hidden ? hiding(database) : database;
        List<String> told = new ArrayList<>();

        assertThatThrownBy(() -> JdbcTransaction.run(source, tx -> {
                    tx.afterCompletion(() -> told.add("committed"), () -> told.add("unknown"));
                    try (Statement statement = tx.connection().createStatement()) {
                        statement.execute("INSERT INTO sample_number VALUES ('a', 1)");
                        statement.execute("INSERT INTO sample_number VALUES ('b', 100)");
                    } catch (SQLException swallowed) {
                        told.add("swallowed");
                    }
                    return "done";
                }))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("its error was swallowed");

        assertThat(told).containsExactly("swallowed");
        String committed = JdbcTransaction.run(source, tx -> {
            tx.afterCommit(() -> told.add("committed"));
            return "done";
        });
        assertThat(committed).isEqualTo("done");
        assertThat(told).containsExactly("swallowed", "committed");
    }

    private static DataSource hiding(DataSource pool) {
        return proxy(
                DataSource.class,
                pool,
                (name, result) -> name.equals("getConnection")
                        ? proxy(
                                Connection.class,
                                result,
                                (method, answer) -> method.equals("isWrapperFor") ? false : answer)
                        : result);
    }

    private interface Answer {
        Object of(String method, Object answer);
    }

    private static <T> T proxy(Class<T> type, Object real, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                SwallowedErrorsTest.class.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    try {
                        return answer.of(method.getName(), method.invoke(real, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
