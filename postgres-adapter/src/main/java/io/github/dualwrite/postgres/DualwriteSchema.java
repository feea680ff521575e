package io.github.dualwrite.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * The names of Dualwrite's own objects in a database, and their DDL. One set of objects serves any number of repositories.
 * Immutable.
 *
 * <p>The DDL is also on the class path for Flyway or Liquibase, as versioned files in {@code io/github/dualwrite/postgres}, with
 * the placeholders <code>${dualwrite_schema}</code>, <code>${dualwrite_pending_table}</code>, <code>${dualwrite_due_index}</code>,
 * <code>${dualwrite_version_sequence}</code>, <code>${dualwrite_applied_table}</code>,
 * <code>${dualwrite_read_route_table}</code>, <code>${dualwrite_read_route_log}</code>, <code>${dualwrite_baseline_gate}</code>,
 * <code>${dualwrite_job_table}</code>, <code>${dualwrite_job_split_table}</code> and
 * <code>${dualwrite_job_failure_table}</code>. Every file may run again without harm.
 */
public final class DualwriteSchema {

    private static final List<String> VERSIONS = List.of(
            "V1__dualwrite_pending_write.sql",
            "V2__dualwrite_applied_version.sql",
            "V3__dualwrite_read_route.sql",
            "V4__dualwrite_job.sql",
            "V5__dualwrite_lease.sql");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{\\w+}");
    private static final int LONGEST = 63;
    private static final Duration LOCK_WAIT = Duration.ofSeconds(10);

    static final long INSTALL_LOCK = 0x6475616c77726974L;

    private final String schema;
    private final String pendingTable;
    private final String versionSequence;
    private final String appliedTable;
    private final String readRouteTable;
    private final String baselineGate;
    private final String jobTable;

    private DualwriteSchema(Names names) {
        this.schema = named(names.schema, "");
        this.pendingTable = named(names.pendingTable, "_due");
        this.versionSequence = named(names.versionSequence, "");
        this.appliedTable = named(names.appliedTable, "");
        this.readRouteTable = named(names.readRouteTable, "_log");
        this.baselineGate = named(names.baselineGate, "");
        this.jobTable = named(names.jobTable, "_failure");
    }

    /** What a new object is made of; changed only before that. */
    private static final class Names {
        private String schema = "dualwrite";
        private String pendingTable = "pending_write";
        private String versionSequence = "version";
        private String appliedTable = "applied_version";
        private String readRouteTable = "read_route";
        private String baselineGate = "baseline_gate";
        private String jobTable = "job";
    }

    private DualwriteSchema with(Consumer<Names> change) {
        Names names = new Names();
        names.schema = schema;
        names.pendingTable = pendingTable;
        names.versionSequence = versionSequence;
        names.appliedTable = appliedTable;
        names.readRouteTable = readRouteTable;
        names.baselineGate = baselineGate;
        names.jobTable = jobTable;
        change.accept(names);
        return new DualwriteSchema(names);
    }

    /**
     * Schema {@code dualwrite} with table {@code pending_write} and sequence {@code version} for an authority, tables {@code
     * applied_version} and {@code baseline_gate} for a follower, table {@code read_route} with its history {@code read_route_log}
     * for flags, and tables {@code job}, {@code job_split} and {@code job_failure} for backfill and verification.
     */
    public static DualwriteSchema defaults() {
        return new DualwriteSchema(new Names());
    }

    /** The same with another schema. */
    public DualwriteSchema schema(String schema) {
        return with(names -> names.schema = schema);
    }

    /** The same with another table for pending writes. */
    public DualwriteSchema pendingTable(String pendingTable) {
        return with(names -> names.pendingTable = pendingTable);
    }

    /** The same with another sequence for versions. */
    public DualwriteSchema versionSequence(String versionSequence) {
        return with(names -> names.versionSequence = versionSequence);
    }

    /** The same with another table for the versions that a follower has applied. */
    public DualwriteSchema appliedTable(String appliedTable) {
        return with(names -> names.appliedTable = appliedTable);
    }

    /** The same with another table for read routes; its history is named alike, with {@code _log} at the end. */
    public DualwriteSchema readRouteTable(String readRouteTable) {
        return with(names -> names.readRouteTable = readRouteTable);
    }

    /** The same with another empty table, and a function of the same name, that keep baselines and tombstones apart. */
    public DualwriteSchema baselineGate(String baselineGate) {
        return with(names -> names.baselineGate = baselineGate);
    }

    /**
     * The same with another table for jobs; those of their splits and failures are named alike, with {@code _split} and {@code
     * _failure} at the end.
     */
    public DualwriteSchema jobTable(String jobTable) {
        return with(names -> names.jobTable = jobTable);
    }

    private static String named(String name, String longestSuffix) {
        Objects.requireNonNull(name, "name");
        int most = Math.min(59, LONGEST - longestSuffix.length());
        if (name.isBlank() || name.getBytes(StandardCharsets.UTF_8).length > most) {
            throw new IllegalArgumentException("a name must have 1 to " + most + " bytes (PostgreSQL cuts at " + LONGEST
                    + "), not '" + name + "'");
        }
        String unused = Sql.quote(name); // refuses what cannot be an identifier
        return name;
    }

    /** The DDL with this object's names, in the order in which it has to run. */
    public String ddl() {
        Map<String, String> names = Map.ofEntries(
                Map.entry("${dualwrite_schema}", Sql.quote(schema)),
                Map.entry("${dualwrite_pending_table}", Sql.quote(pendingTable)),
                Map.entry("${dualwrite_due_index}", Sql.quote(pendingTable + "_due")),
                Map.entry("${dualwrite_version_sequence}", Sql.quote(versionSequence)),
                Map.entry("${dualwrite_applied_table}", Sql.quote(appliedTable)),
                Map.entry("${dualwrite_read_route_table}", Sql.quote(readRouteTable)),
                Map.entry("${dualwrite_read_route_log}", Sql.quote(readRouteTable + "_log")),
                Map.entry("${dualwrite_baseline_gate}", Sql.quote(baselineGate)),
                Map.entry("${dualwrite_job_table}", Sql.quote(jobTable)),
                Map.entry("${dualwrite_job_split_table}", Sql.quote(jobTable + "_split")),
                Map.entry("${dualwrite_job_failure_table}", Sql.quote(jobTable + "_failure")));
        StringBuilder ddl = new StringBuilder();
        for (String version : VERSIONS) {
            String text = resource(version).replace("$$", bodyQuote(names.values()));
            ddl.append(PLACEHOLDER
                    .matcher(text)
                    .replaceAll(found ->
                            Matcher.quoteReplacement(Objects.requireNonNull(names.get(found.group()), found.group()))));
        }
        return ddl.toString();
    }

    /** A dollar quote that none of the names ends. */
    private static String bodyQuote(Collection<String> names) {
        String quote = "$$";
        for (int i = 1; String.join("", names).contains(quote); i++) {
            quote = "$dualwrite" + i + "$";
        }
        return quote;
    }

    /**
     * Creates what does not exist yet, in one transaction. May be called again, also by several processes at once and while
     * applications write: what is there is not locked.
     *
     * @throws IllegalStateException if the data source hands out a connection with auto-commit off, on which a transaction of others
     *     may be running; nothing is changed then
     * @throws SQLException if the role lacks a privilege, the database cannot be reached, or a lock is not had for 10 s (SQLSTATE
     *     55P03); nothing is changed then
     */
    public void install(DataSource dataSource) throws SQLException {
        install(dataSource, LOCK_WAIT);
    }

    void install(DataSource dataSource, Duration lockWait) throws SQLException {
        Connection connection = Transactions.begin(
                dataSource, "install needs a transaction of its own: give it the pool itself, with auto-commit on");
        boolean committed = false;
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "SET LOCAL lock_timeout = " + lockWait.toMillis()); // writers wait behind whoever waits for a table
            statement.execute("SELECT pg_advisory_xact_lock(" + INSTALL_LOCK + ")");
            statement.execute(ddl());
            Transactions.commit(connection);
            committed = true;
        } finally {
            Transactions.end(connection, committed);
        }
    }

    String schemaName() {
        return schema;
    }

    String pendingTableName() {
        return pendingTable;
    }

    String sequenceName() {
        return versionSequence;
    }

    /** The qualified and quoted table. */
    String pending() {
        return Sql.qualified(schema, pendingTable);
    }

    /** The qualified and quoted table of what a follower has applied. */
    String applied() {
        return Sql.qualified(schema, appliedTable);
    }

    /** Whether this is the primary key of pending writes or of what a follower has applied. */
    boolean hasKey(String schema, String table, String index) {
        return this.schema.equals(schema)
                && (pendingTable.equals(table) || appliedTable.equals(table))
                && index.equals(table + "_pkey");
    }

    /** The qualified and quoted sequence. */
    String sequence() {
        return Sql.qualified(schema, versionSequence);
    }

    /** The qualified and quoted table of read routes. */
    String readRoutes() {
        return Sql.qualified(schema, readRouteTable);
    }

    /** The qualified and quoted history of read routes. */
    String readRouteLog() {
        return Sql.qualified(schema, readRouteTable + "_log");
    }

    /** The qualified and quoted table, and function, that keep baselines and tombstones apart. */
    String gate() {
        return Sql.qualified(schema, baselineGate);
    }

    /** The qualified and quoted table of jobs. */
    String jobs() {
        return Sql.qualified(schema, jobTable);
    }

    /** The qualified and quoted table of the splits of jobs. */
    String jobSplits() {
        return Sql.qualified(schema, jobTable + "_split");
    }

    /** The qualified and quoted table of what failed. */
    String jobFailures() {
        return Sql.qualified(schema, jobTable + "_failure");
    }

    /** An expression that draws the next version. */
    String nextVersion() {
        return "nextval(" + Sql.literal(Sql.qualified(schema, versionSequence)) + "::regclass)";
    }

    private static String resource(String name) {
        try (InputStream in = DualwriteSchema.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("resource " + name, e);
        }
    }
}
