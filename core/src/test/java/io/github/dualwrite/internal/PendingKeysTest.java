package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Queues;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("DW-5")
class PendingKeysTest {

    private final Authority<String, Sample> authority =
            InMemoryStore.<String, Sample>keyedBy(Sample::id).openAuthority(new StoreContext("keys", Duration.ZERO));
    private final Recorder recorded = new Recorder();
    private final AtomicLong nanos = new AtomicLong();
    private final PendingKeys<String> keys = new PendingKeys<>(2, new Events("keys", List.of(recorded)), nanos::get);

    @Test
    void aMarkGoesWithItsVersionOrANewerOne() {
        keys.mark("a", 5);
        keys.settle("a", 4);
        assertThat(keys.mayBePending("a")).isTrue();
        keys.settle("a", 5);
        assertThat(keys.mayBePending("a")).isFalse();
        keys.mark("a", 6);
        keys.settle("a", 9);
        assertThat(keys.mayBePending("a")).isFalse();
    }

    @Test
    void anOlderMarkDoesNotReplaceANewerOne() {
        keys.mark("a", 5);
        keys.mark("a", 3);
        keys.settle("a", 4);
        assertThat(keys.mayBePending("a")).isTrue();
    }

    @Test
    void aMarkOfAnUnknownVersionGoesOnlyWithASweep() {
        keys.mark("a", PendingKeys.UNKNOWN_VERSION);
        keys.settle("a", Long.MAX_VALUE - 1);
        assertThat(keys.mayBePending("a")).isTrue();

        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("a")).isFalse();
    }

    @Test
    void aSweepKeepsWhatIsPendingAndDropsWhatIsNot() {
        long a = authority.save(Sample.of("a", 1)).version();
        long b = authority.save(Sample.of("b", 1)).version();
        keys.mark("a", a);
        keys.mark("b", b);
        authority.queue().confirm(List.of(new KeyVersion<>("b", b)));

        keys.sweep(authority.queue());

        assertThat(keys.mayBePending("a")).isTrue();
        assertThat(keys.mayBePending("b")).isFalse();
        assertThat(keys.size()).isEqualTo(1);
    }

    private void park(String key) {
        long version = authority.save(Sample.of(key, 1)).version();
        Lease lease = Lease.of(Duration.ofMinutes(1));
        authority.queue().claim(lease, 1);
        assertThat(authority.queue().park(lease, List.of(new Parking<>(key, version, "too large"))))
                .containsExactly(key);
    }

    /** Of an instance whose reads go to the follower. */
    private PendingKeys<String> withRoomFor(int capacity) {
        PendingKeys<String> some = new PendingKeys<>(capacity, new Events("keys", List.of(recorded)), nanos::get);
        assertThat(some.mayBePending("any")).isFalse();
        return some;
    }

    @Test
    void whatAnybodyHasParkedIsMarkedUntilItIsDealtWithButNeverTakesMoreThanHalfOfTheRoom() {
        PendingKeys<String> some = withRoomFor(4);
        List.of("a", "b", "c").forEach(this::park);

        some.sweep(authority.queue());
        assertThat(some.size()).isEqualTo(2);
        assertThat(some.mayBePending("never written")).isFalse();
        assertThat(recorded.of(DualWriteEvent.PendingKeysKnown.class)).isEmpty();

        authority.queue().discardParked("a");
        authority.queue().discardParked("b");
        nanos.addAndGet(Duration.ofSeconds(5).toNanos());
        some.sweep(authority.queue());
        assertThat(List.of("a", "b", "c")).filteredOn(some::mayBePending).containsExactly("c");
    }

    @Test
    void moreParkedKeysThanALookReadsAreMarkedByTheNextLookAndThenItRests() {
        PendingKeys<String> many = withRoomFor(100_000);
        IntStream.range(0, 1_500).forEach(i -> park("k" + i));

        many.sweep(authority.queue());
        assertThat(many.size()).isEqualTo(1_000);
        many.sweep(authority.queue());
        assertThat(many.size()).isEqualTo(1_500);

        park("new");
        many.sweep(authority.queue());
        many.sweep(authority.queue());
        assertThat(many.mayBePending("new")).isFalse();
        nanos.addAndGet(Duration.ofSeconds(5).toNanos());
        many.sweep(authority.queue());
        many.sweep(authority.queue());
        assertThat(many.mayBePending("new")).isTrue();
    }

    /** As while a deployment brings a new form of keys. */
    @ParameterizedTest
    @ValueSource(ints = {1, 1_000, 1_300})
    void parkedKeysThatCannotBeReadHereHideNoneBehindThem(int unreadable) {
        PendingKeys<String> many = withRoomFor(100_000);
        List<ParkedWrite<String>> parked = IntStream.range(0, 1_500)
                .mapToObj(i -> new ParkedWrite<>("k" + i, 1, Instant.EPOCH, Instant.EPOCH, 1, "too large"))
                .toList();
        ReconciliationQueue<String> queue = new Queues.Unused<>() {
            @Override
            public List<ParkedWrite<String>> parked(int offset, int limit) {
                return IntStream.range(Math.min(offset, 1_500), Math.min(offset + limit, 1_500))
                        .filter(i -> i >= unreadable)
                        .mapToObj(parked::get)
                        .toList();
            }

            @Override
            public Set<String> pendingAmong(Collection<String> keys) {
                return Set.copyOf(keys);
            }
        };

        many.sweep(queue);
        many.sweep(queue);

        assertThat(many.mayBePending("k1400")).isTrue();
        assertThat(many.mayBePending("k0")).isFalse();
    }

    @Test
    void parkedKeysAreNotLookedForWhileNoReadGoesToTheFollower() {
        PendingKeys<String> idle = new PendingKeys<>(10, new Events("keys", List.of()), nanos::get);
        park("a");

        idle.sweep(authority.queue());
        assertThat(idle.size()).isZero();

        assertThat(idle.mayBePending("any")).isFalse();
        idle.sweep(authority.queue());
        assertThat(idle.mayBePending("a")).isTrue();
    }

    @Test
    void aLookForParkedKeysThatFailsIsNotRepeatedAtOnce() {
        PendingKeys<String> some = withRoomFor(10);
        AtomicInteger looks = new AtomicInteger();
        ReconciliationQueue<String> failing = new Queues.Unused<>() {
            @Override
            public List<ParkedWrite<String>> parked(int offset, int limit) {
                looks.incrementAndGet();
                nanos.addAndGet(Duration.ofSeconds(2).toNanos());
                throw new IllegalStateException("no answer in time");
            }
        };

        assertThatThrownBy(() -> some.sweep(failing)).isInstanceOf(IllegalStateException.class);
        nanos.addAndGet(Duration.ofSeconds(17).toNanos());
        some.sweep(failing);
        assertThat(looks).hasValue(1);
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        assertThatThrownBy(() -> some.sweep(failing)).isInstanceOf(IllegalStateException.class);
        assertThat(looks).hasValue(2);
    }

    @Test
    void aParkedKeyIsNoLongerMarkedWhenTheFollowerHasTheVersionOrANewerOne() {
        keys.markParked("a", 5);
        keys.settle("a", 4);
        assertThat(keys.mayBePending("a")).isTrue();
        keys.settle("a", 5);
        assertThat(keys.mayBePending("a")).isFalse();
    }

    @Test
    void whenThereIsNoRoomEveryKeyMayBePendingUntilTheQueueIsSeenEmpty() {
        for (String key : List.of("a", "b", "c")) {
            keys.mark(key, authority.save(Sample.of(key, 1)).version());
        }
        assertThat(keys.size()).isEqualTo(2);
        assertThat(keys.mayBePending("c")).isTrue();
        assertThat(keys.mayBePending("never written")).isTrue();

        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("c")).isTrue();

        for (String key : List.of("a", "b", "c")) {
            authority
                    .snapshot(List.of(key))
                    .forEach(r -> authority.queue().confirm(List.of(new KeyVersion<>(key, r.version()))));
        }
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("c")).isFalse();
        assertThat(keys.mayBePending("never written")).isFalse();
    }

    @Test
    void aClockThatIsSetBackMakesNoWriteWithoutAMarkOlderThanThePendingOnes() {
        Instant written = Instant.parse("2026-03-01T12:00:00Z");
        AtomicLong millis = new AtomicLong(written.toEpochMilli());
        PendingKeys<String> some = new PendingKeys<>(2, null, new Events("keys", List.of()), nanos::get, millis::get);
        some.start(authority.queue());
        some.mark("a", 1);
        some.mark("b", 1);
        some.mark("pending since that time", 1);
        millis.addAndGet(-Duration.ofHours(1).toMillis());
        some.mark("c", 1);
        some.settle("a", 1);
        some.settle("b", 1);

        some.sweep(new LongQueue() {
            @Override
            public QueueStatistics statistics() {
                return new QueueStatistics(1_000_000, 0, written);
            }
        });

        assertThat(some.mayBePending("pending since that time")).isTrue();
    }

    /** A queue in a long outage: long, and slow to look through. */
    private class LongQueue extends Queues.Unused<String> {
        private int looks;
        private int mostParkedAskedFor;

        @Override
        public Set<String> pendingAmong(Collection<String> asked) {
            return Set.copyOf(asked);
        }

        @Override
        public Optional<Set<String>> pendingKeys(int limit) {
            looks++;
            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            return Optional.empty();
        }

        @Override
        public QueueStatistics statistics() {
            return new QueueStatistics(0, 1_000_000, null);
        }

        @Override
        public List<ParkedWrite<String>> parked(int offset, int limit) {
            mostParkedAskedFor = Math.max(mostParkedAskedFor, limit);
            return List.of(new ParkedWrite<>("parked", 1, Instant.EPOCH, Instant.EPOCH, 1, "too large"));
        }
    }

    @Test
    void aLongQueueIsLookedThroughForATenthOfTheTimeAndItsParkedOnesAreNotReadForNothing() {
        PendingKeys<String> many = new PendingKeys<>(10_000, new Events("keys", List.of()), nanos::get);
        IntStream.range(0, 10_001).forEach(i -> many.mark("k" + i, i + 1));
        IntStream.range(0, 10_001).forEach(i -> many.settle("k" + i, i + 1));
        assertThat(many.mayBePending("any")).isTrue();
        LongQueue queue = new LongQueue();

        for (int second = 0; second < 60; second++) {
            many.sweep(queue);
            nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        }

        assertThat(queue.looks).isEqualTo(4);
        assertThat(queue.mostParkedAskedFor).isLessThanOrEqualTo(1_000);
        assertThat(many.mayBePending("any")).isTrue();
    }

    @Test
    void moreTransactionsThanASweepLooksAfterAtOnceFillNoRoomWhileTheFollowerIsInStep() {
        PendingKeys<String> some = withRoomFor(4_000);
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 1_500; i++) {
                String key = round + "-" + i;
                some.markCommitted(key, some.markUncommitted(key, true));
            }
            some.sweep(authority.queue());
        }

        assertThat(some.mayBePending("never written")).isFalse();
        assertThat(recorded.of(DualWriteEvent.PendingKeysKnown.class)).isEmpty();
    }

    /** As the key of a delete that was refused in a transaction. */
    @Test
    void aMarkedKeyThatTheQueueCannotHoldKeepsNoOtherMark() {
        PendingKeys<String> some = withRoomFor(4);
        List.of("a", "no key", "b", "pending", "e").forEach(key -> some.mark(key, 1)); // one finds no room
        LongQueue queue = new LongQueue() {
            @Override
            public Set<String> pendingAmong(Collection<String> asked) {
                if (asked.contains("no key")) {
                    throw new PermanentStoreException(
                            new DualWriteException.Context("keys", Operation.QUEUE, "a store", List.copyOf(asked)),
                            "'no key' is no key",
                            null);
                }
                return asked.contains("pending") ? Set.of("pending") : Set.of();
            }

            @Override
            public Optional<Set<String>> pendingKeys(int limit) {
                return Optional.of(Set.of("pending"));
            }
        };

        some.sweep(queue);

        assertThat(List.of("a", "no key", "b", "pending", "never written"))
                .filteredOn(some::mayBePending)
                .containsExactly("pending");
    }

    /** Refuses to be asked for keys that it cannot hold, and takes its time. */
    private class RefusingQueue extends LongQueue {
        private final Predicate<String> cannotHold;
        private final Duration takes;
        private int asked;

        RefusingQueue(Predicate<String> cannotHold, Duration takes) {
            this.cannotHold = cannotHold;
            this.takes = takes;
        }

        @Override
        public Set<String> pendingAmong(Collection<String> keys) {
            asked++;
            nanos.addAndGet(takes.toNanos());
            if (keys.stream().anyMatch(cannotHold)) {
                throw new PermanentStoreException(
                        new DualWriteException.Context("keys", Operation.QUEUE, "a store", List.copyOf(keys)),
                        "no key",
                        null);
            }
            return Set.of();
        }
    }

    /** Others wait for the thread of a sweep. */
    @Test
    void keysThatTheQueueCannotHoldAreToldApartFromTheOthersInTheTimeOfASweepAndTheRestByTheNextOnes() {
        PendingKeys<String> some = withRoomFor(10_000);
        IntStream.range(0, 2_000).forEach(i -> some.mark("" + i, 1));
        RefusingQueue none = new RefusingQueue(key -> true, Duration.ofMillis(5));

        some.sweep(none);
        assertThat(none.asked).isLessThanOrEqualTo(50);
        int sweeps = 1;
        for (; sweeps < 200 && some.size() > 0; sweeps++) {
            some.sweep(none);
        }

        assertThat(some.size()).isZero();
        assertThat(none.asked).isLessThanOrEqualTo(50 * sweeps);
    }

    @Test
    void aKeyThatASlowQueueCannotHoldKeepsNoOtherMarkForEver() {
        PendingKeys<String> some = withRoomFor(10_000);
        IntStream.range(0, 1_000).forEach(i -> some.mark("" + i, 1));
        RefusingQueue slow = new RefusingQueue(key -> key.endsWith("00"), Duration.ofMillis(300));

        for (int i = 0; i < 200 && some.size() > 0; i++) {
            int before = slow.asked;
            some.sweep(slow);
            assertThat(slow.asked - before).isEqualTo(1);
        }

        assertThat(some.size()).isZero();
    }

    /** Tells of a part that it is pending, and takes its time. */
    private class BusyQueue extends LongQueue {
        private final int onePendingOf;
        private final Duration takes;
        private int asked;

        BusyQueue(int onePendingOf, Duration takes) {
            this.onePendingOf = onePendingOf;
            this.takes = takes;
        }

        @Override
        public Set<String> pendingAmong(Collection<String> keys) {
            asked++;
            nanos.addAndGet(takes.toNanos());
            return keys.stream()
                    .filter(key -> Integer.parseInt(key) % onePendingOf == 0)
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void aSweepLooksAfterFewWhileTheFollowerIsNotInStep() {
        PendingKeys<String> some = withRoomFor(100_000);
        IntStream.range(0, 50_000).forEach(i -> some.mark("" + i, 1));
        BusyQueue outage = new BusyQueue(1, Duration.ZERO);

        some.sweep(outage);

        assertThat(outage.asked).isEqualTo(1);
    }

    @Test
    void aSweepThatTakesMarksAwayGoesOnButNotForLong() {
        PendingKeys<String> some = withRoomFor(100_000);
        IntStream.range(0, 50_000).forEach(i -> some.mark("" + i, 1));
        BusyQueue quick = new BusyQueue(2, Duration.ofMillis(5));
        some.sweep(quick);
        assertThat(quick.asked).isEqualTo(10);
        assertThat(some.size()).isBetween(44_000, 46_000);

        BusyQueue slow = new BusyQueue(2, Duration.ofMillis(200));
        some.sweep(slow);
        assertThat(slow.asked).isEqualTo(2);
    }

    @Test
    void aMarkOfAnUnknownOutcomeStaysUntilTheServerCannotCommitItAnyMore() {
        keys.markUnknownOutcome("a");
        keys.mark("a", 5);
        keys.settle("a", 5);
        nanos.set(Duration.ofMinutes(4).toNanos());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("a")).isTrue();

        nanos.set(Duration.ofMinutes(6).toNanos());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("a")).isFalse();
    }

    @Test
    void aMarkOfAnUnknownOutcomeThatHasBecomeKnownIsLeftToTheSweepUnlessThereIsAnother() {
        PendingKeys.Uncommitted a = keys.markUncommitted("a", true);
        keys.markCommitted("a", a);
        keys.markUnknownOutcome("b");
        PendingKeys.Uncommitted b = keys.markUncommitted("b", true);
        keys.markCommitted("b", b);
        assertThat(List.of("a", "b")).allMatch(keys::mayBePending);

        keys.sweep(authority.queue());

        assertThat(List.of("a", "b")).filteredOn(keys::mayBePending).containsExactly("b");
    }

    @Test
    void aTransactionThatCommitsAfterFiveMinutesLeavesTheMarkOfAnotherWriteAlone() {
        PendingKeys.Uncommitted late = keys.markUncommitted("a", true);
        nanos.set(Duration.ofMinutes(6).toNanos());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("a")).isFalse();
        keys.markUnknownOutcome("a");

        keys.markCommitted("a", late);
        keys.sweep(authority.queue());

        assertThat(keys.mayBePending("a")).isTrue();
    }

    @Test
    void aTransactionThatFoundNoRoomAndIsCommittedKeepsNoReadsFromTheFollower() {
        keys.mark("a", 1);
        keys.mark("b", 1);
        PendingKeys.Uncommitted c = keys.markUncommitted("c", true);
        PendingKeys.Uncommitted d = keys.markUncommitted("d", true);
        keys.sweep(authority.queue()); // takes the marks of a and b

        keys.markCommitted("c", c);
        keys.sweep(authority.queue());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("never written")).as("d may be committed").isTrue();

        keys.markCommitted("d", d);
        keys.sweep(authority.queue());
        keys.sweep(authority.queue());
        assertThat(List.of("c", "d", "never written")).noneMatch(keys::mayBePending);
    }

    @Test
    void aTransactionThatFoundNoRoomAndIsCommittedEndsNoWaitForAnother() {
        keys.mark("a", 1);
        keys.mark("b", 1);
        PendingKeys.Uncommitted late = keys.markUncommitted("c", true);
        nanos.set(Duration.ofMinutes(6).toNanos());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("never written")).isFalse();
        keys.mark("a", 1);
        keys.mark("b", 1);
        keys.markUnknownOutcome("d");
        keys.sweep(authority.queue()); // takes the marks of a and b

        keys.markCommitted("c", late);
        keys.sweep(authority.queue());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("d")).isTrue();

        nanos.set(Duration.ofMinutes(12).toNanos());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("d")).isFalse();
    }

    @Test
    void transactionsOfWhoseCommitNobodyTellsLeaveRoomForOtherWritesAndSendNoOtherReadsToTheAuthority() {
        PendingKeys<String> some = withRoomFor(8);
        for (String key : List.of("a", "b", "c", "d", "e")) {
            PendingKeys.Uncommitted unused = some.markUncommitted(key, false);
        }
        assertThat(some.size()).isEqualTo(2);
        some.mark("x", 1);
        some.mark("y", 1);

        assertThat(List.of("a", "b", "c", "x", "y", "never written"))
                .filteredOn(some::mayBePending)
                .containsExactly("a", "b", "x", "y");
    }

    @Test
    void beforeManyTransactionsOfWhoseCommitNobodyTellsItIsKnownAgainWhatIsPending() {
        PendingKeys<String> some = withRoomFor(8);
        IntStream.range(0, 9).forEach(i -> some.mark("k" + i, 1)); // one finds no room
        IntStream.range(0, 8).forEach(i -> some.settle("k" + i, 1));
        for (String key : List.of("a", "b", "c", "d", "e")) {
            PendingKeys.Uncommitted unused = some.markUncommitted(key, false);
        }
        some.mark("x", authority.save(Sample.of("x", 1)).version());

        some.sweep(authority.queue());
        some.sweep(authority.queue());

        assertThat(List.of("a", "x", "never written"))
                .filteredOn(some::mayBePending)
                .containsExactly("a", "x");
    }

    @Test
    void aTransactionThatWritesAKeyAgainIsOfUnknownOutcomeForFiveMinutesMore() {
        PendingKeys.Uncommitted first = keys.markUncommitted("a", true);
        nanos.set(Duration.ofMinutes(4).toNanos());
        PendingKeys.Uncommitted again = keys.markAgain("a", first, true);
        nanos.set(Duration.ofMinutes(6).toNanos());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("a")).isTrue();

        keys.markCommitted("a", again);
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("a")).as("it counts as one write").isFalse();
    }

    @Test
    void aTransactionThatWritesAKeyAgainTakesNothingFromAnother() {
        PendingKeys.Uncommitted first = keys.markUncommitted("a", true);
        PendingKeys.Uncommitted other = keys.markUncommitted("a", true);
        PendingKeys.Uncommitted again = keys.markAgain("a", first, true);

        keys.markCommitted("a", again);
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("a")).isTrue();

        keys.markCommitted("a", other);
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("a")).isFalse();
    }

    @Test
    void aTransactionThatFoundNoRoomTwiceForOneKeyCountsOnce() {
        keys.mark("a", 1);
        keys.mark("b", 1);
        PendingKeys.Uncommitted c = keys.markUncommitted("c", true);
        nanos.set(Duration.ofMinutes(4).toNanos());
        c = keys.markAgain("c", c, true);
        nanos.set(Duration.ofMinutes(6).toNanos());
        keys.sweep(authority.queue()); // takes the marks of a and b
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("never written")).isTrue();

        keys.markCommitted("c", c);
        keys.sweep(authority.queue());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("never written")).isFalse();
    }

    /** A bridge that registers the action and throws all the same. */
    @Test
    void aCommitThatNobodyWasToTellOfTakesNothingFromOthers() {
        PendingKeys<String> some = withRoomFor(4);
        List.of("a", "b", "c", "d").forEach(key -> some.mark(key, 1));
        PendingKeys.Uncommitted untold = some.markUncommitted("e", false);
        some.markUnknownOutcome("f"); // no room
        some.markCommitted("e", untold);
        List.of("a", "b", "c", "d").forEach(key -> some.settle(key, 1));

        some.sweep(authority.queue());
        some.sweep(authority.queue());

        assertThat(some.mayBePending("f")).isTrue();
    }

    @Test
    void aSweepAsksForNoMarkThatItMustKeep() {
        PendingKeys<String> some = withRoomFor(10);
        List<String> askedFor = new ArrayList<>();
        some.markUnknownOutcome("kept");
        some.mark("a", 1);

        some.sweep(new LongQueue() {
            @Override
            public Set<String> pendingAmong(Collection<String> asked) {
                askedFor.addAll(asked);
                return Set.of();
            }
        });

        assertThat(askedFor).containsExactly("a");
        assertThat(some.mayBePending("kept")).isTrue();
    }

    @Test
    void aWriteOfUnknownOutcomeThatFindsNoRoomIsNotForgottenWhileTheServerMayCommitIt() {
        keys.mark("a", 1);
        keys.mark("b", 1);
        keys.markUnknownOutcome("c");
        keys.sweep(authority.queue()); // takes the marks of a and b
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("c")).isTrue();

        authority.save(Sample.of("c", 1)); // the server commits it after its connection broke
        nanos.set(Duration.ofMinutes(4).toNanos());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("c")).isTrue();

        nanos.set(Duration.ofMinutes(6).toNanos());
        keys.sweep(authority.queue());
        assertThat(keys.mayBePending("c")).as("it is pending, and marked now").isTrue();
        assertThat(keys.mayBePending("never written")).isFalse();
    }

    @Test
    void thatThereIsNoRoomIsToldOnceAndSoIsItsEnd() {
        for (String key : List.of("a", "b", "c", "d")) {
            keys.mark(key, 1);
        }
        keys.sweep(authority.queue());
        keys.sweep(authority.queue());

        assertThat(recorded.of(DualWriteEvent.PendingKeysKnown.class))
                .extracting(DualWriteEvent.PendingKeysKnown::known)
                .containsExactly(false, true);
    }
}
