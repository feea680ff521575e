package io.github.dualwrite.postgres;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.spi.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Whether Dualwrite's own objects are there and usable. */
final class SchemaCheck {

    private static final String CHECK = """
            SELECT to_regclass(?) IS NOT NULL, to_regclass(?) IS NOT NULL,
                   (SELECT seqcache FROM pg_sequence WHERE seqrelid = to_regclass(?)),
                   EXISTS (SELECT FROM pg_attribute
                           WHERE attrelid = to_regclass(?) AND attname = 'leased_until' AND NOT attisdropped)
            """;

    private static final String PRIVILEGES = """
            SELECT has_table_privilege(?, 'SELECT') AND has_table_privilege(?, 'INSERT')
                   AND has_table_privilege(?, 'UPDATE') AND has_table_privilege(?, 'DELETE')
                   AND has_sequence_privilege(?, 'USAGE')
            """;

    private static final String FOLLOWER = """
            SELECT to_regclass(g.applied) IS NOT NULL AND to_regclass(g.sequence) IS NOT NULL,
                   (SELECT count(*) FROM (VALUES ('SELECT'), ('INSERT'), ('UPDATE')) AS p(name)
                    WHERE NOT has_table_privilege(to_regclass(g.applied), p.name)) = 0
                   AND has_sequence_privilege(to_regclass(g.sequence), 'SELECT')
                   AND has_sequence_privilege(to_regclass(g.sequence), 'UPDATE'),
                   to_regclass(g.gate) IS NOT NULL AND to_regprocedure(g.gate || '(boolean)') IS NOT NULL,
                   coalesce(has_table_privilege(to_regclass(g.gate), 'UPDATE')
                       AND has_function_privilege(to_regprocedure(g.gate || '(boolean)'), 'EXECUTE'), false)
            FROM (SELECT ?::text AS applied, ?::text AS sequence, ?::text AS gate) AS g
            """;

    private static final String JOBS = """
            SELECT t.name, to_regclass(t.name) IS NOT NULL
            FROM unnest(?::text[]) AS t(name)
            WHERE to_regclass(t.name) IS NULL
                OR EXISTS (SELECT FROM (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS p(name)
                           WHERE NOT has_table_privilege(to_regclass(t.name), p.name))
            """;

    private SchemaCheck() {}

    private static ConfigurationException missing(SqlErrors errors, String what) {
        return errors.configuration(
                Operation.OPEN,
                what
                        + " is missing, or the role lacks USAGE on the schema; run DualwriteSchema.install or its SQL files,"
                        + " and grant the privileges",
                null);
    }

    /** What the keeper of jobs needs. */
    static void checkJobs(Connection connection, DualwriteSchema schema, SqlErrors errors) throws SQLException {
        try (PreparedStatement check = connection.prepareStatement(JOBS)) {
            check.setArray(1, connection.createArrayOf("text", new String[] {
                schema.jobs(), schema.jobSplits(), schema.jobFailures()
            }));
            try (ResultSet row = check.executeQuery()) {
                if (row.next()) {
                    throw row.getBoolean(2)
                            ? errors.configuration(
                                    Operation.OPEN,
                                    "the role needs SELECT, INSERT, UPDATE and DELETE on " + row.getString(1)
                                            + "; grant them",
                                    null)
                            : missing(errors, "table " + row.getString(1));
                }
            }
        }
    }

    /** What a follower needs. */
    static void checkFollower(Connection connection, DualwriteSchema schema, SqlErrors errors) throws SQLException {
        String table = schema.applied();
        String sequence = schema.sequence();
        try (PreparedStatement check = connection.prepareStatement(FOLLOWER)) {
            check.setString(1, table);
            check.setString(2, sequence);
            check.setString(3, schema.gate());
            try (ResultSet row = check.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    throw missing(errors, "table " + table + " or sequence " + sequence);
                }
                if (!row.getBoolean(2)) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "the role needs SELECT, INSERT and UPDATE on " + table
                                    + " and SELECT and UPDATE on sequence " + sequence + "; grant them",
                            null);
                }
                if (!row.getBoolean(3)) {
                    throw missing(errors, "table or function " + schema.gate());
                }
                if (!row.getBoolean(4)) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "the role needs UPDATE on table " + schema.gate()
                                    + ", to lock it, and EXECUTE on the function of that name; grant them",
                            null);
                }
            }
        }
    }

    /** What one needs besides whose baseline takes versions and gives them back. */
    static void checkGivingBack(Connection connection, DualwriteSchema schema, SqlErrors errors) throws SQLException {
        try (PreparedStatement check = connection.prepareStatement("SELECT has_table_privilege(?, 'DELETE')")) {
            check.setString(1, schema.applied());
            try (ResultSet row = check.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "the role needs DELETE on " + schema.applied()
                                    + ", for the backfill of an AggregateMapping; grant it",
                            null);
                }
            }
        }
    }

    static void check(Connection connection, DualwriteSchema schema, SqlErrors errors) throws SQLException {
        String table = schema.pending();
        String sequence = Sql.qualified(schema.schemaName(), schema.sequenceName());
        try (PreparedStatement check = connection.prepareStatement(CHECK)) {
            check.setString(1, table);
            check.setString(2, sequence);
            check.setString(3, sequence);
            check.setString(4, table);
            try (ResultSet row = check.executeQuery()) {
                row.next();
                if (!row.getBoolean(1) || !row.getBoolean(2)) {
                    throw missing(errors, "table " + table + " or sequence " + sequence);
                }
                if (!row.getBoolean(4)) {
                    throw missing(errors, "column leased_until of table " + table);
                }
                if (row.getLong(3) != 1) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "sequence " + sequence + " has CACHE " + row.getLong(3)
                                    + ", with which a later write can get a lower version; run ALTER SEQUENCE "
                                    + sequence
                                    + " CACHE 1",
                            null);
                }
            }
        }
        try (PreparedStatement check = connection.prepareStatement(PRIVILEGES)) {
            for (int i = 1; i <= 4; i++) {
                check.setString(i, table);
            }
            check.setString(5, sequence);
            try (ResultSet row = check.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    throw errors.configuration(
                            Operation.OPEN,
                            "the role needs SELECT, INSERT, UPDATE and DELETE on " + table + " and USAGE on sequence "
                                    + sequence + "; grant them",
                            null);
                }
            }
        }
    }
}
