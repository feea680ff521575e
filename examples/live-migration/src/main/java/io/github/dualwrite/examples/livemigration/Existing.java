package io.github.dualwrite.examples.livemigration;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Customers that were there before dual writes began, stored by plain SQL. Some of them belong to the writers, who change and delete
 * them while they are copied; the others nobody writes: the archive.
 */
final class Existing {

    /** The revision that all of them have. */
    static final long REVISION = 1;

    private static final int BATCH = 500;

    private static final String INSERT = "INSERT INTO " + Names.CUSTOMERS
            + " (id, name, email, tier, balance, score, loyalty_points, newsletter, created_at, last_order_at, birth_date,"
            + " preferences, tags, note, revision) VALUES (?, ?, ?, ?::" + Names.SCHEMA
            + ".tier, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?)";

    private final int rows;
    private final int owners;
    private final int perOwner;

    /**
     * Half of the rows, but at most a third of each owner's keys, belong to the owners.
     *
     * @param owners how many writers there are; they are numbered from 1
     */
    Existing(int rows, int owners) {
        this.rows = rows;
        this.owners = owners;
        this.perOwner = Math.min(Keys.OWN / 3, rows / 2 / owners);
    }

    /** How many there are. */
    int rows() {
        return rows;
    }

    /** How many of them nobody writes; their keys are {@link Keys#archived} from 0 on. */
    int archived() {
        return rows - owners * perOwner;
    }

    /** The keys that belong to an owner. */
    List<UUID> of(int owner) {
        List<UUID> keys = new ArrayList<>();
        for (int i = 0; i < perOwner; i++) {
            keys.add(Keys.own(owner, i));
        }
        return keys;
    }

    /** The keys that belong to nobody. */
    List<UUID> archive() {
        List<UUID> keys = new ArrayList<>();
        for (int i = 0; i < archived(); i++) {
            keys.add(Keys.archived(i));
        }
        return keys;
    }

    /** Stores them in the empty table. */
    void store(DataSource dataSource, long seed) throws SQLException {
        CustomerGenerator customers = new CustomerGenerator(new SplittableRandom(seed));
        List<UUID> keys = archive();
        for (int owner = 1; owner <= owners; owner++) {
            keys.addAll(of(owner));
        }
        try (Connection connection = dataSource.getConnection();
                PreparedStatement insert = connection.prepareStatement(INSERT);
                Statement statement = connection.createStatement()) {
            for (int from = 0; from < keys.size(); from += BATCH) {
                for (UUID key : keys.subList(from, Math.min(from + BATCH, keys.size()))) {
                    bind(connection, insert, customers.fresh(key, REVISION));
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            statement.execute(
                    "ANALYZE " + Names.CUSTOMERS); // an old table has been analyzed: progress is told by its size
        }
    }

    private static void bind(Connection connection, PreparedStatement insert, Customer customer) throws SQLException {
        insert.setObject(1, customer.id());
        insert.setString(2, customer.name());
        insert.setString(3, customer.email());
        insert.setString(4, customer.tier().name());
        insert.setBigDecimal(5, customer.balance());
        insert.setDouble(6, customer.score());
        insert.setObject(7, customer.loyaltyPoints(), Types.INTEGER);
        insert.setBoolean(8, customer.newsletter());
        insert.setObject(9, customer.createdAt().atOffset(ZoneOffset.UTC));
        insert.setObject(
                10,
                customer.lastOrderAt() == null ? null : customer.lastOrderAt().atOffset(ZoneOffset.UTC),
                Types.TIMESTAMP_WITH_TIMEZONE);
        insert.setObject(11, customer.birthDate(), Types.DATE);
        insert.setString(12, customer.preferences().text());
        insert.setArray(13, connection.createArrayOf("text", customer.tags().toArray()));
        insert.setString(14, customer.note());
        insert.setLong(15, customer.revision());
    }
}
