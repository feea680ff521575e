package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a table, or the role that uses it, must not be like in either role. */
class TableFactsTest {

    record Measured(long id, double twice) {}

    record Named(long id, String label) {}

    private static final TableMapping<Long, Measured> MEASURED = TableMapping.ofRecord(Measured.class, Long.class)
            .table("measured")
            .key("id")
            .build();

    private static final TableMapping<Long, Named> NAMED = TableMapping.ofRecord(Named.class, Long.class)
            .table("measured")
            .key("id")
            .build();

    private static String name;
    private static DataSource database;

    @BeforeAll
    static void install() throws SQLException {
        name = PostgresServer.shared().newDatabaseName();
        database = PostgresServer.shared().dataSource(name);
        DualwriteSchema.defaults().install(database);
    }

    @BeforeEach
    void createTable() {
        PostgresServer.execute(
                database,
                "ALTER DATABASE " + name + " RESET ALL",
                "DROP TABLE IF EXISTS measured",
                "CREATE TABLE measured (id bigint PRIMARY KEY, twice double precision, label text)");
    }

    private static <V> PostgresStore<Long, V> store(TableMapping<Long, V> mapping) {
        return PostgresStore.of(database, mapping);
    }

    private static void openAuthority(TableMapping<Long, ?> mapping) {
        assertThat(store(mapping)
                        .openAuthority(new StoreContext("test", Duration.ZERO))
                        .description())
                .contains("measured");
    }

    private static void checkFollower(TableMapping<Long, ?> mapping) {
        FollowerGround.join(FollowerGround.open(store(mapping)).check());
    }

    private static <V> RecordScan<Long, V> scan(TableMapping<Long, V> mapping) {
        return FollowerGround.open(store(mapping)).scan().orElseThrow();
    }

    private static void refused(ThrowingCallable call, String... says) {
        assertThatThrownBy(call)
                .satisfies(e -> assertThat(e instanceof CompletionException ? e.getCause() : e)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContainingAll(says));
    }

    /** Before version 12 that is the default of the server, but not of the driver. */
    @Test
    void floatingPointNumbersThatTheServerWouldRoundAreRefusedWhereverTheyAreRead() {
        PostgresServer.execute(database, "ALTER DATABASE " + name + " SET extra_float_digits = 0");
        String[] says = {"column twice", "extra_float_digits is 0", "set it to 1"};
        refused(() -> openAuthority(MEASURED), says);
        refused(() -> checkFollower(MEASURED), says);
        refused(() -> scan(MEASURED).splits(2), says);
        openAuthority(NAMED);
        checkFollower(NAMED);
        assertThat(scan(NAMED).splits(1)).hasSize(1);

        PostgresServer.execute(database, "ALTER DATABASE " + name + " SET extra_float_digits = 1");
        openAuthority(MEASURED);
        checkFollower(MEASURED);
        assertThat(scan(MEASURED).splits(1)).hasSize(1);
    }

    @Test
    void aRoleThatStoresNullInArraysAsATextIsRefusedWhereItWrites() {
        PostgresServer.execute(database, "ALTER DATABASE " + name + " SET array_nulls = off");
        refused(() -> openAuthority(NAMED), "array_nulls is off", "set it to on");
        refused(() -> checkFollower(NAMED), "array_nulls is off");
        assertThat(scan(NAMED).splits(1)).as("what is only read").hasSize(1);
    }

    /** A child's rows are part of it, and its key keeps none of them away. */
    @Test
    void aTableFromWhichOthersInheritIsRefusedByName() {
        PostgresServer.execute(database, "CREATE TABLE measured_2025 () INHERITS (measured)");
        refused(() -> openAuthority(NAMED), "inherit", "measured_2025", "partitioned");
        refused(() -> checkFollower(NAMED), "inherit", "measured_2025");
        refused(() -> scan(NAMED).splits(1), "inherit", "measured_2025");

        PostgresServer.execute(database, "DROP TABLE measured_2025");
        openAuthority(NAMED);
        checkFollower(NAMED);
    }

    @Test
    void rulesThatStatementsOfDualwriteCannotPassAreRefusedByName() {
        PostgresServer.execute(
                database,
                "CREATE RULE keep AS ON DELETE TO measured DO INSTEAD NOTHING",
                "CREATE RULE log AS ON UPDATE TO measured DO ALSO NOTHING",
                "ALTER TABLE measured DISABLE RULE log"); // which ON CONFLICT minds all the same
        refused(() -> openAuthority(NAMED), "rules", "keep, log");
        refused(() -> checkFollower(NAMED), "rules", "keep, log");
        assertThat(scan(NAMED).splits(1)).as("what is only read").hasSize(1);

        PostgresServer.execute(database, "DROP RULE log ON measured", "ALTER TABLE measured DISABLE RULE keep");
        openAuthority(NAMED);
        checkFollower(NAMED);
    }
}
