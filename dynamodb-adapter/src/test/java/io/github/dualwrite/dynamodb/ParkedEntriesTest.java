package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.Select;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** Many parked writes in many shards: listed page by page in their order, and retried page by page. */
@Tag("DW-6")
class ParkedEntriesTest {

    private static final int SHARDS = 4;
    private static final int IN_EACH = 25;
    private static final int ALL = SHARDS * IN_EACH;

    private final TestTable table = new TestTable();
    private final DynamoDbSchema schema = TestQueue.install(SHARDS);
    private final FakeService service = new FakeService();
    private final AtomicInteger itemsRead = new AtomicInteger();
    private final Authority<String, Customer> authority =
            AuthorityRig.open(table.store(service.client()).schema(schema).authorityTimeout(Duration.ofSeconds(30)));
    private final ReconciliationQueue<String> queue = authority.queue();
    private final List<String> keys = evenly();

    /** Keys of which every shard has as many. */
    private static List<String> evenly() {
        QueueTable shards = new QueueTable("customers", SHARDS);
        Map<AttributeValue, Integer> counts = new HashMap<>();
        List<String> keys = new ArrayList<>();
        for (int i = 0; keys.size() < ALL; i++) {
            String key = "k" + i;
            AttributeValue shard = shards.key(KeyText.of(Map.of("id", AttributeValue.fromS(key)), List.of("id")))
                    .get(QueueTable.SHARD);
            if (counts.merge(shard, 1, Integer::sum) <= IN_EACH) {
                keys.add(key);
            }
        }
        return keys;
    }

    @BeforeEach
    void parkAll() {
        for (int from = 0; from < keys.size(); from += 50) {
            authority.saveAll(keys.subList(from, from + 50).stream()
                    .map(key -> Customer.of(key, "Ada"))
                    .toList());
            Lease lease = Lease.of(Duration.ofMinutes(10));
            List<Parking<String>> parkings = queue.claim(lease, 100).stream()
                    .map(write -> new Parking<>(write.key(), write.version(), "too large"))
                    .toList();
            assertThat(queue.park(lease, parkings)).hasSize(50);
        }
        service.after((response, count) -> {
            if (response instanceof QueryResponse page) {
                itemsRead.addAndGet(page.count());
            }
            return response;
        });
        service.requests().clear();
    }

    @Test
    void aListReadsWhatItGivesAndAPageOfEachShard() {
        List<ParkedWrite<String>> first = queue.parked(0, 24);

        int page = service.requests(QueryRequest.class).get(0).limit();
        assertThat(itemsRead).hasValueLessThanOrEqualTo(24 + SHARDS * page).hasValueLessThan(24 * SHARDS);
        assertThat(first).extracting(ParkedWrite::key).hasSize(24).isSubsetOf(keys.subList(0, 50));
    }

    @Test
    void pagesFollowEachOtherInTheOrderOfParking() {
        List<ParkedWrite<String>> all = new ArrayList<>();
        for (int offset = 0; offset < keys.size(); offset += 17) {
            all.addAll(queue.parked(offset, 17));
        }

        assertThat(all).extracting(ParkedWrite::key).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(all).extracting(ParkedWrite::parkedAt).isSortedAccordingTo(Comparator.naturalOrder());
    }

    @Test
    void aListWithoutAnEndIsAllOfThem() {
        assertThat(queue.parked(0, Integer.MAX_VALUE)).hasSize(ALL);
        assertThat(queue.parked(ALL - 1, Integer.MAX_VALUE)).hasSize(1);
        assertThat(queue.parked(Integer.MAX_VALUE, Integer.MAX_VALUE)).isEmpty();
        assertThat(queue.parked(0, 0)).isEmpty();
    }

    /** So small that each shard has some of them. */
    private void smallPages() {
        service.changing(request -> request instanceof QueryRequest query && query.limit() != null && query.limit() > 10
                ? query.toBuilder().limit(10).build()
                : request);
    }

    /** Who compares the number with those that were read must not miss the one that was parked last. */
    @Test
    @Tag("DW-5")
    void allAreCountedConsistently() {
        smallPages();

        assertThat(queue.statistics().parked()).isEqualTo(ALL);

        assertThat(service.requests(QueryRequest.class))
                .filteredOn(query -> query.select() == Select.COUNT && "parked".equals(query.indexName()))
                .hasSizeGreaterThan(SHARDS)
                .allMatch(QueryRequest::consistentRead);
    }

    @Test
    void aRetryOfAllMakesAllDueAndHasADeadlineForEachPage() {
        smallPages();
        Authority<String, Customer> slow =
                AuthorityRig.open(table.store(service.client()).schema(schema).authorityTimeout(Duration.ofSeconds(2)));
        service.before((request, count) -> {
            if (request instanceof QueryRequest query && query.limit() != null && query.limit() > 1) {
                pause(Duration.ofMillis(200)); // all together are longer than one deadline
            }
            return null;
        });

        assertThat(slow.queue().retryAllParked()).isEqualTo(ALL);

        assertThat(queue.statistics())
                .hasToString("depth=" + ALL + " parked=0 oldest="
                        + queue.statistics().oldest().orElseThrow());
    }

    private static void pause(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    @Test
    void aRetryThatIsBrokenOffTellsHowManyAreDue() {
        smallPages();
        AtomicInteger updates = new AtomicInteger();
        service.before((request, count) -> request instanceof UpdateItemRequest && updates.incrementAndGet() > 36
                ? FakeService.error("AccessDeniedException", "no", 400)
                : null);

        assertThat(queue.retryAllParked()).isEqualTo(36);
        service.before((request, count) -> null);
        assertThat(queue.statistics().parked()).isEqualTo(ALL - 36);
        assertThat(queue.retryAllParked()).isEqualTo(ALL - 36);
    }

    @Test
    void aRetryOfWhichNothingIsDoneFails() {
        service.before((request, count) -> request instanceof UpdateItemRequest
                ? FakeService.error("ThrottlingException", "slow down", 400)
                : null);

        assertThatThrownBy(queue::retryAllParked).isInstanceOf(TransientStoreException.class);
    }

    @Test
    void whatIsParkedAgainMeanwhileIsNotRetriedAgain() {
        smallPages();
        Authority<String, Customer> other = AuthorityRig.open(
                table.store(DynamoDbServer.shared().client()).schema(schema).authorityTimeout(Duration.ofSeconds(30)));
        AtomicInteger queries = new AtomicInteger();
        service.before((request, count) -> {
            if (request instanceof QueryRequest && queries.incrementAndGet() > SHARDS + 1 && queries.get() < 20) {
                Lease lease = Lease.of(Duration.ofMinutes(10));
                other.queue()
                        .park(
                                lease,
                                other.queue().claim(lease, ALL).stream()
                                        .map(write -> new Parking<>(write.key(), write.version(), "still too large"))
                                        .toList());
            }
            return null;
        });

        assertThat(queue.retryAllParked()).isEqualTo(ALL);
    }
}
