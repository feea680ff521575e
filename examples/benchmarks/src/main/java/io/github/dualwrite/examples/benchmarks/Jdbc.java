package io.github.dualwrite.examples.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.Optional;
import javax.sql.DataSource;

/** What an application does by plain JDBC: the limit for everything that is built on top of it. */
final class Jdbc {

    static final String UPSERT = """
            INSERT INTO item (id, name, price, changed_at, active, note) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, price = excluded.price,
                changed_at = excluded.changed_at, active = excluded.active, note = excluded.note
            """;

    private Jdbc() {}

    static void upsert(DataSource database, Item item) {
        try (Connection connection = database.getConnection()) {
            upsert(connection, item);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static void upsert(Connection connection, Item item) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(UPSERT)) {
            bind(statement, item);
            statement.executeUpdate();
        }
    }

    static void bind(PreparedStatement upsert, Item item) throws SQLException {
        upsert.setLong(1, item.id());
        upsert.setString(2, item.name());
        upsert.setBigDecimal(3, item.price());
        upsert.setTimestamp(4, Timestamp.from(item.changedAt()));
        upsert.setBoolean(5, item.active());
        upsert.setString(6, item.note());
    }

    static Optional<Item> read(DataSource database, long id) {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT id, name, price, changed_at, active, note FROM item WHERE id = ?")) {
            statement.setLong(1, id);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Item(
                                row.getLong(1),
                                row.getString(2),
                                row.getBigDecimal(3),
                                row.getTimestamp(4).toInstant(),
                                row.getBoolean(5),
                                row.getString(6)))
                        : Optional.empty();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
