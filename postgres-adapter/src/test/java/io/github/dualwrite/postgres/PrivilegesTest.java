package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.StoreContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What a role can do with the privileges that the documentation names, and what it cannot do with them. */
class PrivilegesTest {

    private static final String ROLE = "privileged_as_documented";
    private static final Pattern GRANT = Pattern.compile("(?m)^(GRANT [^;]+ ON [^;]+) TO app;");
    private static final DualwriteSchema SCHEMA = DualwriteSchema.defaults();

    private DataSource owner;
    private DataSource role;

    @BeforeEach
    void open() throws SQLException {
        String database = PostgresServer.shared().newDatabaseName();
        owner = PostgresServer.shared().dataSource(database);
        SCHEMA.install(owner);
        PostgresServer.execute(
                owner,
                "DO $$ BEGIN CREATE ROLE " + ROLE + " LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                "GRANT USAGE ON SCHEMA dualwrite TO " + ROLE);
        PGSimpleDataSource source = PostgresServer.shared().dataSource(database);
        source.setUser(ROLE);
        role = source;
    }

    /** Those of {@code docs/operations.md} for one table. */
    private void grantAsDocumented(String table) throws IOException {
        List<String> grants = GRANT.matcher(Files.readString(Path.of("..", "docs", "operations.md")))
                .results()
                .map(found -> found.group(1))
                .filter(grant -> grant.endsWith(" ON " + table))
                .toList();
        assertThat(grants).isNotEmpty();
        grants.forEach(grant -> PostgresServer.execute(owner, grant + " TO " + ROLE));
    }

    @Test
    void aPurgeNeedsSelectAndDelete() throws Exception {
        PostgresServer.execute(
                owner,
                "GRANT SELECT, DELETE ON dualwrite.applied_version TO " + ROLE,
                "INSERT INTO dualwrite.applied_version SELECT 'mine', 'k' || i, i, i % 3 = 0 FROM generate_series(1, 25000) i",
                "INSERT INTO dualwrite.applied_version VALUES ('other', 'k1', 1, false)");

        PurgeReport report = PostgresPurge.of("mine", role, SCHEMA).run();

        assertThat(report.tombstones()).isEqualTo(8333);
        assertThat(report.records()).isEqualTo(16667);
        assertThat(PostgresPurge.of("other", role, SCHEMA).run().records())
                .as("of others nothing was purged")
                .isEqualTo(1);
    }

    @Test
    void aScanByACollationOfOnesOwnNeedsUsageOnItsSchema() throws Exception {
        PostgresServer.execute(
                owner,
                "CREATE SCHEMA theirs",
                "CREATE COLLATION theirs.plain (provider = libc, locale = 'C')",
                "CREATE TABLE words (id text COLLATE theirs.plain PRIMARY KEY, text text)",
                "INSERT INTO words VALUES ('a', 'x'), ('b', 'x')",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON words, dualwrite.pending_write TO " + ROLE,
                "GRANT USAGE ON SEQUENCE dualwrite.version TO " + ROLE);
        RecordScan<String, TableScanTest.Word> scan = PostgresStore.of(role, TableScanTest.words("words"))
                .openAuthority(new StoreContext("test", Duration.ofSeconds(1)))
                .scan()
                .orElseThrow();
        Split whole = scan.splits(1).get(0);
        String first = PostgresStore.of(owner, TableScanTest.words("words"))
                .openAuthority(new StoreContext("test", Duration.ofSeconds(1)))
                .scan()
                .orElseThrow()
                .page(whole, null, 1)
                .next();

        assertThatThrownBy(() -> scan.page(whole, first, 1)).hasStackTraceContaining("schema theirs");

        PostgresServer.execute(owner, "GRANT USAGE ON SCHEMA theirs TO " + ROLE);
        assertThat(scan.page(whole, first, 1).records()).hasSize(1);
    }

    @Test
    void everyCallOfReadRoutesWorks() throws Exception {
        grantAsDocumented("dualwrite.read_route");
        grantAsDocumented("dualwrite.read_route_log");
        PostgresServer.execute(owner, "GRANT INSERT ON dualwrite.read_route TO " + ROLE); // for create alone
        ReadRoute half = ReadRoute.parse("secondary 50%");
        try (PostgresReadRoutes routes = PostgresReadRoutes.of(role).listening()) {
            assertThat(routes.create("orders", ReadRoute.primary(), "ann", "begin"))
                    .isTrue();
            PostgresServer.execute(owner, "REVOKE INSERT ON dualwrite.read_route FROM " + ROLE);
            grantAsDocumented("dualwrite.read_route");

            assertThat(routes.route("orders")).isEqualTo(ReadRoute.primary());
            routes.set("orders", half, "ann", "half of it");
            assertThat(routes.compareAndSet("orders", half, ReadRoute.secondary(), "ann", "all of it"))
                    .isTrue();
            assertThat(routes.repositories()).containsExactly("orders");
            assertThat(routes.history("orders", 10))
                    .extracting(PostgresReadRoutes.Change::newRoute)
                    .containsExactly("secondary", "secondary 50%", "primary");
            routes.onChange(() -> {}).run();
        }
    }

    /** The function that writes the history has the rights of its owner. */
    @Test
    void nobodyCanHaveATableOfTheirOwnWriteTheHistory() throws Exception {
        grantAsDocumented("dualwrite.read_route_log");
        PostgresServer.execute(owner, "CREATE SCHEMA theirs AUTHORIZATION " + ROLE);
        String trigger = "CREATE TRIGGER forged AFTER INSERT ON theirs.forged FOR EACH ROW EXECUTE FUNCTION"
                + " dualwrite.read_route_log()";
        PostgresServer.execute(
                role,
                "CREATE TABLE theirs.forged (repository text, route text, changed_at timestamptz, changed_by text, why text)");

        assertThatThrownBy(() -> PostgresServer.execute(role, trigger)).hasMessageContaining("permission denied");

        PostgresServer.execute(owner, trigger); // as one of before
        assertThatThrownBy(() -> PostgresServer.execute(
                        role,
                        "INSERT INTO theirs.forged VALUES ('orders', 'secondary', now(), 'ann', 'she did not say so')"))
                .hasMessageContaining("theirs.forged is not the one");
        assertThat(PostgresReadRoutes.of(owner).history("orders", 10)).isEmpty();
    }

    @Test
    void theTriggerKnowsItsTableByAnyName() throws SQLException {
        DualwriteSchema named = SCHEMA.schema("its \"own\"").readRouteTable("flags of $$ all");
        named.install(owner);
        named.install(owner);
        PostgresReadRoutes routes = PostgresReadRoutes.of(owner, named);
        assertThat(routes.create("orders", ReadRoute.primary(), "ann", "begin")).isTrue();
        assertThat(routes.history("orders", 10)).hasSize(1);
    }
}
