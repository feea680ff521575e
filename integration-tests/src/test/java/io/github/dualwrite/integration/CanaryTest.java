package io.github.dualwrite.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.DynamoDbSchema;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.RecordItemMapping;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.metrics.DualWriteMetrics;
import io.github.dualwrite.metrics.DualWriteObservations;
import io.github.dualwrite.postgres.CaptureTrigger;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * Nothing of a value is in logs of any level, in exceptions with all their causes, in events, in names and tags of metrics, or in the texts
 * of results and reports: whatever goes wrong, in both adapters and both roles, also in the application's own code.
 */
@Tag("DW-6")
@Timeout(180)
class CanaryTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A record whose own code throws, with the value in the message. */
    record Secret(
            String id, @Nullable String text, @Nullable Long number) {
        Secret {
            if (text != null && text.startsWith("unreadable")) {
                throw new IllegalStateException("cannot be: " + text, new NumberFormatException(text));
            }
        }

        @Override
        public @Nullable String text() {
            if (text != null && text.startsWith("unsayable")) {
                throw new IllegalStateException("cannot say: " + text);
            }
            return text;
        }
    }

    private final HikariDataSource pool = PostgresSides.database();
    private final String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);
    private final String queueTable = "pending-of-" + table;
    private final DynamoDbSchema queue =
            DynamoDbSchema.defaults().queueTable(queueTable).shards(1);
    private final Canary canary = new Canary();

    @BeforeEach
    void install() {
        queue.install(DynamoDbServer.shared().client());
    }

    @AfterEach
    void close() {
        canary.close();
        pool.close();
    }

    private static final TableMapping<String, Secret> ROWS = TableMapping.ofRecord(Secret.class, String.class)
            .table("secret")
            .key("id")
            .build();

    private PostgresStore<String, Secret> postgres(String type) {
        PostgresServer.execute(
                pool,
                "CREATE TABLE secret (id text PRIMARY KEY, text " + type + " UNIQUE, number bigint,"
                        + " CONSTRAINT positive CHECK (number > 0))",
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " RAISE EXCEPTION 'not %', NEW.text USING ERRCODE = 'check_violation'; END $$",
                "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON secret FOR EACH ROW WHEN (NEW.id = 'raised')"
                        + " EXECUTE FUNCTION refuse()");
        return PostgresStore.of(pool, ROWS);
    }

    private DynamoDbStore<String, Secret> dynamoDb() {
        return DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        table,
                        RecordItemMapping.of(Secret.class).partitionKey("id").build(String.class))
                .schema(queue)
                .authorityTimeout(Duration.ofSeconds(30))
                .build();
    }

    /** Puts a row there by hand. */
    private void row(String id, String text) {
        PostgresServer.execute(
                pool,
                "INSERT INTO secret VALUES ('" + id + "', '" + text
                        + "', 1) ON CONFLICT (id) DO UPDATE SET text = excluded.text");
    }

    private void item(String id, String text) {
        DynamoDbServer.shared()
                .client()
                .putItem(r -> r.tableName(table)
                        .item(Map.of(
                                "id", AttributeValue.fromS(id),
                                "text", AttributeValue.fromS(text),
                                "number", AttributeValue.fromN("1"))))
                .join();
    }

    @Test
    void theCanaryIsHeardInCausesWhatIsSuppressedAndLogs() {
        IllegalStateException error = new IllegalStateException("outside", new IllegalStateException(Canary.TEXT));
        error.addSuppressed(new IllegalStateException(Canary.TEXT));
        canary.hear(() -> {
            throw error;
        });
        canary.onEvent(
                new DualWriteEvent.RouteSourceFailed("secrets", "flag", "primary", 1, error)); // others withhold it
        org.slf4j.LoggerFactory.getLogger("io.github.dualwrite.any").trace("a line", error);
        org.slf4j.LoggerFactory.getLogger("io.github.dualwrite.any")
                .atTrace()
                .addKeyValue("key", Canary.TEXT)
                .log("a line");

        assertThat(canary.leaks()).hasSize(4);
    }

    @Test
    void fromPostgresToDynamoDb() throws Exception {
        PostgresStore<String, Secret> primary = postgres("text");
        CaptureTrigger.of(DualwriteSchema.defaults(), ROWS, "secrets").install(pool, PATIENCE);
        run(primary, dynamoDb(), this::row, this::item);
        assertThat(canary.errors())
                .as("constraints, a trigger, and what cannot be stored")
                .hasSizeGreaterThan(8);
    }

    @Test
    void fromDynamoDbToPostgres() throws Exception {
        run(dynamoDb(), postgres("varchar(60)"), this::item, this::row);
        assertThat(canary.errors()).as("what cannot be stored").hasSizeGreaterThan(5);
    }

    private DualWriteRepositoryBuilder<String, Secret> builder(
            AuthorityStore<String, Secret> primary, FollowerStore<String, Secret> secondary) {
        return DualWriteRepository.builder("secrets", primary, secondary)
                .secondaryTimeout(Duration.ofMillis(1500))
                .grace(Duration.ofMillis(1600)) // a drain waits for it
                .backfillComplete(() -> true)
                .reconcileInBackground(false)
                .refuseUnfitSecondary(false) // the trigger's errors are to be heard on a follower, too
                .listener(canary)
                .listener(new DualWriteObservations(canary.observations()));
    }

    /** What Dualwrite itself has stored, as it is stored: pending writes with the errors of parked ones, jobs and their failures. */
    private int hearOwnTables() throws SQLException {
        int heard = 0;
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet names = statement.executeQuery(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'dualwrite' ORDER BY tablename")) {
                while (names.next()) {
                    tables.add(names.getString(1));
                }
            }
            assertThat(tables).contains("pending_write");
            for (String name : tables) {
                try (ResultSet rows = statement.executeQuery("SELECT r::text FROM dualwrite." + name + " AS r")) {
                    for (; rows.next(); heard++) {
                        canary.hear(rows.getString(1));
                    }
                }
            }
        }
        for (Map<String, AttributeValue> item : DynamoDbServer.shared()
                .client()
                .scan(r -> r.tableName(queueTable))
                .join()
                .items()) {
            canary.hear(item.toString());
            heard++;
        }
        return heard;
    }

    private void run(
            AuthorityStore<String, Secret> primary,
            FollowerStore<String, Secret> secondary,
            BiConsumer<String, String> onPrimary,
            BiConsumer<String, String> onSecondary)
            throws Exception {
        try (DualWriteRepository<String, Secret> repository =
                        builder(primary, secondary).build();
                DualWriteMetrics metrics = new DualWriteMetrics(repository)) {
            SimpleMeterRegistry registry = new SimpleMeterRegistry();
            metrics.bindTo(registry);
            writes(repository);
            onPrimary.accept("by hand", "unreadable by hand " + Canary.TEXT);
            onSecondary.accept("by hand there", "unreadable there " + Canary.TEXT);
            onSecondary.accept("good", "changed by hand " + Canary.TEXT);
            canary.hear(() -> repository.read("by hand"));
            canary.hear(() -> repository.readAll(List.of("by hand", "good")).keySet());
            repository.markPending(List.of("by hand", "raised"));
            canary.hear(() -> repository.reconciler().drain(Duration.ofSeconds(10)));
            canary.hear(() -> repository.reconciler().parked(0, 100));
            assertThat(repository.reconciler().parked(0, 100)).hasSizeGreaterThanOrEqualTo(2);
            jobs(repository);
            canary.hear(repository.health().toString());
            canary.hear(repository.health().findings().toString());
            assertThat(hearOwnTables()).as("parked writes and failures").isGreaterThan(2);
            registry.getMeters().forEach(meter -> canary.hear(meter.getId().toString()));
        }
        reads(primary, secondary);

        assertThat(canary.leaks()).isEmpty();
        assertThat(canary.events()).isGreaterThan(20);
        assertThat(canary.observed()).isGreaterThan(20);
        assertThat(canary.lines()).anyMatch(line -> line.getFormattedMessage().contains("a shadow read failed"));
        assertThat(canary.lines()).anyMatch(line -> line.getThrowableProxy() != null);
    }

    private void writes(DualWriteRepository<String, Secret> repository) {
        String text = Canary.TEXT;
        canary.hear(() -> repository.save(new Secret("good", "good " + text, 1L)));
        canary.hear(() -> repository.create(new Secret("good", "again " + text, 1L)));
        canary.hear(() -> repository.update(new Secret("missing", "missing " + text, 1L)));
        for (Secret secret : List.of(
                new Secret("same", "good " + text, 1L),
                new Secret("checked", "checked " + text, -1L),
                new Secret("raised", "raised " + text, 1L),
                new Secret("nul", "\0" + text, 1L),
                new Secret("half", "\ud800" + text, 1L),
                new Secret("unsayable", "unsayable " + text, 1L),
                new Secret("long", text + " " + "x".repeat(60), 1L),
                new Secret("large", text + " " + noise(), 1L))) {
            canary.hear(() -> repository.save(secret));
            canary.hear(() -> repository.saveAll(List.of(secret)));
        }
        canary.hear(() -> repository.save(new Secret("", "no key " + text, 1L)));
    }

    /** Larger than an item may be, and than an entry of an index may be. */
    private static String noise() {
        return new java.math.BigInteger(8 * 420_000, new java.util.Random(1)).toString(16);
    }

    private void jobs(DualWriteRepository<String, Secret> repository) throws InterruptedException {
        Backfill<String, Secret> backfill = repository.backfill(BackfillSettings.<Secret>builder()
                .splits(2)
                .writesCaptured(() -> true)
                .build());
        canary.hear(() -> backfill.run(PATIENCE));
        canary.hear(() -> backfill.failures(0, 100));
        canary.hear(() -> backfill.retryFailures());
        assertThat(backfill.failures(0, 100))
                .extracting(failure -> failure.key())
                .contains("by hand");

        VerificationReport<String> report =
                repository.verification(settings().build()).run();
        canary.hear(report.text());
        canary.hear(report.json());
        canary.hear(report.findings().toString());
        assertThat(report.different()).as(report.text()).isPositive();
        VerificationReport<String> shown =
                repository.verification(settings().showValues(true).build()).run();
        assertThat(shown.text() + shown.json())
                .as("values are shown when asked for")
                .contains(Canary.TEXT);
        canary.hear(() -> repository
                .verification(settings()
                        .comparator((ours, theirs) -> {
                            throw new IllegalStateException("cannot compare " + ours.text());
                        })
                        .build())
                .run()
                .text());
        canary.hear(() -> repository.verification(settings().build()).repair(report, PATIENCE));
    }

    private static VerificationSettings.Builder<String, Secret> settings() {
        return VerificationSettings.<String, Secret>builder()
                .recheckDelay(Duration.ofMillis(1))
                .rechecks(1);
    }

    /** Reads of the follower and shadow reads. */
    private void reads(AuthorityStore<String, Secret> primary, FollowerStore<String, Secret> secondary) {
        for (String route :
                List.of("secondary", "secondary no-fallback", "primary shadow 100%", "secondary shadow 100%")) {
            try (DualWriteRepository<String, Secret> repository = builder(primary, secondary)
                    .readRoute(ReadRoute.parse(route))
                    .shadowSettings(ShadowSettings.builder()
                            .recheckDelay(Duration.ofMillis(1))
                            .rechecks(1)
                            .build())
                    .build()) {
                for (String key : List.of("good", "by hand", "by hand there")) {
                    canary.hear(() -> repository.read(key).map(Secret::id));
                    canary.hear(() -> repository.readAll(List.of(key, "good")).keySet());
                }
                if (route.equals("primary shadow 100%")) {
                    Awaitility.await()
                            .atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(repository.readStatistics())
                                    .satisfies(seen -> assertThat(any(seen.shadowFailures()))
                                            .as("%s", seen)
                                            .isTrue()));
                }
            }
        }
    }

    private static boolean any(Map<?, Long> counts) {
        return counts.values().stream().anyMatch(count -> count > 0);
    }
}
