package io.github.dualwrite.postgres;

import io.github.dualwrite.postgres.CaptureStatus.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** What the catalog says about the triggers of a table and about who is in their way. */
final class CaptureCatalog {

    private static final String TRIGGERS = CaptureSql.tree("?::bigint::oid")
            + """
            SELECT tree.relid::regclass::text, wanted.operation, t.tgenabled, p.prosrc, p.prosecdef,
                   t.tgnargs = CASE WHEN NOT wanted.moves AND %s THEN 1 ELSE 0 END, tree.relid = root.oid
            FROM tree
            JOIN pg_class AS c ON c.oid = tree.relid
            JOIN pg_class AS root ON root.oid = ?::bigint::oid
            CROSS JOIN LATERAL (
                SELECT w.operation, w.trigger, w.operation IN ('%s', '%s') AS moves
                FROM unnest(?::text[], ?::text[]) AS w (operation, trigger)) AS wanted
            LEFT JOIN pg_trigger AS t ON t.tgrelid = tree.relid AND t.tgname = wanted.trigger
            LEFT JOIN pg_proc AS p ON p.oid = t.tgfoid
            WHERE NOT wanted.moves
                OR (%s AND root.relkind = 'p' AND (c.relkind = 'p' OR wanted.operation = '%s'))
            ORDER BY 1, 2
            """.formatted(
                            CaptureSql.cascades("tree.relid"),
                            CaptureSql.UPDATING,
                            CaptureSql.MOVED,
                            CaptureSql.MERGES,
                            CaptureSql.MOVED);

    private static final String FOREIGN = CaptureSql.tree("?::bigint::oid") + """
            SELECT c.oid::regclass::text FROM tree JOIN pg_class AS c ON c.oid = tree.relid
            WHERE c.relkind NOT IN ('r', 'p') ORDER BY 1
            """;

    private static final String PARENTS =
            "SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = ?::bigint::oid";

    private static final String HOLDERS = """
            SELECT DISTINCT a.pid, a.usename, a.application_name, a.state, a.xact_start
            FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
            WHERE l.relation = to_regclass(?) AND l.granted AND a.pid <> pg_backend_pid()
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
            ORDER BY a.xact_start LIMIT 5
            """;

    private final CaptureSql sql;

    CaptureCatalog(CaptureSql sql) {
        this.sql = sql;
    }

    static Optional<Long> find(Connection connection, String table) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT to_regclass(?)::oid::bigint")) {
            select.setString(1, table);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                long oid = row.getLong(1);
                return row.wasNull() ? Optional.empty() : Optional.of(oid);
            }
        }
    }

    /** Why the key cannot be taken from these columns. */
    List<String> faults(Connection connection, long table, List<CaptureSql.KeyColumn> keys) throws SQLException {
        List<String> faults = new ArrayList<>();
        Map<String, TableLayout.Fact> facts = TableLayout.facts(connection, table);
        for (CaptureSql.KeyColumn key : keys) {
            TableLayout.Fact fact = facts.get(key.name());
            if (fact == null) {
                faults.add(
                        "there is no column " + key.name() + " (there are " + String.join(", ", facts.keySet()) + ")");
            } else if (!key.type().accepts(fact.baseType())) {
                faults.add("column " + key.name() + " is " + fact.typeName() + ", but the key has " + key.type());
            } else if (!fact.exact()) {
                faults.add("column " + key.name() + " of type " + fact.typeName()
                        + " cannot be part of a key, because one value can have several texts");
            }
        }
        try (PreparedStatement select = connection.prepareStatement(FOREIGN)) {
            select.setLong(1, table);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    faults.add(row.getString(1) + " is neither a table nor a partition that can be captured");
                }
            }
        }
        faults.addAll(escapes(connection, table));
        return faults;
    }

    /** Statement triggers fire only for the table that a statement names, or those above it. */
    private static List<String> escapes(Connection connection, long table) throws SQLException {
        List<String> escapes = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(PARENTS)) {
            select.setLong(1, table);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    escapes.add("it is part of " + row.getString(1) + ", and writes through " + row.getString(1)
                            + " are not captured; map and capture " + row.getString(1) + " instead");
                }
            }
        }
        return escapes;
    }

    /**
     * What was found in the place of a trigger.
     *
     * @param ofTable whether it is that of the table itself
     * @param captures whether it makes keys pending, if perhaps as another version of Dualwrite did
     */
    private record Found(State state, String operation, String problem, boolean ofTable, boolean captures) {}

    CaptureStatus status(Connection connection, long table) throws SQLException {
        List<Found> triggers = triggers(connection, table);
        List<String> problems = new ArrayList<>();
        State worst = State.ACTIVE;
        for (Found trigger : triggers) {
            if (trigger.state() != State.ACTIVE) {
                problems.add(trigger.problem());
            }
            worst = trigger.state().compareTo(worst) > 0 ? trigger.state() : worst;
        }
        List<String> escapes = escapes(connection, table);
        if (!escapes.isEmpty()) {
            problems.addAll(escapes);
            worst = worst.compareTo(State.INCOMPLETE) > 0 ? worst : State.INCOMPLETE;
        }
        boolean absent = triggers.stream().allMatch(trigger -> trigger.state() == State.INCOMPLETE);
        return new CaptureStatus(absent ? State.ABSENT : worst, problems);
    }

    /**
     * Whether what goes by the table itself is captured: statements that name it, and foreign keys of it that are not of a partition alone. It may be so by triggers that another
     * version of Dualwrite made, and though a partition lacks its own.
     */
    boolean captures(Connection connection, long table) throws SQLException {
        return triggers(connection, table).stream()
                        .filter(trigger -> trigger.ofTable() && CaptureSql.OPERATIONS.contains(trigger.operation()))
                        .allMatch(Found::captures)
                && escapes(connection, table).isEmpty();
    }

    private List<Found> triggers(Connection connection, long table) throws SQLException {
        List<Found> found = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(TRIGGERS)) {
            List<String> operations = new ArrayList<>(CaptureSql.OPERATIONS);
            operations.addAll(List.of(CaptureSql.UPDATING, CaptureSql.MOVED));
            select.setLong(1, table);
            select.setLong(2, table);
            select.setArray(3, connection.createArrayOf("text", operations.toArray()));
            select.setArray(
                    4,
                    connection.createArrayOf(
                            "text", operations.stream().map(sql::trigger).toArray()));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    State state = state(row);
                    boolean older = state == State.OUTDATED
                            && row.getString(4).strip().startsWith(CaptureSql.MARK)
                            && row.getBoolean(5)
                            && row.getBoolean(6);
                    found.add(new Found(
                            state,
                            row.getString(2),
                            describe(state, row.getString(1), row.getString(2), row.getString(3)),
                            row.getBoolean(7),
                            state == State.ACTIVE || older));
                }
            }
        }
        return found;
    }

    private State state(ResultSet row) throws SQLException {
        String operation = row.getString(2);
        String enabled = row.getString(3);
        if (enabled == null) {
            return State.INCOMPLETE;
        }
        if (!enabled.equals("A")) {
            return State.DISABLED;
        }
        String source = row.getString(4).strip();
        if (source.equals(sql.body(operation).strip()) && row.getBoolean(5) && row.getBoolean(6)) {
            return State.ACTIVE;
        }
        return source.startsWith(CaptureSql.MARK) && !source.contains(sql.keyMark() + "\n")
                ? State.OTHER_KEY
                : State.OUTDATED;
    }

    private String describe(State state, String table, String operation, String enabled) {
        String trigger = "the trigger for " + operation + " on " + table;
        return switch (state) {
            case DISABLED ->
                trigger + " is "
                        + ("D".equals(enabled) ? "disabled" : "disabled for some values of session_replication_role")
                        + "; run ALTER TABLE " + table + " ENABLE ALWAYS TRIGGER " + sql.trigger(operation);
            case OTHER_KEY ->
                trigger + " was made for another key than " + sql.keyMark().substring(3) + "; install again";
            case OUTDATED -> trigger + " was made by another version of Dualwrite or changed by hand; install again";
            default -> trigger + " is missing; install it";
        };
    }

    /** Who holds locks that keep the table from being changed; without their SQL, which may carry values. */
    static String lockHolders(Connection connection, String table) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(HOLDERS)) {
            select.setString(1, table);
            StringJoiner holders = new StringJoiner(", ");
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    holders.add("process " + row.getInt(1) + " (user " + row.getString(2) + ", application '"
                            + row.getString(3) + "', " + row.getString(4) + ", transaction since " + row.getString(5)
                            + ")");
                }
            }
            return holders.toString();
        }
    }
}
