package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.WithheldException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 *   <li>stores all in one atomic unit; if the server refuses it for good, each half by itself, down to the single record that is
 *       refused (DW-6).
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

    /** The place of each change in the batch, by the text of its key. */
    private final Map<String, Integer> places = new HashMap<>();

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
    }

    /**
     * Stores the batch.
     *
     * @param form the form of each of those that are given
     * @param unit stores all of some changes or nothing, and returns the texts of the keys for which it did something
     * @return one result for each of those that are given, in their order
     */
    List<ApplyResult> store(IntFunction<Change<K, V>> form, Function<List<Change<K, V>>, Set<String>> unit) {
        List<Change<K, V>> changes = changes(form);
        if (!changes.isEmpty()) {
            halve(changes, unit);
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
        Map<String, Change<K, V>> distinct = new LinkedHashMap<>(); // a page is nearly sorted already
        for (int i = 0; i < results.length; i++) {
            try {
                Change<K, V> change = form.apply(i);
                Change<K, V> other = distinct.get(change.keyText());
                if (other == null || other.version() < change.version()) {
                    distinct.put(change.keyText(), change);
                    places.put(change.keyText(), i);
                }
            } catch (RuntimeException | AssertionError e) { // the mapping's own code, too
                DualWriteException rejected = errors.permanent(
                        Operation.APPLY,
                        List.of(keys.get(i)),
                        "the record cannot be sent: " + WithheldException.message(e) + "; mend the mapping, then "
                                + whatThen,
                        e);
                results[i] = ApplyResult.permanentFailure(String.valueOf(rejected.getMessage()), rejected);
            }
        }
        List<Change<K, V>> sorted = new ArrayList<>(distinct.values());
        sorted.sort(Comparator.comparing(Change::keyText));
        return sorted;
    }

    private void halve(List<Change<K, V>> changes, Function<List<Change<K, V>>, Set<String>> unit) {
        Set<String> stored;
        try {
            stored = unit.apply(changes);
        } catch (DualWriteException e) {
            if (!(e instanceof PermanentFailure) || changes.size() == 1) {
                changes.forEach(change -> fail(change, e));
            } else {
                int half = changes.size() / 2;
                halve(changes.subList(0, half), unit);
                halve(changes.subList(half, changes.size()), unit);
            }
            return;
        }
        for (Change<K, V> change : changes) {
            settle(change, stored.contains(change.keyText()) ? ApplyResult.applied() : ApplyResult.superseded());
        }
    }

    private void fail(Change<K, V> change, DualWriteException e) {
        if (e instanceof PermanentFailure) {
            String where =
                    aboutAValue(e) ? misfit(change).map(column -> "; " + column).orElse("") : "";
            settle(
                    change,
                    ApplyResult.permanentFailure(
                            e.getMessage() + where + "; mend the table or the record, then " + whatThen, e));
        } else {
            settle(change, ApplyResult.transientFailure(String.valueOf(e.getMessage()), e));
        }
    }

    /** Class 22: the server names neither column nor constraint. */
    private static boolean aboutAValue(DualWriteException e) {
        return e.getCause() instanceof SQLException refused
                && String.valueOf(refused.getSQLState()).startsWith("22");
    }

    private Optional<String> misfit(Change<K, V> change) {
        try {
            return following.misfit(session, change);
        } catch (RuntimeException e) { // it only adds to the message
            return Optional.empty();
        }
    }

    private void settle(Change<K, V> change, ApplyResult result) {
        Integer place = places.get(change.keyText());
        if (place != null) {
            results[place] = result;
        }
    }
}
