package io.github.dualwrite.examples.changingshape;

import io.github.dualwrite.postgres.AggregateMapping;
import io.github.dualwrite.postgres.ColumnType;
import io.github.dualwrite.postgres.TableMapping;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A customer in the tables {@code customer} and {@code address}, under a {@code bigint}. */
final class CustomerRows implements AggregateMapping<Long, Customer> {

    @Override
    public String description() {
        return "customer with addresses";
    }

    @Override
    public Optional<Long> key(Customer customer) {
        return Optional.of(customer.id());
    }

    @Override
    public String encodeKey(Long key) {
        return Long.toString(key); // as capture makes it of a bigint
    }

    @Override
    public Long decodeKey(String text) {
        return Long.valueOf(text);
    }

    @Override
    public Long store(Connection connection, Customer customer) throws SQLException {
        try (PreparedStatement upsert = connection.prepareStatement(
                        "INSERT INTO customer (id, full_name, born) VALUES (?, ?, ?)"
                                + " ON CONFLICT (id) DO UPDATE SET full_name = excluded.full_name, born = excluded.born");
                PreparedStatement clear = connection.prepareStatement("DELETE FROM address WHERE customer_id = ?");
                PreparedStatement insert = connection.prepareStatement("INSERT INTO address VALUES (?, ?, ?, ?)")) {
            upsert.setLong(1, customer.id());
            upsert.setString(2, customer.name());
            upsert.setObject(3, customer.born());
            upsert.executeUpdate();
            clear.setLong(1, customer.id());
            clear.executeUpdate();
            for (Customer.Address address : customer.addresses()) {
                insert.setLong(1, customer.id());
                insert.setString(2, address.kind());
                insert.setString(3, address.street());
                insert.setString(4, address.city());
                insert.executeUpdate();
            }
        }
        return customer.id();
    }

    @Override
    public boolean delete(Connection connection, Long key) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM customer WHERE id = ?")) {
            delete.setLong(1, key); // addresses go with it: ON DELETE CASCADE
            return delete.executeUpdate() > 0;
        }
    }

    @Override
    public Optional<Customer> load(Connection connection, Long key) throws SQLException {
        return Optional.ofNullable(loadAll(connection, List.of(key)).get(key));
    }

    /** A page of a backfill and a batch of the reconciler cost two statements, however many customers are in it. */
    @Override
    public Map<Long, Customer> loadAll(Connection connection, Collection<Long> keys) throws SQLException {
        Array ids = connection.createArrayOf("bigint", keys.toArray());
        Map<Long, List<Customer.Address>> addresses = addresses(connection, ids);
        try (PreparedStatement select =
                connection.prepareStatement("SELECT id, full_name, born FROM customer WHERE id = ANY (?)")) {
            select.setArray(1, ids);
            Map<Long, Customer> found = new HashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    long id = row.getLong(1);
                    found.put(
                            id,
                            new Customer(
                                    id,
                                    row.getString(2),
                                    row.getObject(3, LocalDate.class),
                                    addresses.getOrDefault(id, List.of())));
                }
            }
            return found;
        }
    }

    private static Map<Long, List<Customer.Address>> addresses(Connection connection, Array ids) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT customer_id, kind, street, city FROM address WHERE customer_id = ANY (?) ORDER BY kind")) {
            select.setArray(1, ids);
            Map<Long, List<Customer.Address>> found = new HashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    found.computeIfAbsent(row.getLong(1), id -> new ArrayList<>())
                            .add(new Customer.Address(row.getString(2), row.getString(3), row.getString(4)));
                }
            }
            return found;
        }
    }

    /** Where the keys of all customers are: a backfill and a verification read them in order. */
    @Override
    public Optional<TableMapping<Long, Long>> keyTable() {
        return Optional.of(TableMapping.<Long, Long>columns("customer")
                .key("id", ColumnType.BIGINT, key -> key)
                .build(row -> Objects.requireNonNull(row.get("id", ColumnType.BIGINT))));
    }
}
