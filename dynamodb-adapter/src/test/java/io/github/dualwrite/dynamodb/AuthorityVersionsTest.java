package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Versions grow because the items say so, whatever the clocks say. */
@Tag("DW-2")
class AuthorityVersionsTest {

    private final AuthorityRig rig = new AuthorityRig();
    private final Authority<String, Customer> authority = rig.open();

    private Authority<String, Customer> withClock(Instant time) {
        return AuthorityRig.open(rig.store(DynamoDbServer.shared().client()).clock(Clock.fixed(time, ZoneOffset.UTC)));
    }

    private void put(String id, String version) {
        rig.table.put(Map.of(
                "id", AttributeValue.fromS(id),
                "name", AttributeValue.fromS("raw"),
                "tags", AttributeValue.fromL(List.of()),
                "dw_version", AttributeValue.fromN(version)));
    }

    @Test // TRAPS 30
    void theySurviveAClockThatIsADayBehind() {
        Authority<String, Customer> behind = withClock(Instant.now().minus(Duration.ofDays(1)));
        List<Long> versions = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            versions.add(authority.save(Customer.of("a", "now")).version());
            versions.add(behind.save(Customer.of("a", "yesterday")).version());
            versions.add(behind.delete("a").orElseThrow().version());
            behind.markPending(List.of("a"));
            versions.add(behind.snapshot(List.of("a")).get(0).version());
            versions.add(behind.create(Customer.of("a", "again")).version());
        }
        assertThat(versions).isSorted().doesNotHaveDuplicates();
    }

    @Test
    @Tag("DW-6")
    void whatIsPendingSinceATimeToComeIsPendingSinceNow() {
        withClock(Instant.now().plus(Duration.ofHours(1))).save(Customer.of("a", "Ada"));

        assertThat(authority.queue().statistics().oldest().orElseThrow()).isBeforeOrEqualTo(Instant.now());
    }

    @Test
    @Tag("DW-8")
    void aStoreThatTakesOverStartsAboveEveryVersionThatItHasApplied() {
        long ahead = Instant.now().plus(Duration.ofDays(400)).toEpochMilli() * 1000;
        TestTable.applyOne(
                rig.table.follower(), new VersionedRecord<>("a", ahead, Customer.of("a", "from the former authority")));
        TestTable.applyOne(rig.table.follower(), new VersionedRecord<>("gone", ahead, null));

        assertThat(authority.update(Customer.of("a", "mine")).version()).isEqualTo(ahead + 1);
        assertThat(authority.create(Customer.of("gone", "mine")).version()).isEqualTo(ahead + 1);
    }

    @Test
    void aRecordFromBeforeDualWritesGetsAVersionWithItsFirstWrite() {
        rig.table.put(Map.of(
                "id", AttributeValue.fromS("a"),
                "name", AttributeValue.fromS("raw"),
                "tags", AttributeValue.fromL(List.of())));

        assertThat(authority.read("a")).isPresent();
        VersionedRecord<String, Customer> updated = authority.update(Customer.of("a", "mine"));

        assertThat(authority.snapshot(List.of("a"))).containsExactly(updated);
    }

    @Test
    void anEntryWhoseTombstoneHasExpiredStillKeepsVersionsGrowing() {
        authority.save(Customer.of("a", "Ada"));
        VersionedRecord<String, Customer> deleted = authority.delete("a").orElseThrow();
        rig.remove("a");
        assertThat(authority.snapshot(List.of("a"))).containsExactly(deleted);

        VersionedRecord<String, Customer> again =
                withClock(Instant.now().minus(Duration.ofDays(1))).create(Customer.of("a", "again"));

        assertThat(again.version()).isGreaterThan(deleted.version());
        assertThat(authority.snapshot(List.of("a"))).containsExactly(again);
    }

    @Test
    void markingAKeyThatWasNeverThereLeavesATombstoneThatRemembersTheVersion() {
        authority.markPending(List.of("a"));
        VersionedRecord<String, Customer> marked =
                authority.snapshot(List.of("a")).get(0);
        authority.queue().confirm(List.of(new KeyVersion<>("a", marked.version())));

        assertThat(marked.tombstone()).isTrue();
        assertThat(rig.table.item("a")).containsKey("dw_deleted");
        assertThat(withClock(Instant.EPOCH.plusSeconds(1))
                        .create(Customer.of("a", "Ada"))
                        .version())
                .isEqualTo(marked.version() + 1);
    }

    @Test
    void aVersionThatIsNoNumberIsRefusedWithTheAttributeNamed() {
        rig.table.put(Map.of("id", AttributeValue.fromS("a"), "dw_version", AttributeValue.fromS("seven")));

        assertThatThrownBy(() -> authority.save(Customer.of("a", "Ada")))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("dw_version")
                .hasMessageContaining("of key a");

        put("b", Long.toString(Long.MAX_VALUE));
        assertThatThrownBy(() -> authority.save(Customer.of("b", "Bob"))).isInstanceOf(PermanentStoreException.class);
    }

    @Test
    void aBatchMixesKeysThatAreAheadAndKeysThatAreNot() {
        long ahead = Instant.now().plus(Duration.ofDays(1)).toEpochMilli() * 1000;
        put("ahead", Long.toString(ahead));

        List<VersionedRecord<String, Customer>> saved =
                authority.saveAll(List.of(Customer.of("ahead", "x"), Customer.of("b", "y")));

        assertThat(authority.snapshot(List.of("ahead", "b"))).containsExactlyInAnyOrderElementsOf(saved);
        assertThat(saved)
                .filteredOn(r -> r.key().equals("ahead"))
                .extracting(VersionedRecord::version)
                .containsExactly(ahead + 1);
    }

    @Test
    @Tag("DW-1")
    void aBatchThatNoTransactionHoldsIsRefusedAndNothingIsWritten() {
        List<Customer> batch =
                IntStream.range(0, 51).mapToObj(i -> Customer.of("k" + i, "x")).toList();

        assertThatThrownBy(() -> authority.saveAll(batch))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("50 records")
                .hasMessageContaining("split");
        assertThatThrownBy(() ->
                        authority.deleteAll(batch.stream().map(Customer::id).toList()))
                .isInstanceOf(PermanentStoreException.class);

        assertThat(authority.queue().statistics().depth()).isZero();
    }

    @Test
    void anyNumberOfKeysCanBeMarked() {
        List<String> keys = IntStream.range(0, 120).mapToObj(i -> "k" + i).toList();

        authority.markPending(keys);

        assertThat(authority.queue().pendingAmong(keys)).hasSize(120);
        assertThat(authority.snapshot(keys)).hasSize(120).allMatch(VersionedRecord::tombstone);
    }
}
