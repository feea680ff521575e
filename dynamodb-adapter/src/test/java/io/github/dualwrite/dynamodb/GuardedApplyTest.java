package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.ApplyResult.Status;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The guard as this store has it: on items, marks and conditions. */
@Tag("DW-2")
class GuardedApplyTest {

    private final TestTable table = new TestTable();
    private final Follower<String, Customer> follower = table.follower();

    /** TRAPS 21: an expired item is still there until DynamoDB gets to it, and an expired tombstone is still a tombstone. */
    @Test
    void aTombstoneThatHasExpiredStillHidesItsRecordAndKeepsOlderVersionsOut() {
        Follower<String, Customer> longAgo = TestTable.open(
                table.store().clock(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC)).build());
        applyOne(longAgo, record("k", 1));
        applyOne(longAgo, tombstone("k", 5));

        assertThat(join(follower.read("k"))).isEmpty();
        assertThat(applyOne(follower, record("k", 4)).status()).isEqualTo(Status.SUPERSEDED);
        assertThat(join(follower.read("k"))).isEmpty();
    }

    @Test
    void everyOrderOfThreeVersionsLeavesTheHighest() {
        List<VersionedRecord<String, Customer>> versions = List.of(record("k", 1), tombstone("k", 2), record("k", 3));
        int[][] orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        for (int i = 0; i < orders.length; i++) {
            String id = "k" + i;
            for (int index : orders[i]) {
                VersionedRecord<String, Customer> r = versions.get(index);
                applyOne(follower, r.tombstone() ? tombstone(id, r.version()) : record(id, r.version()));
            }
            assertThat(join(follower.read(id))).contains(Customer.of(id, "name 3"));
        }
    }

    @Test // TRAPS 22
    void tombstoneIsAnItemThatRemembersItsVersionAndExpires() {
        Instant now = Instant.parse("2026-01-02T03:04:05.999Z");
        Follower<String, Customer> clocked = TestTable.open(table.store()
                .clock(Clock.fixed(now, ZoneOffset.UTC))
                .tombstoneTtl(Duration.ofDays(3))
                .build());
        applyOne(clocked, record("a", 1));

        assertThat(applyOne(clocked, tombstone("a", 2)).status()).isEqualTo(Status.APPLIED);

        assertThat(table.item("a"))
                .isEqualTo(Map.of(
                        "id", AttributeValue.fromS("a"),
                        "dw_version", AttributeValue.fromN("2"),
                        "dw_deleted", AttributeValue.fromBool(true),
                        "dw_expires_at",
                                AttributeValue.fromN(Long.toString(
                                        Instant.parse("2026-01-05T03:04:05Z").getEpochSecond()))));
        assertThat(applyOne(clocked, record("a", 1)).status()).isEqualTo(Status.SUPERSEDED);
        assertThat(join(clocked.read("a"))).isEmpty();
    }

    @Test
    void reCreatedRecordCarriesNoMarkOfItsTombstone() {
        applyOne(follower, tombstone("a", 2));

        assertThat(applyOne(follower, record("a", 3)).status()).isEqualTo(Status.APPLIED);

        assertThat(table.item("a"))
                .containsEntry("dw_version", AttributeValue.fromN("3"))
                .doesNotContainKeys("dw_deleted", "dw_expires_at");
    }

    @Test
    void marksHaveTheNamesThatTheyWereGiven() {
        Follower<String, Customer> renamed = TestTable.open(table.store()
                .versionAttribute("#v")
                .deletedAttribute("gone")
                .expiryAttribute("ttl")
                .build());
        applyOne(renamed, record("a", 5));
        applyOne(renamed, tombstone("b", 6));

        assertThat(table.item("a")).containsKey("#v").doesNotContainKey("dw_version");
        assertThat(table.item("b")).containsOnlyKeys("id", "#v", "gone", "ttl");
        assertThat(applyOne(renamed, record("a", 4)).status()).isEqualTo(Status.SUPERSEDED);
        assertThat(join(renamed.readAll(List.of("a", "b")))).containsOnlyKeys("a");
    }

    @Test
    void itemWithoutVersionIsOlderThanAny() {
        table.put(Map.of("id", AttributeValue.fromS("a"), "left", AttributeValue.fromS("over")));

        assertThat(applyOne(follower, record("a", 1)).status()).isEqualTo(Status.APPLIED);

        assertThat(table.item("a")).doesNotContainKey("left");
    }

    static Stream<AttributeValue> whatIsNoVersion() {
        return Stream.of(
                AttributeValue.fromS("draft"),
                AttributeValue.fromN("1e30"),
                AttributeValue.fromN("4711.5"),
                AttributeValue.fromN("9223372036854775808"));
    }

    @ParameterizedTest // TRAPS 20
    @MethodSource("whatIsNoVersion")
    void whatIsNoVersionIsNotTakenForANewerOne(AttributeValue stored) {
        table.put(Map.of("id", AttributeValue.fromS("a"), "dw_version", stored));

        ApplyResult result = applyOne(follower, record("a", 1));

        assertThat(result.status()).isEqualTo(Status.PERMANENT_FAILURE);
        assertThat(result.error())
                .contains("customers", "key a", "dw_version", "not a whole number")
                .doesNotContain("draft", "4711");
    }

    @Test
    void versionsAreComparedAsNumbersUpToTheLargest() {
        applyOne(follower, record("a", 9));
        assertThat(applyOne(follower, record("a", 10)).status()).isEqualTo(Status.APPLIED);
        assertThat(applyOne(follower, record("a", Long.MAX_VALUE)).status()).isEqualTo(Status.APPLIED);
        assertThat(applyOne(follower, record("a", Long.MAX_VALUE - 1)).status()).isEqualTo(Status.SUPERSEDED);
    }

    @Test
    void concurrentAppliesInAnyOrderConvergeOnTheHighestVersion() throws Exception {
        int versions = 400;
        int threads = 16;
        long seed = System.nanoTime();
        List<Long> order = new ArrayList<>();
        for (long v = 1; v <= versions; v++) {
            order.add(v);
        }
        Collections.shuffle(order, new Random(seed));
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<?>> workers = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int first = t;
                workers.add(executor.submit(() -> {
                    start.await();
                    for (int i = first; i < versions; i += threads) {
                        long version = order.get(i);
                        ApplyResult result = applyOne(
                                follower, version % 7 == 0 ? tombstone("hot", version) : record("hot", version));
                        assertThat(result.onFollower()).isTrue();
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> worker : workers) {
                worker.get(60, TimeUnit.SECONDS);
            }
        } finally {
            executor.shutdownNow();
        }
        assertThat(table.item("hot")).as("seed " + seed).containsEntry("dw_version", AttributeValue.fromN("400"));
        assertThat(join(follower.read("hot"))).contains(Customer.of("hot", "name 400"));
    }

    @Test
    void attributesOfAnotherWriterGoWithTheNextApply() {
        Map<String, AttributeValue> extended = new HashMap<>();
        applyOne(follower, record("a", 1));
        extended.putAll(table.item("a"));
        extended.put("extra", AttributeValue.fromS("x"));
        table.put(extended);

        assertThat(join(follower.read("a"))).contains(Customer.of("a", "name 1"));
        applyOne(follower, record("a", 2));

        assertThat(table.item("a")).doesNotContainKey("extra");
    }
}
