package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.ItemMapping;
import io.github.dualwrite.dynamodb.RecordItemMapping;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.PostgresMapping;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** The part that an application writes: two mappings and a repository over two stores. */
final class Repositories {

    /** How long the secondary may take for a write. */
    static final Duration SECONDARY_TIMEOUT = Duration.ofMillis(600);

    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final PostgresMapping<UUID, Customer> ROWS = TableMapping.ofRecord(Customer.class, UUID.class)
            .table(Names.CUSTOMERS)
            .key("id")
            .build();

    private static final ItemMapping<UUID, Customer> ITEMS = RecordItemMapping.of(Customer.class)
            .partitionKey("id")
            .recognising(item -> !item.containsKey(Names.MARK_ATTRIBUTE)) // the item that says whose the table is
            .build(UUID.class);

    private Repositories() {}

    /** Where Dualwrite keeps what is its own. */
    static DualwriteSchema schema() {
        return DualwriteSchema.defaults().schema(Names.SCHEMA);
    }

    /** A breaker that recovers quickly, so that nobody has to wait for the end of this program. */
    static CircuitBreaker breaker(String name) {
        return CircuitBreaker.of(
                name,
                CircuitBreakerConfig.custom()
                        .slidingWindowSize(20)
                        .minimumNumberOfCalls(10)
                        .waitDurationInOpenState(Duration.ofMillis(500))
                        .permittedNumberOfCallsInHalfOpenState(3)
                        .writableStackTraceEnabled(false)
                        .build());
    }

    /** The instance whose writes wait for the secondary, and whose reconciler works for all instances. */
    static DualWriteRepository<UUID, Customer> synchronous(
            DataSource postgres,
            DynamoDbAsyncClient dynamoDb,
            CircuitBreaker writeBreaker,
            CircuitBreaker readBreaker,
            ReadRouteSwitch route,
            DualWriteListener listener) {
        return DualWriteRepository.builder(
                        Names.REPOSITORY,
                        PostgresStore.of(postgres, ROWS).schema(schema()),
                        DynamoDbStore.builder(dynamoDb, Names.TABLE, ITEMS)
                                .concurrency(8)
                                .build())
                .secondaryMode(SecondaryMode.SYNCHRONOUS)
                .secondaryTimeout(SECONDARY_TIMEOUT)
                .grace(GRACE)
                .circuitBreaker(writeBreaker)
                .readCircuitBreaker(readBreaker)
                .readRouteSource(route)
                .reconcilerSettings(reconciler())
                .listener(listener)
                .build();
    }

    /** The instance whose writes do not wait. Both instances reconcile; what this one leaves behind is for the other. */
    static DualWriteRepository<UUID, Customer> asynchronous(DataSource postgres, DynamoDbAsyncClient dynamoDb) {
        return DualWriteRepository.builder(
                        Names.REPOSITORY,
                        PostgresStore.of(postgres, ROWS).schema(schema()),
                        DynamoDbStore.builder(dynamoDb, Names.TABLE, ITEMS).build())
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .secondaryTimeout(SECONDARY_TIMEOUT)
                .grace(GRACE)
                .circuitBreaker(breaker("writer-process"))
                .reconcilerSettings(reconciler()) // shares the queue with the other process until it is killed
                .build();
    }

    /** An instance that neither writes nor reconciles. */
    static DualWriteRepository<UUID, Customer> idle(DataSource postgres, DynamoDbAsyncClient dynamoDb) {
        return DualWriteRepository.builder(
                        Names.REPOSITORY,
                        PostgresStore.of(postgres, ROWS).schema(schema()),
                        DynamoDbStore.builder(dynamoDb, Names.TABLE, ITEMS).build())
                .reconcileInBackground(false)
                .build();
    }

    private static ReconcilerSettings reconciler() {
        return ReconcilerSettings.builder()
                .pollInterval(Duration.ofMillis(200))
                .batchSize(100) // DynamoDB Local does a few hundred writes per second, the live ones included
                .batchTimeout(Duration.ofSeconds(5))
                .lease(Duration.ofSeconds(10))
                .initialBackoff(Duration.ofMillis(100))
                .maxBackoff(Duration.ofSeconds(2))
                .build();
    }
}
