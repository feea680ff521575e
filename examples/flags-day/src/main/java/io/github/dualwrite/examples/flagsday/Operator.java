package io.github.dualwrite.examples.flagsday;

import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.DataSource;

/** A person with a SQL prompt. Knows nothing of the library: each statement is shown, then run. */
final class Operator {

    private final String name;
    private final DataSource database;
    private final PrintStream out;

    Operator(String name, DataSource database, PrintStream out) {
        this.name = name;
        this.database = database;
        this.out = out;
    }

    /** Sets the flag. */
    void route(String route, String why) throws SQLException {
        int rows = run("UPDATE dualwrite.read_route SET route = '" + route + "', changed_by = '" + name + "', why = '"
                + why + "' WHERE repository = '" + Instance.REPOSITORY + "'");
        if (rows != 1) {
            throw new IllegalStateException("there is no flag for " + Instance.REPOSITORY);
        }
    }

    /** Runs a statement and returns how many rows it changed. */
    int run(String sql) throws SQLException {
        out.println("   " + name + "> " + sql + ";");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    /** Runs a query and prints its rows. */
    void show(String query) throws SQLException {
        out.println("   " + name + "> " + query + ";");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            while (row.next()) {
                StringBuilder line = new StringBuilder("     ");
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    line.append(i == 1 ? "" : " | ").append(row.getString(i));
                }
                out.println(line);
            }
        }
    }

    /** The second column by the first, of rows that nobody wants to see. */
    static Map<Long, String> rows(DataSource database, String query) {
        Map<Long, String> rows = new TreeMap<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            while (row.next()) {
                rows.put(row.getLong(1), row.getString(2));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(query, e);
        }
        return rows;
    }
}
