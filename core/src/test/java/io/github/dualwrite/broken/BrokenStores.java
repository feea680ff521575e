package io.github.dualwrite.broken;

import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.AppliedVersion;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.AppliedVersionsContract;
import io.github.dualwrite.testkit.AuthorityContract;
import io.github.dualwrite.testkit.FollowerContract;
import io.github.dualwrite.testkit.HeldWrite;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The contract on stores with one flaw each. Not found by the test run; {@link ContractKitTest} runs them. */
final class BrokenStores {

    private BrokenStores() {}

    abstract static class OnAuthority extends AuthorityContract {

        abstract Authority<String, Sample> flawed(Authority<String, Sample> good);

        @Override
        protected AuthorityStore<String, Sample> store() {
            InMemoryStore<String, Sample> good = InMemoryStore.keyedBy(sample -> {
                if (sample.id().equals("refused")) {
                    throw new IllegalArgumentException("refused");
                }
                return sample.id();
            });
            return context -> flawed(good.openAuthority(context));
        }

        @Override
        protected Optional<HeldWrite> holdWrite(Authority<String, Sample> authority, Sample value) {
            return authority instanceof RowLockingAuthority locking
                    ? Optional.of(locking.hold(value))
                    : Optional.empty();
        }

        @Override
        protected Optional<Sample> refusedSample() {
            return Optional.of(Sample.of("refused", 1));
        }

        @Override
        protected Duration patience() {
            return Duration.ofSeconds(2);
        }
    }

    static class GoodAuthority extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return new ForwardingAuthority(good);
        }
    }

    static class GoodAuthorityWithRowLocks extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return new RowLockingAuthority(good, false);
        }
    }

    static class VersionDrawnBeforeTheLock extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return new RowLockingAuthority(good, true);
        }
    }

    static class ConfirmWithoutComparison extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.confirmWithoutComparison(good);
        }
    }

    static class ClaimWithoutLease extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.claimWithoutLease(good);
        }
    }

    static class VersionsStartAgainAfterDelete extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.versionsStartAgainAfterDelete(good);
        }
    }

    static class SnapshotReadsStateBeforeVersion extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.snapshotReadsStateBeforeVersion(good);
        }
    }

    static class DeleteIsNotEnqueued extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.deleteIsNotEnqueued(good);
        }
    }

    static class EveryWriteIsAnEntryOfItsOwn extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.everyWriteIsAnEntryOfItsOwn(good);
        }
    }

    static class ANewWriteStaysParked extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.aNewWriteStaysParked(good);
        }
    }

    static class RefusedCreateIsEnqueued extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.refusedCreateIsEnqueued(good);
        }
    }

    static class SaveAllKeepsTheFirstDuplicate extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.saveAllKeepsTheFirstDuplicate(good);
        }
    }

    static class SaveAllWritesOneByOne extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.saveAllWritesOneByOne(good);
        }
    }

    static class ParkWithoutComparison extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.parkWithoutComparison(good);
        }
    }

    static class PendingKeysForgetsWhatIsParked extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.pendingKeysForgetsWhatIsParked(good);
        }
    }

    static class PendingKeysGivesUpWhereItMustNot extends OnAuthority {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.pendingKeysGivesUpWhereItMustNot(good);
        }
    }

    /** Computes versions from what it has read, without a lock (TRAPS 1). */
    static class DrawsVersionsWithoutALock extends OnAuthority {
        private final AtomicLong last = new AtomicLong();
        private final Map<Long, Long> drawn = new ConcurrentHashMap<>();

        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.renumbered(good, version -> drawn.getOrDefault(version, version), written -> {
                long next = last.get() + 1;
                LockSupport.parkNanos(50_000); // the network between two statements
                last.set(next);
                drawn.put(written, next);
                return next;
            });
        }
    }

    /** Can be told to refuse pending writes. */
    abstract static class RefusingPendingWrites extends OnAuthority {
        final AtomicBoolean refused = new AtomicBoolean();

        @Override
        protected Optional<AutoCloseable> refusePendingWrites() {
            refused.set(true);
            return Optional.of(() -> refused.set(false));
        }
    }

    static class GoodAuthorityThatCanRefusePendingWrites extends RefusingPendingWrites {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.refusing(good, refused::get);
        }
    }

    static class CommitsRecordAndPendingWriteInTwoUnits extends RefusingPendingWrites {
        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.recordAndPendingWriteInTwoUnits(good, refused::get);
        }
    }

    /** A follower that knows its applied versions, but for a flaw. */
    abstract static class OnAppliedVersions extends AppliedVersionsContract {
        private final InMemoryStore<String, Sample> data = InMemoryStore.keyedBy(Sample::id);
        private final Authority<String, Sample> byHand = data.openAuthority(new StoreContext("by hand", Duration.ZERO));

        abstract AppliedVersion told(AppliedVersion noted, boolean there);

        @Override
        protected FollowerStore<String, Sample> store() {
            return context -> new ForwardingFollower(data.openFollower(context)) {
                @Override
                public Optional<AppliedVersions<String>> appliedVersions() {
                    return inner.appliedVersions()
                            .map(good -> keys -> good.of(keys).thenApply(noted -> {
                                Map<String, AppliedVersion> told = new HashMap<>();
                                noted.forEach((key, version) -> told.put(
                                        key, told(version, data.records().containsKey(key))));
                                return told;
                            }));
                }
            };
        }

        @Override
        protected void storeByHand(Sample record) {
            byHand.save(record);
        }

        @Override
        protected boolean removeByHand(String key) {
            return byHand.delete(key).isPresent();
        }
    }

    static class LosesTheKindOfATombstone extends OnAppliedVersions {
        @Override
        AppliedVersion told(AppliedVersion noted, boolean there) {
            return new AppliedVersion(noted.version(), false);
        }
    }

    static class TellsTombstonesFromWhatIsThere extends OnAppliedVersions {
        @Override
        AppliedVersion told(AppliedVersion noted, boolean there) {
            return new AppliedVersion(noted.version(), !there);
        }
    }

    abstract static class OnFollower extends FollowerContract {

        private final Set<MapFollower.Flaw> flaws;

        OnFollower(MapFollower.Flaw... flaws) {
            this.flaws = Set.copyOf(Arrays.asList(flaws));
        }

        @Override
        protected FollowerStore<String, Sample> store() {
            MapFollower data = new MapFollower(flaws);
            return context -> data;
        }

        @Override
        protected Optional<Sample> rejectedSample() {
            return Optional.of(Sample.of(MapFollower.REJECTED_KEY, 1));
        }

        @Override
        protected Optional<FollowerStore<String, Sample>> unfitStore() {
            return Optional.of(context -> MapFollower.unfit(flaws, context.repository()));
        }
    }

    static class GoodFollower extends OnFollower {}

    static class NoGuard extends OnFollower {
        NoGuard() {
            super(MapFollower.Flaw.NO_GUARD);
        }
    }

    static class AppliesTheSameVersionAgain extends OnFollower {
        AppliesTheSameVersionAgain() {
            super(MapFollower.Flaw.APPLIES_THE_SAME_VERSION_AGAIN);
        }
    }

    static class ForgetsTombstones extends OnFollower {
        ForgetsTombstones() {
            super(MapFollower.Flaw.FORGETS_TOMBSTONES);
        }
    }

    static class ReadAllShowsTombstones extends OnFollower {
        ReadAllShowsTombstones() {
            super(MapFollower.Flaw.READ_ALL_SHOWS_TOMBSTONES);
        }
    }

    static class ResultsSortedByKey extends OnFollower {
        ResultsSortedByKey() {
            super(MapFollower.Flaw.RESULTS_SORTED_BY_KEY);
        }
    }

    static class GuardIsNotAtomic extends OnFollower {
        GuardIsNotAtomic() {
            super(MapFollower.Flaw.GUARD_IS_NOT_ATOMIC);
        }
    }

    static class ComparesVersionsAsText extends OnFollower {
        ComparesVersionsAsText() {
            super(MapFollower.Flaw.COMPARES_VERSIONS_AS_TEXT);
        }
    }

    static class ARejectedRecordFailsItsBatch extends OnFollower {
        ARejectedRecordFailsItsBatch() {
            super(MapFollower.Flaw.A_REJECTED_RECORD_FAILS_ITS_BATCH);
        }
    }

    static class CheckAlwaysPasses extends OnFollower {
        CheckAlwaysPasses() {
            super(MapFollower.Flaw.CHECK_ALWAYS_PASSES);
        }
    }

    /** Nothing is wrong with it, but there is little that it has. */
    static class DeclaresAbsent extends OnFollower {
        @Override
        protected Optional<Sample> rejectedSample() {
            return Optional.empty();
        }

        @Override
        protected Optional<FollowerStore<String, Sample>> unfitStore() {
            return Optional.empty();
        }
    }

    static class MergesRecords extends OnFollower {
        MergesRecords() {
            super(MapFollower.Flaw.MERGES_RECORDS);
        }
    }
}
