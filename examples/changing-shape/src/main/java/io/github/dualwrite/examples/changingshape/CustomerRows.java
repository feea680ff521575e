package io.github.dualwrite.examples.changingshape;

import io.github.dualwrite.postgres.AggregateMapping;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
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
        try (PreparedStatement select =
                        connection.prepareStatement("SELECT full_name, born FROM customer WHERE id = ?");
                PreparedStatement addresses = connection.prepareStatement(
                        "SELECT kind, street, city FROM address WHERE customer_id = ? ORDER BY kind")) {
            select.setLong(1, key);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                List<Customer.Address> found = new ArrayList<>();
                addresses.setLong(1, key);
                try (ResultSet address = addresses.executeQuery()) {
                    while (address.next()) {
                        found.add(
                                new Customer.Address(address.getString(1), address.getString(2), address.getString(3)));
                    }
                }
                return Optional.of(new Customer(key, row.getString(1), row.getObject(2, LocalDate.class), found));
            }
        }
    }
}
