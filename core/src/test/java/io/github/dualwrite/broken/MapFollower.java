package io.github.dualwrite.broken;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A follower on one map, good but for its flaws. */
public final class MapFollower implements Follower<String, Sample> {

    public enum Flaw {
        NO_GUARD,
        APPLIES_THE_SAME_VERSION_AGAIN,
        FORGETS_TOMBSTONES,
        READ_ALL_SHOWS_TOMBSTONES,
        RESULTS_SORTED_BY_KEY,
        GUARD_IS_NOT_ATOMIC,
        COMPARES_VERSIONS_AS_TEXT,
        MERGES_RECORDS,
        A_REJECTED_RECORD_FAILS_ITS_BATCH,
        CHECK_ALWAYS_PASSES
    }

    /** No record can be stored under this key. */
    static final String REJECTED_KEY = "rejected";

    private static final ApplyResult REJECTED = ApplyResult.permanentFailure("not under this key", null);

    private final Map<String, VersionedRecord<String, Sample>> stored = new HashMap<>();
    private final Map<String, Sample> lastSeen = new HashMap<>();
    private final Set<Flaw> flaws;
    private final @Nullable String unfitFor;

    public MapFollower(Set<Flaw> flaws) {
        this(flaws, null);
    }

    private MapFollower(Set<Flaw> flaws, @Nullable String unfitFor) {
        this.flaws = flaws.isEmpty() ? EnumSet.noneOf(Flaw.class) : EnumSet.copyOf(flaws);
        this.unfitFor = unfitFor;
    }

    /** One whose check has to refuse it. */
    static MapFollower unfit(Set<Flaw> flaws, String repository) {
        return new MapFollower(flaws, repository);
    }

    private boolean has(Flaw flaw) {
        return flaws.contains(flaw);
    }

    @Override
    public String description() {
        return "follower on a map " + flaws;
    }

    @Override
    public CompletableFuture<Void> check() {
        return unfitFor == null || has(Flaw.CHECK_ALWAYS_PASSES)
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(new ConfigurationException(
                        new DualWriteException.Context(unfitFor, Operation.OPEN, description(), List.of()),
                        "there is no map; make one",
                        null));
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
        List<VersionedRecord<String, Sample>> order = new ArrayList<>(records);
        if (has(Flaw.RESULTS_SORTED_BY_KEY)) {
            order.sort((a, b) -> a.key().compareTo(b.key()));
        }
        if (has(Flaw.A_REJECTED_RECORD_FAILS_ITS_BATCH) && records.stream().anyMatch(MapFollower::rejected)) {
            return CompletableFuture.completedFuture(Collections.nCopies(records.size(), REJECTED));
        }
        List<ApplyResult> results = new ArrayList<>();
        for (VersionedRecord<String, Sample> r : order) {
            results.add(has(Flaw.GUARD_IS_NOT_ATOMIC) ? applyInTwoSteps(r) : apply(r));
        }
        return CompletableFuture.completedFuture(results);
    }

    private static boolean rejected(VersionedRecord<String, Sample> r) {
        return r.value() != null && r.key().equals(REJECTED_KEY);
    }

    private synchronized ApplyResult apply(VersionedRecord<String, Sample> r) {
        if (rejected(r)) {
            return REJECTED;
        }
        return lower(r) ? put(r) : ApplyResult.superseded();
    }

    /** Between its two steps it waits a moment for another apply to come in between: the worst case, not a rare one. */
    private ApplyResult applyInTwoSteps(VersionedRecord<String, Sample> r) {
        if (!lowerNow(r)) {
            return ApplyResult.superseded();
        }
        long end = System.nanoTime() + 3_000_000;
        while (lowerNow(r) && System.nanoTime() < end) {
            LockSupport.parkNanos(100_000);
        }
        return put(r);
    }

    private synchronized boolean lowerNow(VersionedRecord<String, Sample> r) {
        return lower(r);
    }

    private boolean lower(VersionedRecord<String, Sample> r) {
        VersionedRecord<String, Sample> there = stored.get(r.key());
        if (there == null || has(Flaw.NO_GUARD)) {
            return true;
        }
        if (has(Flaw.COMPARES_VERSIONS_AS_TEXT)) {
            return String.valueOf(there.version()).compareTo(String.valueOf(r.version())) < 0;
        }
        return has(Flaw.APPLIES_THE_SAME_VERSION_AGAIN)
                ? there.version() <= r.version()
                : there.version() < r.version();
    }

    private synchronized ApplyResult put(VersionedRecord<String, Sample> r) {
        Sample value = r.value();
        VersionedRecord<String, Sample> before = stored.get(r.key());
        if (value != null && before != null && before.value() != null && has(Flaw.MERGES_RECORDS)) {
            String text = value.text() == null ? before.value().text() : value.text();
            stored.put(r.key(), new VersionedRecord<>(r.key(), r.version(), new Sample(r.key(), text, value.number())));
        } else if (value == null && has(Flaw.FORGETS_TOMBSTONES)) {
            stored.remove(r.key());
        } else {
            stored.put(r.key(), r);
        }
        if (value != null) {
            lastSeen.put(r.key(), value);
        }
        return ApplyResult.applied();
    }

    @Override
    public synchronized CompletableFuture<Optional<Sample>> read(String key) {
        return CompletableFuture.completedFuture(
                Optional.ofNullable(stored.get(key)).map(VersionedRecord::value));
    }

    @Override
    public synchronized CompletableFuture<Map<String, Sample>> readAll(Collection<? extends String> keys) {
        Map<String, Sample> found = new HashMap<>();
        for (String key : keys) {
            VersionedRecord<String, Sample> r = stored.get(key);
            Sample value = r == null ? null : r.value();
            if (value != null) {
                found.put(key, value);
            } else if (r != null && has(Flaw.READ_ALL_SHOWS_TOMBSTONES)) {
                found.put(key, lastSeen.getOrDefault(key, new Sample(key, null, 0)));
            }
        }
        return CompletableFuture.completedFuture(found);
    }
}
