package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.Select;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** A verb of the queue that fails half way says what it has done. */
@Tag("DW-6")
class QueueFailureTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    private final AuthorityRig rig = new AuthorityRig();
    private final FakeService service = new FakeService();
    private final Authority<String, Customer> authority = rig.open(service);
    private BiFunction<SdkRequest, Integer, @Nullable RuntimeException> failures = (request, count) -> null;

    private static RuntimeException denied() {
        return FakeService.error("AccessDeniedException", "no", 400);
    }

    private void save(int customers) {
        List<Customer> all = new ArrayList<>();
        for (int i = 0; i < customers; i++) {
            all.add(Customer.of("k" + i, "Ada"));
        }
        authority.saveAll(all);
    }

    /** Fails the n-th request of a kind. */
    private void fail(Class<? extends SdkRequest> kind, int number, RuntimeException error) {
        AtomicInteger count = new AtomicInteger();
        BiFunction<SdkRequest, Integer, @Nullable RuntimeException> others = failures;
        failures = (request, total) ->
                kind.isInstance(request) && count.incrementAndGet() == number ? error : others.apply(request, total);
        service.before(failures);
    }

    private List<String> claimed(int limit) {
        return authority.queue().claim(Lease.of(LONG), limit).stream()
                .map(PendingWrite::key)
                .toList();
    }

    @Test
    void whatIsClaimedBeforeALaterLookFailsIsReturned() {
        save(12);
        for (int number = 1; number <= 3; number++) {
            fail(
                    UpdateItemRequest.class,
                    number,
                    ConditionalCheckFailedException.builder().statusCode(400).build());
        }
        fail(QueryRequest.class, 2, denied());

        assertThat(claimed(10)).as("others were quicker, so it reads again").hasSize(7);

        service.before((request, count) -> null);
        assertThat(claimed(100)).as("the others, of which nothing was claimed").hasSize(5);
    }

    @Test
    void anEntryThatCannotBeClaimedDoesNotHideTheOthersThatWere() {
        save(12);
        fail(UpdateItemRequest.class, 3, denied());

        assertThat(claimed(100)).hasSize(11);
    }

    @Test
    void aClaimThatGetsNothingFails() {
        save(1);
        fail(UpdateItemRequest.class, 1, denied());

        assertThatThrownBy(() -> claimed(10)).isInstanceOf(ConfigurationException.class);
    }

    /** Saves twelve keys in four shards, of which one is throttled. */
    private Authority<String, Customer> withAThrottledShard(Set<String> inTheOthers) {
        DynamoDbSchema schema = TestQueue.install(4);
        Authority<String, Customer> sharded = AuthorityRig.open(
                rig.table.store(service.client()).schema(schema).authorityTimeout(Duration.ofSeconds(30)));
        QueueTable shards = new QueueTable("customers", 4);
        for (int i = 0; i < 12; i++) {
            sharded.save(Customer.of("k" + i, "Ada"));
        }
        String throttled = shards.shards().get(1);
        for (int i = 0; i < 12; i++) {
            if (!shards.key("k" + i).get(QueueTable.SHARD).s().equals(throttled)) {
                inTheOthers.add("k" + i);
            }
        }
        service.before((request, total) -> request instanceof QueryRequest query
                        && query.expressionAttributeValues().get(":shard").s().equals(throttled)
                ? FakeService.error("ThrottlingException", "slow down", 400)
                : null);
        return sharded;
    }

    @Test
    void aShardThatIsThrottledKeepsNoOtherFromBeingClaimed() {
        Set<String> inTheOthers = new HashSet<>();
        Authority<String, Customer> sharded = withAThrottledShard(inTheOthers);
        assertThat(inTheOthers).hasSizeBetween(1, 11);

        assertThat(sharded.queue().claim(Lease.of(LONG), 100))
                .extracting(PendingWrite::key)
                .containsExactlyInAnyOrderElementsOf(inTheOthers);

        assertThatThrownBy(() -> sharded.queue().claim(Lease.of(LONG), 100))
                .as("nothing else is due, as far as can be seen")
                .isInstanceOf(TransientStoreException.class);
    }

    @Test
    void whatIsReadOfTheWholeQueueIsAllOfItOrAnErrorAndWaitsForThrottlingToPass() {
        save(1);
        for (int attempt = 1; attempt <= 5; attempt++) { // more than a claim makes
            fail(QueryRequest.class, attempt, FakeService.error("ThrottlingException", "slow down", 400));
        }
        assertThat(authority.queue().pendingKeys(10)).contains(Set.of("k0"));

        service.before((request, total) ->
                request instanceof QueryRequest ? FakeService.error("ThrottlingException", "slow down", 400) : null);
        assertThatThrownBy(() -> authority.queue().pendingKeys(10)).isInstanceOf(TransientStoreException.class);
    }

    /** Throttles the deletes of some keys' entries, some times in all. */
    private void throttleDeletes(int times, String... keys) {
        AtomicInteger count = new AtomicInteger();
        service.before((request, total) -> request instanceof DeleteItemRequest delete
                        && List.of(keys).contains(delete.key().get("record_key").s())
                        && count.incrementAndGet() <= times
                ? FakeService.error("ThrottlingException", "slow down", 400)
                : null);
    }

    private Set<String> confirm() {
        List<VersionedRecord<String, Customer>> pending = authority.snapshot(List.of("k0", "k1", "k2"));
        return authority
                .queue()
                .confirm(pending.stream()
                        .map(r -> new KeyVersion<>(r.key(), r.version()))
                        .toList());
    }

    @Test
    void aConfirmThatStaysThrottledKeepsNoOtherFromBeingConfirmed() {
        save(3);
        throttleDeletes(Integer.MAX_VALUE, "k1");

        assertThat(confirm()).containsExactlyInAnyOrder("k0", "k2");
        assertThat(authority.queue().pendingAmong(List.of("k0", "k1", "k2"))).containsExactly("k1");

        throttleDeletes(0);
        assertThat(confirm()).containsExactly("k1");
    }

    @Test
    void aStormOfConfirmsThatFailIsAHandfulOfLinesWithoutKeys() {
        Logger logger = (Logger) LoggerFactory.getLogger(DynamoDbQueue.class);
        ListAppender<ILoggingEvent> seen = new ListAppender<>();
        seen.start();
        logger.addAppender(seen);
        try {
            for (int i = 0; i < 12; i++) {
                save(2);
                fail(DeleteItemRequest.class, 1, denied());
                assertThat(confirm()).hasSize(1);
            }
        } finally {
            logger.detachAppender(seen);
        }
        assertThat(seen.list)
                .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
                .hasSize(10);
        assertThat(seen.list.get(0).getKeyValuePairs().toString())
                .startsWith("[event=\"QueueEntriesFailed\", repository=\"customers\", suppressed=\"0\", entries=\"2\","
                        + " changed=\"1\", error=");
        assertThat(seen.list.toString()).doesNotContain("k0", "k1");
    }

    @Test
    void aConfirmWaitsForThrottlingToPass() {
        save(3);
        throttleDeletes(6, "k1");

        assertThat(confirm()).containsExactlyInAnyOrder("k0", "k1", "k2");
    }

    @Test
    void aConfirmOfWhichNothingIsDoneFailsAndNamesItsKeys() {
        save(3);
        throttleDeletes(Integer.MAX_VALUE, "k0", "k1", "k2");

        assertThatThrownBy(this::confirm)
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining("k0")
                .hasMessageContaining("k1")
                .hasMessageContaining("k2");
    }

    @Test
    void aParkingThatStaysThrottledDoesNotHideTheOthers() {
        save(2);
        Lease lease = Lease.of(LONG);
        List<PendingWrite<String>> held = authority.queue().claim(lease, 10);
        service.before((request, total) -> request instanceof UpdateItemRequest update
                        && update.key().get("record_key").s().equals("k1")
                ? FakeService.error("ThrottlingException", "slow down", 400)
                : null);

        assertThat(authority
                        .queue()
                        .park(
                                lease,
                                held.stream()
                                        .map(write -> new Parking<>(write.key(), write.version(), "too large"))
                                        .toList()))
                .containsExactly("k0");
    }

    @Test
    void anEntryThatIsParkedWhileStatisticsCountIsNotOverlooked() {
        save(1);
        Lease lease = Lease.of(LONG);
        List<Parking<String>> parkings = authority.queue().claim(lease, 1).stream()
                .map(write -> new Parking<>(write.key(), write.version(), "too large"))
                .toList();
        Authority<String, Customer> other = rig.open();
        AtomicBoolean parked = new AtomicBoolean();
        service.before((request, total) -> {
            if (request instanceof QueryRequest query
                    && query.select() == Select.COUNT
                    && parked.compareAndSet(false, true)) {
                other.queue().park(lease, parkings);
            }
            return null;
        });

        QueueStatistics statistics = authority.queue().statistics();

        assertThat(parked).isTrue();
        assertThat(statistics.parked()).isEqualTo(1);
        assertThat(statistics.oldest()).isPresent();
    }

    @Test
    @Tag("DW-1")
    void anEntryThatSomethingElseHasDamagedIsMendedByMarkingItsKey() {
        save(1);
        TestTable.join(DynamoDbServer.shared()
                .client()
                .updateItem(request -> request.tableName(rig.schema.queueTableName())
                        .key(new QueueTable("customers", 1).key("k0"))
                        .updateExpression("REMOVE pending_version")));
        Lease lease = Lease.of(LONG);

        assertThatThrownBy(() -> authority.queue().claim(lease, 10))
                .rootCause()
                .hasMessageContaining("lacks attribute pending_version")
                .hasMessageContaining("markPending")
                .hasMessageContaining("do not delete it");
        authority.markPending(List.of("k0"));
        authority.queue().release(lease, List.of("k0"));

        assertThat(claimed(10)).containsExactly("k0");
    }
}
