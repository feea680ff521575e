package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The program on servers that exist already, with things on them. */
class ExistingServersTest {

    private static Servers running;
    private static HikariDataSource pool;
    private static DynamoDbAsyncClient dynamoDb;

    @BeforeAll
    static void start() {
        running = new Servers(Options.parse(List.of(), name -> null));
        pool = running.coordinates().pool("test", 3);
        dynamoDb = DynamoDbClients.direct(running.coordinates());
    }

    @AfterAll
    static void stop() {
        dynamoDb.close();
        pool.close();
        running.close();
    }

    @AfterEach
    void clean() throws SQLException {
        sql("DROP SCHEMA IF EXISTS " + Names.SCHEMA + " CASCADE");
        if (tables().contains(Names.TABLE)) {
            dynamoDb.deleteTable(r -> r.tableName(Names.TABLE)).join();
        }
    }

    @Test
    void aForeignSchemaIsRefusedAndNothingIsTouched() throws SQLException {
        sql("CREATE SCHEMA " + Names.SCHEMA);
        sql("CREATE TABLE " + Names.CUSTOMERS + " AS SELECT 42 AS answer");

        Outcome outcome = run();

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("schema " + Names.SCHEMA + " that this program did not make");
        assertThat(number("SELECT answer FROM " + Names.CUSTOMERS)).isEqualTo(42);
        assertThat(tables()).doesNotContain(Names.TABLE);
    }

    @Test
    void aForeignTableIsRefusedAndNothingIsTouched() throws SQLException {
        createTable("id");

        Outcome outcome = run();

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("table " + Names.TABLE + " that this program did not make");
        assertThat(tables()).contains(Names.TABLE);
        assertThat(schemas()).isZero();
    }

    @Test
    void aForeignTableWithAnotherKeyIsRefusedToo() throws SQLException {
        createTable("number");

        assertThat(run().exitCode()).isEqualTo(2);
        assertThat(tables()).contains(Names.TABLE);
        assertThat(schemas()).isZero();
    }

    @Test
    void whatAnEarlierRunLeftIsReplacedAndADifferenceThatNobodyReportedMakesTheRunFail() throws SQLException {
        try (PostgresGround postgres = new PostgresGround(pool)) {
            postgres.make();
        }
        new DynamoDbGround(dynamoDb).make();
        dynamoDb.putItem(r -> r.tableName(Names.TABLE).item(Map.of("id", AttributeValue.fromS("left over"))))
                .join();

        Outcome outcome = run(ExistingServersTest::harm);

        assertThat(outcome.result())
                .as(outcome.out() + outcome.err())
                .containsAllEntriesOf(Map.of("missing", 1L, "extra", 1L, "different", 1L, "failed_calls", 0L));
        assertThat(outcome.out())
                .contains(Keys.stranger(9) + " is extra", "differs in name", "the reads stay with PostgreSQL");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(schemas()).isZero();
        assertThat(tables()).doesNotContain(Names.TABLE);
    }

    @Test
    void aSecondRunAtTheSameTimeIsRefused() throws SQLException {
        try (PostgresGround postgres = new PostgresGround(pool)) {
            postgres.make();

            Outcome outcome = run();

            assertThat(outcome.exitCode()).isEqualTo(2);
            assertThat(outcome.err()).contains("another run");
            assertThat(schemas()).isOne();
        }
    }

    @Test
    void verifyOnlyEndsWithTheExitCodeOfTheReportAndChangesNothing() throws SQLException {
        try (PostgresGround postgres = new PostgresGround(pool)) {
            postgres.make();
        }
        new DynamoDbGround(dynamoDb).make();
        new Existing(100, 2).store(pool, 1);
        try (DualWriteRepository<UUID, Customer> repository = Repositories.idle(pool, dynamoDb)) {
            assertThat(repository.backfill().run().complete()).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }

        Outcome equal = verifyOnly();
        assertThat(equal.exitCode()).as(equal.out() + equal.err()).isZero();
        assertThat(equal.out()).contains("compared    100").endsWith("VERIFY exit=0" + System.lineSeparator());

        harm(dynamoDb);
        Outcome harmed = verifyOnly();
        Outcome again = verifyOnly("--json");
        assertThat(harmed.exitCode()).as(harmed.out() + harmed.err()).isEqualTo(7);
        assertThat(harmed.out()).contains("different   1 {name=1}", "missing     1", "extra       1", "VERIFY exit=7");
        assertThat(again.exitCode()).isEqualTo(7);
        assertThat(again.out()).startsWith("{").contains("\"exitCode\":7").doesNotContain("VERIFY");
    }

    @Test
    void verifyOnlyRefusesWhatIsNotThereAndWhatIsNotItsOwnWithAnExitCodeThatNoReportHas() throws SQLException {
        assertThat(verifyOnly().exitCode()).isEqualTo(128);
        assertThat(verifyOnly().err()).contains("--keep");

        sql("CREATE SCHEMA " + Names.SCHEMA);
        assertThat(verifyOnly().exitCode()).isEqualTo(128);
        assertThat(verifyOnly().err()).contains("did not make");
    }

    private static Outcome verifyOnly(String... more) {
        Coordinates servers = running.coordinates();
        List<String> arguments = new ArrayList<>(List.of(
                "--verify-only",
                "--jdbc-url=" + servers.jdbcUrl(),
                "--jdbc-user=" + servers.jdbcUser(),
                "--dynamodb-endpoint=" + servers.dynamoDb()));
        arguments.addAll(List.of(more));
        return Outcome.of(arguments.toArray(String[]::new));
    }

    private static Outcome run() {
        return run(client -> {});
    }

    private static Outcome run(Consumer<DynamoDbAsyncClient> beforeComparison) {
        Coordinates servers = running.coordinates();
        return Outcome.of(
                beforeComparison,
                "--jdbc-url=" + servers.jdbcUrl(),
                "--jdbc-user=" + servers.jdbcUser(),
                "--dynamodb-endpoint=" + servers.dynamoDb(),
                "--seconds=5",
                "--rows=100",
                "--threads=2");
    }

    private static void createTable(String key) {
        dynamoDb.createTable(r -> r.tableName(Names.TABLE)
                        .billingMode(BillingMode.PAY_PER_REQUEST)
                        .attributeDefinitions(AttributeDefinition.builder()
                                .attributeName(key)
                                .attributeType(ScalarAttributeType.S)
                                .build())
                        .keySchema(KeySchemaElement.builder()
                                .attributeName(key)
                                .keyType(KeyType.HASH)
                                .build()))
                .join();
    }

    private static List<String> tables() {
        return dynamoDb.listTables().join().tableNames();
    }

    private static long schemas() throws SQLException {
        return number("SELECT count(*) FROM pg_namespace WHERE nspname = '" + Names.SCHEMA + "'");
    }

    private static long number(String query) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void sql(String text) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    /** Removes one customer, changes the name of another and adds a third. */
    private static void harm(DynamoDbAsyncClient client) {
        var customers = client.scan(r -> r.tableName(Names.TABLE).consistentRead(true)).join().items().stream()
                .filter(item -> item.containsKey("name"))
                .toList();
        AttributeValue removed = customers.get(0).get("id");
        AttributeValue changed = customers.get(1).get("id");
        client.deleteItem(r -> r.tableName(Names.TABLE).key(Map.of("id", removed)))
                .join();
        client.updateItem(r -> r.tableName(Names.TABLE)
                        .key(Map.of("id", changed))
                        .updateExpression("SET #n = :n")
                        .expressionAttributeNames(Map.of("#n", "name"))
                        .expressionAttributeValues(Map.of(":n", AttributeValue.fromS("somebody else"))))
                .join();
        Map<String, AttributeValue> intruder = new HashMap<>(customers.get(2));
        intruder.put("id", AttributeValue.fromS(Keys.stranger(9).toString()));
        client.putItem(r -> r.tableName(Names.TABLE).item(intruder)).join();
    }
}
