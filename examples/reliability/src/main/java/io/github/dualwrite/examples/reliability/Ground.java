package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.postgres.DualwriteSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.SplittableRandom;
import javax.sql.DataSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The two servers, and the tables on them. */
final class Ground implements AutoCloseable {

    private final Postgres postgres;
    private final DynamoDbServer dynamoDb = DynamoDbServer.shared();

    Ground(Path directory) throws IOException, SQLException {
        this.postgres = new Postgres(directory.resolve("postgres"));
        DualwriteSchema.defaults().install(postgres.dataSource());
    }

    Postgres postgres() {
        return postgres;
    }

    DynamoDbServer dynamoDb() {
        return dynamoDb;
    }

    /** Makes both tables, with the records that were there before on PostgreSQL. */
    Place prepare(String table, int old, long seed) throws SQLException {
        dynamoDb.client()
                .createTable(r -> r.tableName(table)
                        .billingMode(BillingMode.PAY_PER_REQUEST)
                        .attributeDefinitions(AttributeDefinition.builder()
                                .attributeName("id")
                                .attributeType(ScalarAttributeType.S)
                                .build())
                        .keySchema(KeySchemaElement.builder()
                                .attributeName("id")
                                .keyType(KeyType.HASH)
                                .build()))
                .join();
        DataSource dataSource = postgres.dataSource();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE " + table + " (id text PRIMARY KEY, tag text NOT NULL, part_a text NOT NULL,"
                            + " part_b text NOT NULL, amount numeric(12, 2) NOT NULL, checksum bigint NOT NULL)");
            insertOld(connection, table, old, seed);
        }
        return new Place(postgres.port(), dynamoDb.endpoint().getPort(), table);
    }

    private static void insertOld(Connection connection, String table, int old, long seed) throws SQLException {
        Keys keys = new Keys(old);
        SplittableRandom random = new SplittableRandom(seed);
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO " + table + " VALUES (?, ?, ?, ?, ?, ?)")) {
            for (int i = 0; i < old; i++) {
                Entry entry = Entry.of(keys.old(i), Entry.OLD, random);
                insert.setString(1, entry.id());
                insert.setString(2, entry.tag());
                insert.setString(3, entry.partA());
                insert.setString(4, entry.partB());
                insert.setBigDecimal(5, entry.amount());
                insert.setLong(6, entry.checksum());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** Removes both tables. */
    void clear(String table) throws SQLException {
        try (Connection connection = postgres.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE " + table);
            statement.execute("DELETE FROM dualwrite.pending_write WHERE repository = '" + table + "'");
        }
        dynamoDb.client().deleteTable(r -> r.tableName(table)).join();
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
