package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A mapping by hand whose table stores records under other keys than theirs, and which tells so. */
@Tag("DW-1")
class AggregateOtherKeyTest {

    private HikariDataSource database;
    private Authority<String, Sample> authority;

    @BeforeEach
    void open() {
        database = FollowerGround.database(
                FollowerGround.SAMPLE,
                "INSERT INTO sample VALUES ('A', 'old', 1), ('b', 'old', 1)",
                "CREATE FUNCTION lower_key() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN NEW.id := lower(NEW.id); RETURN NEW; END $$",
                "CREATE TRIGGER lower_key BEFORE INSERT OR UPDATE ON sample FOR EACH ROW"
                        + " EXECUTE FUNCTION lower_key()");
        authority = PostgresStore.of(database, new OneTable()).openAuthority(new StoreContext("test", Duration.ZERO));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static final class OneTable extends AggregateContractTest.TwoTables {

        @Override
        public String description() {
            return "sample in one table";
        }

        @Override
        public String store(Connection connection, Sample value) throws SQLException {
            Optional<String> updated =
                    stored(connection, "UPDATE sample SET text = ?, number = ? WHERE id = ? RETURNING id", value);
            return updated.isPresent()
                    ? updated.get()
                    : stored(connection, "INSERT INTO sample (text, number, id) VALUES (?, ?, ?) RETURNING id", value)
                            .orElseThrow();
        }

        private static Optional<String> stored(Connection connection, String sql, Sample value) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, value.text());
                statement.setLong(2, value.number());
                statement.setString(3, value.id());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
                }
            }
        }

        @Override
        public Optional<Sample> load(Connection connection, String key) throws SQLException {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT text, number FROM sample WHERE id = ?")) {
                select.setString(1, key);
                try (ResultSet row = select.executeQuery()) {
                    return row.next()
                            ? Optional.of(new Sample(key, row.getString(1), row.getLong(2)))
                            : Optional.empty();
                }
            }
        }
    }

    private static void refused(ThrowingCallable write) {
        assertThatThrownBy(write)
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("nothing was written")
                .hasMessageContaining("another key")
                .hasMessageContaining("check store of sample in one table")
                .hasMessageMatching("(?s).*of key A on .*");
    }

    private void nothingHasChanged() {
        assertThat(authority.readAll(List.of("A", "a", "b", "c")))
                .isEqualTo(Map.of("A", new Sample("A", "old", 1), "b", new Sample("b", "old", 1)));
        assertThat(authority.queue().statistics().depth()).isZero();
    }

    /** The old key would be neither in the table nor pending: the secondary would keep its record for ever. */
    @Test
    void aWriteThatIsStoredUnderAnotherKeyIsRefusedAndChangesNothing() {
        Sample moves = new Sample("A", "new", 2);

        refused(() -> authority.update(moves));
        refused(() -> authority.save(moves));
        refused(() -> authority.saveAll(List.of(new Sample("b", "new", 2), moves, new Sample("c", "new", 2))));

        nothingHasChanged();
    }

    @Test
    void soItIsInATransactionOfTheCallerWhoGoesOn() throws SQLException {
        JdbcTransaction.run(database, tx -> {
            AuthorityWrites<String, Sample> joined = authority.joining(tx).orElseThrow();
            refused(() -> joined.update(new Sample("A", "new", 2)));
            refused(() -> joined.saveAll(List.of(new Sample("A", "new", 2), new Sample("b", "new", 2))));
            return joined.save(new Sample("c", "new", 2));
        });

        assertThat(authority.readAll(List.of("A", "a", "b", "c")))
                .isEqualTo(Map.of(
                        "A",
                        new Sample("A", "old", 1),
                        "b",
                        new Sample("b", "old", 1),
                        "c",
                        new Sample("c", "new", 2)));
        assertThat(authority.queue().pendingKeys(10)).contains(Set.of("c"));
    }

    /** There is no record that could be left behind. */
    @Test
    void aNewRecordMayBeCreatedUnderTheKeyThatItIsGiven() {
        assertThat(authority.create(new Sample("C", "new", 2)).key()).isEqualTo("c");
        assertThat(authority.save(new Sample("b", "new", 2)).key()).isEqualTo("b");

        assertThat(authority.queue().pendingAmong(List.of("b", "c", "C"))).containsOnly("b", "c");
    }
}
