package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a claim takes, and from whom it hides it. */
@Tag("DW-7")
abstract class ClaimRules extends AuthorityRules {

    @Test
    void takesNoMoreThanTheLimit() { // TRAPS 4
        authority.saveAll(samples(50));

        Set<String> claimed = new HashSet<>();
        for (int round = 0; round < 10; round++) {
            List<PendingWrite<String>> five = claim(5);
            assertThat(five).hasSize(5);
            claimed.addAll(keys(five));
        }
        assertThat(claimed).hasSize(50);
        assertThat(claim(5)).isEmpty();
    }

    @Test
    void tellsVersionAttemptsAndAge() {
        Instant before = Instant.now().minusSeconds(60);
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));

        assertThat(claim(10)).singleElement().satisfies(write -> {
            assertThat(write.key()).isEqualTo("a");
            assertThat(write.version()).isEqualTo(saved.version());
            assertThat(write.attempts()).isZero();
            assertThat(write.pendingSince()).isBetween(before, Instant.now().plusSeconds(60));
        });
    }

    @Test
    void aKeyIsPendingSinceItsFirstUnconfirmedWrite() {
        authority.save(Sample.of("a", 1));
        Instant since = queue.statistics().oldest().orElseThrow();
        passTime(Duration.ofMillis(20));

        authority.save(Sample.of("a", 2));

        assertThat(claim(10))
                .singleElement()
                .extracting(PendingWrite::pendingSince)
                .isEqualTo(since);
    }

    @Test
    void hidesItsWritesUntilTheLeaseEnds() {
        authority.save(Sample.of("a", 1));
        long start = System.nanoTime();
        assertThat(queue.claim(Lease.of(SHORT), 10)).hasSize(1);

        List<PendingWrite<String>> again = claimEventually(Lease.of(LONG));

        assertThat(keys(again)).containsExactly("a");
        assertThat(again.get(0).attempts()).as("a crash is not an attempt").isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("hidden for the lease, give or take the clocks' resolution")
                .isGreaterThan(SHORT.dividedBy(2));
    }

    @Test
    void hidesItsWritesFromOtherOpeningsOfTheStore() {
        authority.save(Sample.of("a", 1));
        assertThat(queue.claim(Lease.of(LONG), 10)).hasSize(1);

        assertThat(open("kit", Duration.ZERO).queue().claim(Lease.of(LONG), 10)).isEmpty();
    }

    @Test
    void takesTheLongestDueFirst() {
        authority.saveAll(List.of(Sample.of("third", 1), Sample.of("second", 1), Sample.of("first", 1)));
        Lease lease = Lease.of(LONG);
        List<PushBack<String>> pushBacks = new ArrayList<>();
        for (PendingWrite<String> write : queue.claim(lease, 10)) {
            int delay = List.of("first", "second", "third").indexOf(write.key()) * 40 + 1;
            pushBacks.add(new PushBack<>(write.key(), write.version(), Duration.ofMillis(delay), "try later"));
        }
        queue.pushBack(lease, pushBacks);
        passTime(Duration.ofMillis(150));

        assertThat(keys(claim(1))).containsExactly("first");
        assertThat(keys(claim(1))).containsExactly("second");
        assertThat(keys(claim(1))).containsExactly("third");
    }

    @Test
    void leavesFreshWritesAloneDuringTheirGracePeriod() {
        Authority<String, Sample> patient = open("kit", LONG);
        VersionedRecord<String, Sample> saved = patient.save(Sample.of("a", 1));
        patient.saveAll(List.of(Sample.of("b", 1)));
        patient.markPending(List.of("c"));

        assertThat(queue.claim(Lease.of(LONG), 10)).isEmpty();
        assertThat(queue.pendingAmong(List.of("a", "b", "c"))).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(pending("a")).contains(saved);
        assertThat(queue.statistics().depth()).isEqualTo(3);
    }

    @Test
    void takesWritesWhoseGracePeriodIsOver() {
        Authority<String, Sample> quick = open("kit", SHORT);
        quick.save(Sample.of("a", 1));

        assertThat(keys(claimEventually(Lease.of(LONG)))).containsExactly("a");
    }

    @Test
    void noTwoOfFourClaimersGetTheSameWrite() throws Exception {
        int size = 200;
        List<Sample> samples = samples(size);
        for (int from = 0; from < size; from += 20) {
            authority.saveAll(samples.subList(from, from + 20));
        }
        Queue<String> claimed = new ConcurrentLinkedQueue<>();
        AtomicInteger found = new AtomicInteger();

        Parallel.run(4, contract().patience().multipliedBy(6), worker -> {
            ReconciliationQueue<String> mine = open("kit", Duration.ZERO).queue();
            long end = System.nanoTime() + contract().patience().toNanos();
            while (found.get() < size && System.nanoTime() < end) {
                List<String> keys = keys(mine.claim(Lease.of(LONG), 7));
                claimed.addAll(keys);
                found.addAndGet(keys.size());
            }
        });

        assertThat(claimed).doesNotHaveDuplicates().hasSize(size);
    }
}
