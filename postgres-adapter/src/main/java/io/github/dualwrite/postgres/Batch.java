package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.WithheldException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Brings a batch to the tables:
 *
 * <ol>
 *   <li>puts each record into the form in which it is sent; what has none is rejected for good;
 *   <li>sorts by the key's text, so that all batches lock in the same order;
 *   <li>stores all in one atomic unit; if the server refuses it for good, or has no partition for a record, each half by itself, down
 *       to the single record that is refused (DW-6).
 * </ol>
 *
 * For one call, on one thread.
 */
final class Batch<K, V> {

    private final FollowerSession session;
    private final Following<K, V> following;
    private final SqlErrors errors;
    private final List<K> keys;
    private final String whatThen;
    private final @Nullable ApplyResult[] results;

    /** The places in the batch of those that are sent, in the order in which they are sent. */
    private final int[] places;

    /**
     * A batch.
     *
     * @param keys the keys of what is given, in its order
     * @param whatThen what to do when the cause of a permanent failure is mended
     */
    Batch(FollowerSession session, Following<K, V> following, SqlErrors errors, List<K> keys, String whatThen) {
        this.session = session;
        this.following = following;
        this.errors = errors;
        this.keys = keys;
        this.whatThen = whatThen;
        this.results = new ApplyResult[keys.size()];
        this.places = new int[keys.size()];
    }

    /** A change and its place in the batch. */
    private record Placed<K, V>(Change<K, V> change, int place) {}

    /**
     * Stores the batch.
     *
     * @param form the form of each of those that are given
     * @param unit stores all of some changes or nothing, and returns the texts of the keys that it left as they were
     * @return one result for each of those that are given, in their order
     */
    List<ApplyResult> store(IntFunction<Change<K, V>> form, Function<List<Change<K, V>>, Set<String>> unit) {
        List<Change<K, V>> changes = changes(form);
        if (!changes.isEmpty()) {
            halve(changes, 0, unit);
        }
        List<ApplyResult> all = new ArrayList<>(results.length);
        for (ApplyResult result : results) {
            all.add(
                    result != null
                            ? result
                            : ApplyResult.transientFailure("not tried, because the batch holds its key twice", null));
        }
        return all;
    }

    private List<Change<K, V>> changes(IntFunction<Change<K, V>> form) {
        List<Placed<K, V>> sorted = new ArrayList<>(results.length);
        for (int i = 0; i < results.length; i++) {
            try {
                sorted.add(new Placed<>(form.apply(i), i));
            } catch (RuntimeException | AssertionError | StackOverflowError e) { // the mapping's own code, too
                DualWriteException rejected = errors.permanent(
                        Operation.APPLY,
                        List.of(keys.get(i)),
                        "the record cannot be sent: " + WithheldException.message(e) + "; mend the mapping, then "
                                + whatThen,
                        e);
                results[i] = ApplyResult.permanentFailure(String.valueOf(rejected.getMessage()), rejected);
            }
        }
        sorted.sort(Comparator.comparing(placed -> placed.change().keyText()));
        List<Change<K, V>> changes = new ArrayList<>(sorted.size());
        for (Placed<K, V> next : sorted) {
            int last = changes.size() - 1;
            Change<K, V> change = next.change();
            if (last < 0 || !changes.get(last).keyText().equals(change.keyText())) {
                changes.add(change);
                places[last + 1] = next.place();
            } else if (changes.get(last).version() < change.version()) {
                changes.set(last, change);
                places[last] = next.place();
            }
        }
        return changes;
    }

    /** Stores changes of which the first one is sent at a place in the order of all. */
    private void halve(List<Change<K, V>> changes, int first, Function<List<Change<K, V>>, Set<String>> unit) {
        Set<String> left;
        try {
            left = unit.apply(changes);
        } catch (DualWriteException e) {
            boolean ofOne = e instanceof PermanentFailure || SqlErrors.missingPartition(e.getCause());
            if (!ofOne || changes.size() == 1) {
                for (int i = 0; i < changes.size(); i++) {
                    results[places[first + i]] = failed(changes.get(i), e);
                }
            } else {
                int half = changes.size() / 2;
                halve(changes.subList(0, half), first, unit);
                halve(changes.subList(half, changes.size()), first + half, unit);
            }
            return;
        }
        for (int i = 0; i < changes.size(); i++) {
            results[places[first + i]] =
                    left.contains(changes.get(i).keyText()) ? ApplyResult.superseded() : ApplyResult.applied();
        }
    }

    private ApplyResult failed(Change<K, V> change, DualWriteException e) {
        if (SqlErrors.swallowed(e)) { // nobody knows what it was, and it may pass
            return ApplyResult.transientFailure(String.valueOf(e.getMessage()), e);
        }
        if (e instanceof PermanentFailure) {
            String where = SqlErrors.valueRefused(e) || SqlErrors.keptAway(e)
                    ? misfit(change).map(column -> "; " + column).orElse("")
                    : "";
            return ApplyResult.permanentFailure(
                    e.getMessage() + where + "; mend the table or the record, then " + whatThen, e);
        }
        return ApplyResult.transientFailure(String.valueOf(e.getMessage()), e);
    }

    private Optional<String> misfit(Change<K, V> change) {
        try {
            return following.misfit(session, change);
        } catch (RuntimeException e) { // it only adds to the message
            return Optional.empty();
        }
    }
}
