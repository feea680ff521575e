package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.testkit.AuthorityContract;
import io.github.dualwrite.testkit.HeldWrite;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** A mapping by hand over two tables that share no row lock keeps the same contract (DW-1). */
@Tag("DW-1")
class AggregateContractTest extends AuthorityContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void createTables() throws SQLException {
        pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 24);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(
                pool,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL CHECK (number <> -7777777))",
                "CREATE INDEX ON sample_text (id)",
                "CREATE INDEX ON sample_number (id)");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    /** Tables without a key: only Dualwrite's own lock keeps writers of one sample apart. */
    static class TwoTables implements AggregateMapping<String, Sample> {

        @Override
        public String description() {
            return "sample in two tables";
        }

        @Override
        public Optional<String> key(Sample value) {
            return Optional.of(value.id());
        }

        @Override
        public String encodeKey(String key) {
            return key;
        }

        @Override
        public String decodeKey(String text) {
            return text;
        }

        @Override
        public String store(Connection connection, Sample value) throws SQLException {
            delete(connection, value.id());
            try (PreparedStatement text = connection.prepareStatement("INSERT INTO sample_text VALUES (?, ?)");
                    PreparedStatement number = connection.prepareStatement("INSERT INTO sample_number VALUES (?, ?)")) {
                text.setString(1, value.id());
                text.setString(2, value.text());
                text.executeUpdate();
                number.setString(1, value.id());
                number.setLong(2, value.number());
                number.executeUpdate();
            }
            return value.id();
        }

        @Override
        public boolean delete(Connection connection, String key) throws SQLException {
            int deleted = 0;
            for (String table : new String[] {"sample_text", "sample_number"}) {
                try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " WHERE id = ?")) {
                    delete.setString(1, key);
                    deleted += delete.executeUpdate();
                }
            }
            return deleted > 0;
        }

        @Override
        public Optional<Sample> load(Connection connection, String key) throws SQLException {
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT text, number FROM sample_text JOIN sample_number USING (id) WHERE id = ?")) {
                select.setString(1, key);
                try (ResultSet row = select.executeQuery()) {
                    return row.next()
                            ? Optional.of(new Sample(key, row.getString(1), row.getLong(2)))
                            : Optional.empty();
                }
            }
        }
    }

    @Override
    protected AuthorityStore<String, Sample> store() {
        PostgresServer.execute(pool, "TRUNCATE sample_text, sample_number, dualwrite.pending_write");
        return PostgresStore.of(pool, new TwoTables());
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
