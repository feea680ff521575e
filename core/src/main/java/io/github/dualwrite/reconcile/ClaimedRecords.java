package io.github.dualwrite.reconcile;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.ValueFree;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.spi.WithheldException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Version and state of what one round has claimed. All are read at once; if that fails, those that cannot be read are found, so that they
 * do not hold up the others:
 *
 * <ol>
 *   <li>A permanent failure is of one record: each is read by itself.
 *   <li>Another failure may be of one record (its partition is throttled), of so many together (they take too long), or of the
 *       authority. Read halves. If both fail, it is the authority, or as good as that: the whole fails.
 *   <li>Otherwise go on with halves of the half that failed, until single keys are left, failures are too many, or time is short. What is
 *       not found out by then stays claimed and unread.
 * </ol>
 *
 * <p>For one round; not safe for use by many threads.
 */
final class ClaimedRecords<K, V> {

    private static final int FAILURES_TO_SPARE = 4;

    private final Authority<K, V> authority;
    private final BooleanSupplier timeIsShort;
    private final List<VersionedRecord<K, V>> readable = new ArrayList<>();
    private final List<Parking<K>> unreadable = new ArrayList<>();
    private final Map<K, String> failing = new LinkedHashMap<>();
    private final Set<K> leftOut = new LinkedHashSet<>();
    private boolean atOnce;
    private int failuresLeft;

    ClaimedRecords(Authority<K, V> authority, BooleanSupplier timeIsShort) {
        this.authority = authority;
        this.timeIsShort = timeIsShort;
    }

    /** Throws what the authority throws if it seems to be more than single keys. */
    void read(List<PendingWrite<K>> claimed) {
        failuresLeft = 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(claimed.size())) + FAILURES_TO_SPARE;
        RuntimeException failure = failureOf(claimed);
        atOnce = failure == null;
        if (failure == null) {
            return;
        }
        if (claimed.size() == 1) {
            throw failure;
        }
        List<PendingWrite<K>> first = claimed.subList(0, claimed.size() / 2);
        List<PendingWrite<K>> second = claimed.subList(claimed.size() / 2, claimed.size());
        RuntimeException ofFirst = failureOf(first);
        RuntimeException ofSecond = failureOf(second);
        if (ofFirst != null && ofSecond != null) {
            throw ofSecond;
        }
        if (ofFirst != null) {
            bisect(first, ofFirst);
        } else if (ofSecond != null) {
            bisect(second, ofSecond);
        }
    }

    private void bisect(List<PendingWrite<K>> group, RuntimeException failure) {
        if (group.size() == 1) {
            failing.put(group.get(0).key(), describe(failure));
            return;
        }
        int middle = group.size() / 2;
        for (List<PendingWrite<K>> half : List.of(group.subList(0, middle), group.subList(middle, group.size()))) {
            if (failuresLeft <= 0 || timeIsShort.getAsBoolean()) {
                return;
            }
            RuntimeException ofHalf = failureOf(half);
            if (ofHalf != null) {
                failuresLeft--;
                bisect(half, ofHalf);
            }
        }
    }

    /** Reads a group; {@code null} if no key of it has to be read again. */
    private @Nullable RuntimeException failureOf(List<PendingWrite<K>> group) {
        try {
            add(group.stream().map(PendingWrite::key).toList());
            return null;
        } catch (RuntimeException e) {
            if (!(e instanceof PermanentFailure)) {
                return e;
            }
        }
        for (PendingWrite<K> write : group) {
            try {
                add(List.of(write.key()));
            } catch (RuntimeException e) {
                if (e instanceof PermanentFailure) {
                    unreadable.add(new Parking<>(write.key(), write.version(), String.valueOf(e.getMessage())));
                } else if (failuresLeft-- > 0) {
                    failing.put(write.key(), describe(e));
                } else {
                    throw e;
                }
            }
        }
        return null;
    }

    private void add(List<K> keys) {
        List<VersionedRecord<K, V>> found = snapshot(keys);
        readable.addAll(found);
        if (found.size() < keys.size()) {
            leftOut.addAll(keys);
            found.forEach(record -> leftOut.remove(record.key()));
        }
    }

    /** An {@code Error} of a mapping, of a record that is nested too deeply for instance, is a failure like any other. */
    private List<VersionedRecord<K, V>> snapshot(List<K> keys) {
        try {
            return authority.snapshot(keys);
        } catch (OutOfMemoryError e) { // of no record
            throw e;
        } catch (Error e) {
            throw new UnreadableException(e);
        }
    }

    private static final class UnreadableException extends RuntimeException implements ValueFree {

        private static final long serialVersionUID = 1L;

        private UnreadableException(Error error) {
            super("could not be read: " + WithheldException.message(error), WithheldException.of(error));
        }
    }

    /** What it says, if that is known to hold no values. */
    static String describe(RuntimeException e) {
        return WithheldException.message(e);
    }

    List<VersionedRecord<K, V>> readable() {
        return readable;
    }

    /** Those that cannot be read for good. */
    List<Parking<K>> unreadable() {
        return unreadable;
    }

    /** Keys that cannot be read at present, and why. */
    Map<K, String> failing() {
        return failing;
    }

    /** Keys that the authority has left out of what it read: they are no longer pending, or it should not have. */
    Set<K> leftOut() {
        return leftOut;
    }

    /** Whether as many as were asked for can be read at once. */
    boolean atOnce() {
        return atOnce;
    }
}
