package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Confirm, release and push back. */
@Tag("DW-1")
abstract class ClaimEndRules extends AuthorityRules {

    private static PushBack<String> pushBack(VersionedRecord<String, Sample> record, Duration delay) {
        return new PushBack<>(record.key(), record.version(), delay, "the follower throttles");
    }

    @Test
    void confirmDeletesThePendingWriteAndKeepsTheRecord() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));

        assertThat(queue.confirm(List.of(at(saved)))).containsExactly("a");

        assertThat(authority.read("a")).contains(Sample.of("a", 1));
        assertNothingPending();
        assertThat(queue.confirm(List.of(at(saved)))).as("a second confirm").isEmpty();
    }

    @Test // TRAPS 8
    void confirmOfAnOldVersionLeavesTheNewerWritePending() {
        VersionedRecord<String, Sample> old = authority.save(Sample.of("a", 1));
        VersionedRecord<String, Sample> newer = authority.save(Sample.of("a", 2));

        assertThat(queue.confirm(List.of(at(old)))).isEmpty();

        assertThat(pending("a")).contains(newer);
        assertThat(keys(claim(10))).containsExactly("a");
    }

    @Test
    void confirmTakesEachEntryForItself() {
        VersionedRecord<String, Sample> a = authority.save(Sample.of("a", 1));
        VersionedRecord<String, Sample> old = authority.save(Sample.of("b", 1));
        authority.save(Sample.of("b", 2));

        assertThat(queue.confirm(List.of(at(old), new KeyVersion<>("missing", 1), at(a))))
                .containsExactly("a");
        assertThat(queue.pendingAmong(List.of("a", "b"))).containsExactly("b");
    }

    @Test
    void confirmNeedsNoLease() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        assertThat(queue.claim(Lease.of(LONG), 10)).hasSize(1);

        assertThat(queue.confirm(List.of(at(saved)))).containsExactly("a");
        assertThat(queue.pendingAmong(List.of("a"))).isEmpty();
    }

    @Test // TRAPS 8
    void aWriteDuringTheLeaseSurvivesTheConfirmAndIsClaimedAgain() {
        VersionedRecord<String, Sample> first = authority.save(Sample.of("a", 1));
        Lease lease = Lease.of(LONG);
        queue.claim(lease, 10);
        VersionedRecord<String, Sample> second = authority.save(Sample.of("a", 2));

        assertThat(queue.confirm(List.of(at(first)))).isEmpty();
        queue.release(lease, List.of("a"));

        assertThat(claimEventually(Lease.of(LONG))).singleElement().satisfies(write -> {
            assertThat(write.version()).isEqualTo(second.version());
            assertThat(write.attempts()).isZero();
        });
    }

    @Test
    void releaseMakesTheWriteDueAtOnce() {
        authority.save(Sample.of("a", 1));
        Lease lease = Lease.of(LONG);
        queue.claim(lease, 10);

        queue.release(lease, List.of("a", "missing"));

        assertThat(claim(10)).singleElement().satisfies(write -> {
            assertThat(write.key()).isEqualTo("a");
            assertThat(write.attempts()).isZero();
        });
    }

    @Test
    void releaseUnderAnotherLeaseIsIgnored() {
        authority.save(Sample.of("a", 1));
        queue.claim(Lease.of(LONG), 10);

        queue.release(Lease.of(LONG), List.of("a"));

        assertThat(claim(10)).isEmpty();
    }

    @Test
    void pushBackHidesTheWriteForItsDelay() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        Lease lease = Lease.of(Duration.ofMillis(1));
        queue.claim(lease, 10);

        queue.pushBack(lease, List.of(pushBack(saved, LONG)));
        passTime(Duration.ofMillis(20));

        assertThat(claim(10)).isEmpty();
        assertThat(queue.pendingAmong(List.of("a"))).containsExactly("a");
    }

    @Test
    void pushBackMakesTheWriteDueAfterItsDelayWithOneMoreAttempt() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        Lease lease = Lease.of(LONG);
        queue.claim(lease, 10);

        queue.pushBack(lease, List.of(pushBack(saved, SHORT)));

        assertThat(claimEventually(Lease.of(LONG)))
                .singleElement()
                .extracting(PendingWrite::attempts)
                .isEqualTo(1);
    }

    @Test
    void attemptsGrowWithEachPushBackAndStartAgainWithANewWrite() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        for (int attempt = 0; attempt < 3; attempt++) {
            Lease lease = Lease.of(LONG);
            assertThat(claimEventually(lease).get(0).attempts()).isEqualTo(attempt);
            queue.pushBack(lease, List.of(pushBack(saved, Duration.ofMillis(1))));
        }

        authority.save(Sample.of("a", 2));

        assertThat(claimEventually(Lease.of(LONG)).get(0).attempts()).isZero();
    }

    @Test
    void pushBackUnderAStaleLeaseIsIgnored() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        Lease stale = Lease.of(Duration.ofMillis(1));
        queue.claim(stale, 10);
        Lease held = Lease.of(SHORT);
        assertThat(claimEventually(held)).hasSize(1);

        queue.pushBack(stale, List.of(pushBack(saved, LONG)));

        assertThat(claimEventually(Lease.of(LONG)))
                .singleElement()
                .extracting(PendingWrite::attempts)
                .isEqualTo(0);
    }

    @Test
    void pushBackOfAStaleVersionIsIgnored() {
        VersionedRecord<String, Sample> old = authority.save(Sample.of("a", 1));
        Lease lease = Lease.of(LONG);
        queue.claim(lease, 10);
        VersionedRecord<String, Sample> newer = authority.save(Sample.of("a", 2));

        queue.pushBack(lease, List.of(pushBack(old, LONG)));
        queue.release(lease, List.of("a"));

        assertThat(claimEventually(Lease.of(LONG))).singleElement().satisfies(write -> {
            assertThat(write.version()).isEqualTo(newer.version());
            assertThat(write.attempts()).isZero();
        });
    }

    @Test
    void pushBackOfAConfirmedWriteIsIgnored() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        Lease lease = Lease.of(LONG);
        queue.claim(lease, 10);
        queue.confirm(List.of(at(saved)));

        queue.pushBack(lease, List.of(pushBack(saved, Duration.ofMillis(1))));

        assertThat(queue.pendingAmong(List.of("a"))).isEmpty();
    }
}
