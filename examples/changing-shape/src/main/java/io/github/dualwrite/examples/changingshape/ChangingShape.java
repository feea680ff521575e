package io.github.dualwrite.examples.changingshape;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.DynamoDbSchema;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.examples.changingshape.Customer.Address;
import io.github.dualwrite.postgres.CaptureTrigger;
import io.github.dualwrite.postgres.ColumnType;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationState;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import javax.sql.DataSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * Three tables become one item collection. A customer with its addresses (two tables, keys {@code bigint}) and its orders (a
 * third) go to one DynamoDB table under {@code PK = CUSTOMER#42} with {@code SK = PROFILE} and {@code SK = ORDER#7}, through two
 * repositories, while SQL that knows nothing of them changes the same tables. What was there before is copied, and both sides are
 * compared twice: by the library, and by code that shares nothing with it. Then customers go the other way: the items lead, and the tables follow.
 *
 * <pre>{@code
 * mvn -B -ntp -q -pl examples/changing-shape -am process-test-classes -Pchanging-shape
 * }</pre>
 *
 * <p>Needs a JDK and Maven; starts the servers itself. Ends with a line that begins with {@code RESULT}, and with exit code 0
 * if both sides hold the same, else 1.
 */
public final class ChangingShape {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final TableMapping<Order.Key, Order> ORDERS = TableMapping.ofRecord(Order.class, Order.Key.class)
            .table("customer_order")
            .key("customerId", "orderId")
            .build();

    private static final DualwriteSchema SCHEMA = DualwriteSchema.defaults();
    private static final List<CaptureTrigger> CUSTOMER_TRIGGERS = List.of(
            CaptureTrigger.part(SCHEMA, "customers", "customer")
                    .key("id", ColumnType.BIGINT)
                    .build(),
            CaptureTrigger.part(SCHEMA, "customers", "address")
                    .key("customer_id", ColumnType.BIGINT)
                    .build());
    private static final CaptureTrigger ORDER_TRIGGER = CaptureTrigger.of(SCHEMA, ORDERS, "orders");

    private final PrintStream out;

    ChangingShape(PrintStream out) {
        this.out = out;
    }

    /** Runs it. */
    public static void main(String[] arguments) {
        int exitCode = 1;
        try {
            exitCode = new ChangingShape(System.out).run();
        } catch (Exception e) {
            e.printStackTrace(System.err);
        }
        System.exit(exitCode); // the servers' threads do not end by themselves
    }

    /** Runs it and returns the exit code. */
    int run() throws Exception {
        DataSource database = PostgresServer.shared().newDatabase();
        DynamoDbServer server = DynamoDbServer.shared();
        String table = server.createTable("PK", ScalarAttributeType.S, "SK", ScalarAttributeType.S);
        createTables(database);
        long pending;
        boolean verified;
        try (DualWriteRepository<Long, Customer> customers = DualWriteRepository.builder(
                                "customers",
                                PostgresStore.of(database, new CustomerRows()),
                                DynamoDbStore.builder(server.client(), table, new CustomerItems())
                                        .build())
                        .build();
                DualWriteRepository<Order.Key, Order> orders = DualWriteRepository.builder(
                                "orders",
                                PostgresStore.of(database, ORDERS),
                                DynamoDbStore.builder(server.client(), table, new OrderItems())
                                        .build())
                        .build()) {
            write(customers, orders);
            writeWithoutTheLibrary(database);
            copy("customers", customers, database, CUSTOMER_TRIGGERS);
            copy("orders", orders, database, List.of(ORDER_TRIGGER));
            pending = customers.reconciler().drain(PATIENCE).remaining()
                    + orders.reconciler().drain(PATIENCE).remaining();
            verified = verified("customers", customers);
            verified = verified("orders", orders) && verified;
        }
        show(server.client(), table);
        boolean there = compare("THERE", database, server.client(), table, pending);
        boolean back = compare("RESULT", database, server.client(), table, turnRound(database, server.client(), table));
        return verified && there && back ? 0 : 1;
    }

    /** One item becomes rows of two tables again. Returns how many keys are pending in the end. */
    private static long turnRound(DataSource database, DynamoDbAsyncClient client, String table) throws Exception {
        CUSTOMER_TRIGGERS.forEach(
                trigger -> trigger.uninstall(database, PATIENCE)); // what follows is captured by nobody
        ORDER_TRIGGER.uninstall(database, PATIENCE);
        DynamoDbSchema.defaults().install(client);
        try (DualWriteRepository<Long, Customer> customers = DualWriteRepository.builder(
                        "customers",
                        DynamoDbStore.builder(client, table, new CustomerItems())
                                .build(),
                        PostgresStore.of(database, new CustomerRows()))
                .build()) {
            Address home = new Address("home", "5 Denmark Hill", "London");
            Customer mary = new Customer(46, "Mary", LocalDate.of(1797, 8, 30), List.of(home));
            customers.create(new Customer(47, "Jane", LocalDate.of(1804, 2, 29), List.of(home)));
            customers.create(mary);
            customers.update(new Customer(
                    46,
                    "Mary Shelley",
                    mary.born(),
                    List.of(home, new Address("office", "24 Chester Square", "London"))));
            customers.update(new Customer(42, "Ada King", LocalDate.of(1815, 12, 10), List.of()));
            customers.delete(45L);
            customers.delete(47L);
            return customers.reconciler().drain(PATIENCE).remaining();
        }
    }

    private static void createTables(DataSource database) throws Exception {
        SCHEMA.install(database);
        PostgresServer.execute(
                database,
                "CREATE TABLE customer (id bigint PRIMARY KEY, full_name text NOT NULL, born date NOT NULL)",
                "CREATE TABLE address (customer_id bigint REFERENCES customer ON DELETE CASCADE, kind text, street text NOT NULL,"
                        + " city text NOT NULL, PRIMARY KEY (customer_id, kind))",
                "CREATE TABLE customer_order (customer_id bigint REFERENCES customer ON DELETE CASCADE, order_id bigint,"
                        + " total numeric(12, 2) NOT NULL, currency text NOT NULL, PRIMARY KEY (customer_id, order_id))");
        PostgresServer.execute(
                database,
                "INSERT INTO customer SELECT i, 'Customer ' || i, date '1800-01-01' + i::int FROM generate_series(1, 20) AS i",
                "INSERT INTO address SELECT i, 'home', i || ' High Street', 'Bath' FROM generate_series(1, 20, 2) AS i",
                "INSERT INTO customer_order SELECT i, 1, i, 'GBP' FROM generate_series(1, 20) AS i");
        CUSTOMER_TRIGGERS.forEach(trigger -> trigger.install(database, PATIENCE));
        ORDER_TRIGGER.install(database, PATIENCE);
    }

    private static void write(
            DualWriteRepository<Long, Customer> customers, DualWriteRepository<Order.Key, Order> orders) {
        Address home = new Address("home", "12 St James's Square", "London");
        customers.create(new Customer(42, "Ada", LocalDate.of(1815, 12, 10), List.of(home)));
        customers.create(new Customer(43, "Charles", LocalDate.of(1791, 12, 26), List.of()));
        customers.create(new Customer(44, "Mary", LocalDate.of(1780, 12, 26), List.of(home)));
        for (long customer = 42; customer <= 44; customer++) {
            for (long order = 1; order <= 3; order++) {
                orders.create(new Order(customer, order, new BigDecimal("12.50"), "GBP"));
            }
        }
        customers.update(new Customer(
                42,
                "Ada Lovelace",
                LocalDate.of(1815, 12, 10),
                List.of(home, new Address("office", "1 Dorset Street", "London"))));
        orders.update(new Order(42, 2, new BigDecimal("99.90"), "GBP"));
        orders.delete(new Order.Key(43, 3));
        customers.delete(44L); // its orders go by the foreign key, which capture sees
    }

    private static void writeWithoutTheLibrary(DataSource database) {
        PostgresServer.execute(
                database,
                "UPDATE address SET city = 'Marylebone' WHERE kind = 'office'",
                "INSERT INTO address VALUES (43, 'home', '44 Crosby Row', 'Southwark')",
                "UPDATE customer_order SET order_id = 7 WHERE customer_id = 42 AND order_id = 1",
                "UPDATE customer_order SET currency = 'EUR' WHERE customer_id = 43",
                "INSERT INTO customer VALUES (45, 'Luigi', '1809-09-04')");
    }

    private <K, V> void copy(
            String name, DualWriteRepository<K, V> repository, DataSource database, List<CaptureTrigger> triggers)
            throws InterruptedException {
        BackfillReport report = repository
                .backfill(BackfillSettings.<V>builder()
                        .writesCaptured(() -> triggers.stream()
                                .allMatch(trigger -> trigger.status(database).active()))
                        .build())
                .run();
        out.printf(
                "COPIED %s: %s, %d copied, %d newer already%n",
                name, report.complete() ? "complete" : "not complete", report.applied(), report.skipped());
    }

    private boolean verified(String name, DualWriteRepository<?, ?> repository) throws InterruptedException {
        VerificationReport<?> report = repository.verification().run();
        out.printf("VERIFIED %s: %s, %d compared%n", name, report.state(), report.compared());
        return report.state() == VerificationState.CONSISTENT;
    }

    private void show(DynamoDbAsyncClient client, String table) {
        out.println("Query PK = CUSTOMER#42:");
        client
                .query(request -> request.tableName(table)
                        .consistentRead(true)
                        .keyConditionExpression("PK = :pk")
                        .expressionAttributeValues(Map.of(":pk", AttributeValue.fromS("CUSTOMER#42"))))
                .join()
                .items()
                .stream()
                .filter(item -> !item.containsKey("dw_deleted"))
                .forEach(item -> out.println("  " + new TreeMap<>(item)));
    }

    private boolean compare(String title, DataSource database, DynamoDbAsyncClient client, String table, long pending)
            throws SQLException {
        Map<String, String> postgres = Sides.postgres(database);
        Map<String, String> dynamoDb = Sides.dynamoDb(client, table);
        Set<String> keys = new HashSet<>(postgres.keySet());
        keys.addAll(dynamoDb.keySet());
        Map<String, Integer> counts = new HashMap<>(Map.of("missing", 0, "extra", 0, "different", 0));
        for (String key : keys) {
            String what = !dynamoDb.containsKey(key)
                    ? "missing"
                    : !postgres.containsKey(key)
                            ? "extra"
                            : Objects.equals(postgres.get(key), dynamoDb.get(key)) ? "equal" : "different";
            counts.merge(what, 1, Integer::sum);
            if (!what.equals("equal")) {
                out.println("NOT AS IT MUST BE: " + key + " is " + what);
            }
        }
        out.printf(
                "%s records=%d pending=%d missing=%d extra=%d different=%d%n",
                title, keys.size(), pending, counts.get("missing"), counts.get("extra"), counts.get("different"));
        return !keys.isEmpty() && pending == 0 && postgres.equals(dynamoDb);
    }
}
