package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Parked writes are kept, visible, never due, retryable, and end with the next write of their key. */
@Tag("DW-6")
abstract class ParkingRules extends AuthorityRules {

    private static final String REASON = "item is too large: split the record";

    @Test
    void isKeptAndVisibleAndNeverDue() {
        VersionedRecord<String, Sample> saved = parked(Sample.of("a", 1), REASON);

        assertThat(claim(10)).isEmpty();
        assertThat(queue.pendingAmong(List.of("a"))).containsExactly("a");
        assertThat(queue.statistics().parked()).isEqualTo(1);
        assertThat(queue.statistics().depth()).isZero();
        assertThat(queue.parked(0, 10)).singleElement().satisfies(parked -> {
            assertThat(parked.key()).isEqualTo("a");
            assertThat(parked.version()).isEqualTo(saved.version());
            assertThat(parked.reason()).isEqualTo(REASON);
            assertThat(parked.parkedAt()).isAfterOrEqualTo(parked.pendingSince());
        });
        assertThat(queue.findParked("a")).isEqualTo(queue.parked(0, 10).stream().findFirst());
        assertThat(queue.findParked("missing")).isEmpty();
    }

    @Test
    void remembersHowOftenItWasTried() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        Lease first = Lease.of(LONG);
        queue.claim(first, 10);
        queue.pushBack(first, List.of(new PushBack<>("a", saved.version(), Duration.ofMillis(1), "later")));
        Lease second = Lease.of(LONG);
        claimEventually(second);

        assertThat(queue.park(second, List.of(new Parking<>("a", saved.version(), REASON))))
                .containsExactly("a");

        assertThat(queue.findParked("a").orElseThrow().attempts()).isPositive();
    }

    @Test
    void aPendingWriteThatIsNotParkedIsNotFoundAmongTheParked() {
        authority.save(Sample.of("a", 1));

        assertThat(queue.parked(0, 10)).isEmpty();
        assertThat(queue.findParked("a")).isEmpty();
        assertThat(queue.retryParked("a")).isFalse();
        assertThat(queue.retryAllParked()).isZero();
        assertThat(queue.discardParked("a")).isEmpty();
        assertThat(queue.pendingAmong(List.of("a"))).containsExactly("a");
    }

    @Test
    void isNotParkedUnderAStaleLease() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        queue.claim(Lease.of(LONG), 10);

        assertThat(queue.park(Lease.of(LONG), List.of(new Parking<>("a", saved.version(), REASON))))
                .isEmpty();

        assertThat(queue.findParked("a")).isEmpty();
        assertThat(queue.statistics().depth()).isEqualTo(1);
    }

    @Test
    void isNotParkedAtAStaleVersion() {
        VersionedRecord<String, Sample> old = authority.save(Sample.of("a", 1));
        Lease lease = Lease.of(LONG);
        queue.claim(lease, 10);
        VersionedRecord<String, Sample> newer = authority.save(Sample.of("a", 2));

        assertThat(queue.park(lease, List.of(new Parking<>("a", old.version(), REASON))))
                .isEmpty();

        assertThat(queue.findParked("a")).isEmpty();
        assertThat(pending("a")).contains(newer);
    }

    @Test
    void othersOfTheSameCallAreParkedAllTheSame() {
        VersionedRecord<String, Sample> stale = authority.save(Sample.of("stale", 1));
        VersionedRecord<String, Sample> good = authority.save(Sample.of("good", 1));
        Lease lease = Lease.of(LONG);
        queue.claim(lease, 10);

        assertThat(queue.park(
                        lease,
                        List.of(
                                new Parking<>("stale", stale.version() - 1, REASON),
                                new Parking<>("missing", 1, REASON),
                                new Parking<>("good", good.version(), REASON))))
                .containsExactly("good");
        assertThat(queue.parked(0, 10)).extracting(ParkedWrite::key).containsExactly("good");
    }

    @Test
    void areListedTheLongestParkedFirstPageByPage() {
        for (String key : List.of("c", "a", "b")) {
            parked(Sample.of(key, 1), REASON);
            passTime(Duration.ofMillis(5));
        }

        assertThat(queue.parked(0, 10)).extracting(ParkedWrite::key).containsExactly("c", "a", "b");
        assertThat(queue.parked(0, 1)).extracting(ParkedWrite::key).containsExactly("c");
        assertThat(queue.parked(1, 2)).extracting(ParkedWrite::key).containsExactly("a", "b");
        assertThat(queue.parked(3, 2)).isEmpty();
    }

    @Test
    void retryMakesItDueAtOnce() {
        VersionedRecord<String, Sample> saved = parked(Sample.of("a", 1), REASON);
        parked(Sample.of("b", 1), REASON);

        assertThat(queue.retryParked("a")).isTrue();
        assertThat(queue.retryParked("missing")).isFalse();

        assertThat(queue.findParked("a")).isEmpty();
        assertThat(pending("a")).contains(saved);
        assertThat(claim(10)).singleElement().satisfies(write -> {
            assertThat(write.key()).isEqualTo("a");
            assertThat(write.version()).isEqualTo(saved.version());
        });
        assertThat(queue.retryParked("a")).as("a second retry").isFalse();
    }

    @Test
    void retryAllMakesAllDueAtOnce() {
        parked(Sample.of("a", 1), REASON);
        parked(Sample.of("b", 1), REASON);

        assertThat(queue.retryAllParked()).isEqualTo(2);

        assertThat(queue.parked(0, 10)).isEmpty();
        assertThat(keys(claim(10))).containsExactlyInAnyOrder("a", "b");
        assertThat(queue.retryAllParked()).isZero();
    }

    @Test
    void discardEndsItUntilTheNextWrite() {
        VersionedRecord<String, Sample> saved = parked(Sample.of("a", 1), REASON);

        assertThat(queue.discardParked("a").orElseThrow().version()).isEqualTo(saved.version());

        assertThat(queue.discardParked("a")).isEmpty();
        assertNothingPending();
        assertThat(authority.read("a")).contains(Sample.of("a", 1));

        VersionedRecord<String, Sample> next = authority.save(Sample.of("a", 2));
        assertThat(next.version()).isGreaterThan(saved.version());
        assertThat(pending("a")).contains(next);
    }

    @Test
    void aNewWriteUnparksTheKey() {
        VersionedRecord<String, Sample> saved = parked(Sample.of("a", 1), REASON);

        VersionedRecord<String, Sample> next = authority.save(Sample.of("a", 2));

        assertUnparked(saved, next);
    }

    @Test
    void aDeleteUnparksTheKey() {
        VersionedRecord<String, Sample> saved = parked(Sample.of("a", 1), REASON);

        VersionedRecord<String, Sample> next = authority.delete("a").orElseThrow();

        assertUnparked(saved, next);
    }

    @Test
    void aBatchUnparksItsKeys() {
        VersionedRecord<String, Sample> saved = parked(Sample.of("a", 1), REASON);

        VersionedRecord<String, Sample> next =
                authority.saveAll(List.of(Sample.of("a", 2))).get(0);

        assertUnparked(saved, next);
    }

    @Test
    void markPendingUnparksTheKey() {
        VersionedRecord<String, Sample> saved = parked(Sample.of("a", 1), REASON);

        authority.markPending(List.of("a"));

        assertUnparked(saved, pending("a").orElseThrow());
    }

    private void assertUnparked(VersionedRecord<String, Sample> before, VersionedRecord<String, Sample> next) {
        assertThat(next.version()).isGreaterThan(before.version());
        assertThat(queue.findParked("a")).isEmpty();
        assertThat(queue.parked(0, 10)).isEmpty();
        assertThat(queue.statistics().parked()).isZero();
        List<PendingWrite<String>> claimed = claim(10);
        assertThat(claimed).singleElement().satisfies(write -> {
            assertThat(write.version()).isEqualTo(next.version());
            assertThat(write.attempts()).isZero();
        });
    }
}
