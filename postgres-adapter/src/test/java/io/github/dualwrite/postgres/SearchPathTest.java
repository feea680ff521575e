package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A table that is named with its schema is the same one on every search path, and so is what fills its columns in. */
class SearchPathTest {

    record Labelled(@Nullable Long id, @Nullable String label) {}

    private static final TableMapping<Long, Labelled> MAPPING = TableMapping.ofRecord(Labelled.class, Long.class)
            .table("public.s")
            .key("id")
            .generated("id", "label")
            .build();

    private HikariDataSource database;

    @BeforeEach
    void createTables() {
        database = FollowerGround.database(
                "CREATE FUNCTION label() RETURNS text LANGUAGE sql AS $$ SELECT 'public' $$",
                "CREATE TYPE mood AS ENUM ('calm')",
                "CREATE TABLE s (id bigserial PRIMARY KEY, label text DEFAULT label(), mood mood DEFAULT 'calm')",
                "CREATE SCHEMA tenant",
                "CREATE FUNCTION tenant.label() RETURNS text LANGUAGE sql AS $$ SELECT 'tenant' $$",
                "CREATE SEQUENCE tenant.s_id_seq START 1000");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static Authority<Long, Labelled> open(HikariDataSource source) {
        return PostgresStore.of(source, MAPPING).openAuthority(new StoreContext("labelled", Duration.ZERO));
    }

    @Test
    void keysAndDefaultsAreThoseOfTheTableWhateverThePathOfTheCallersTransaction() throws Exception {
        Authority<Long, Labelled> authority = open(database);

        Labelled saved = JdbcTransaction.run(database, tx -> {
            CaptureGround.execute(tx.connection(), "SET LOCAL search_path = tenant");
            return authority
                    .joining(tx)
                    .orElseThrow()
                    .save(new Labelled(null, null))
                    .value();
        });

        assertThat(saved).isEqualTo(new Labelled(1L, "public"));
    }

    @Test
    void readingTheCatalogLeavesThePathAsItWas() throws SQLException {
        SqlErrors errors = new SqlErrors("labelled", "the table", DualwriteSchema.defaults());
        try (Connection connection = database.getConnection()) {
            TableLayout outside = TableLayout.read(connection, MAPPING, errors);
            assertThat(path(connection)).contains("public");

            connection.setAutoCommit(false);
            CaptureGround.execute(connection, "SET search_path = tenant, \"$user\"");
            assertThat(TableLayout.read(connection, MAPPING, errors)).isEqualTo(outside);
            assertThat(path(connection)).isEqualTo("tenant, \"$user\"");
            CaptureGround.execute(connection, "SET LOCAL search_path = ''");
            assertThat(TableLayout.read(connection, MAPPING, errors)).isEqualTo(outside);
            assertThat(path(connection)).isEqualTo("\"\"");
            connection.commit();
            assertThat(path(connection)).as("after the transaction").isEqualTo("tenant, \"$user\"");
            connection.rollback();
            connection.setAutoCommit(true);
            assertThat(outside.fact("label").defaultSql()).isEqualTo("public.label()");
            assertThat(outside.fact("mood").defaultSql()).isEqualTo("'calm'::public.mood");
        }
    }

    private static String path(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW search_path")) {
            row.next();
            return row.getString(1);
        }
    }
}
