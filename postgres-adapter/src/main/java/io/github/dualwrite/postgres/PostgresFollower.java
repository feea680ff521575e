package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL in the role of the follower. An apply:
 *
 * <ol>
 *   <li>puts each record into the form in which it is sent; what has none is rejected for good;
 *   <li>sorts by the key's text, so that all batches lock in the same order;
 *   <li>keeps the version sequence ahead of what is applied ({@link SequenceLead});
 *   <li>applies all in one atomic unit ({@link Following#apply}); if the server refuses it for good, each half by itself, down to
 *       the single record that is refused (DW-6).
 * </ol>
 */
final class PostgresFollower<K, V> implements Follower<K, V> {

    private final String description;
    private final Following<K, V> following;
    private final FollowerCalls calls;
    private final SequenceLead lead;
    private final SqlErrors errors;
    private final DualwriteSchema schema;

    PostgresFollower(
            String description,
            Following<K, V> following,
            FollowerCalls calls,
            DualwriteSchema schema,
            SqlErrors errors) {
        this.description = description;
        this.following = following;
        this.calls = calls;
        this.schema = schema;
        this.lead = new SequenceLead(schema);
        this.errors = errors;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    @SuppressWarnings("NullAway") // Void has no other value
    public CompletableFuture<Void> check() {
        return calls.call(
                Operation.OPEN,
                List.of(),
                session -> session.statement(Operation.OPEN, List.of(), connection -> {
                    SchemaCheck.checkFollower(connection, schema, errors);
                    following.check(connection);
                    return null;
                }));
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<K, V>> records) {
        List<VersionedRecord<K, V>> given = List.copyOf(records);
        List<K> keys = given.stream().map(VersionedRecord::key).toList();
        return calls.call(Operation.APPLY, keys, session -> new Batch(session, given).apply());
    }

    @Override
    public CompletableFuture<Optional<V>> read(K key) {
        return calls.call(Operation.READ, List.of(key), session -> following.read(session, key));
    }

    @Override
    public CompletableFuture<Map<K, V>> readAll(Collection<? extends K> keys) {
        List<K> asked = List.copyOf(keys);
        return asked.isEmpty()
                ? CompletableFuture.completedFuture(Map.of())
                : calls.call(Operation.READ_ALL, asked, session -> following.readAll(session, asked));
    }

    private final class Batch {

        private final FollowerSession session;
        private final List<VersionedRecord<K, V>> records;
        private final @Nullable ApplyResult[] results;

        /** The place of each change in the batch, by the text of its key. */
        private final Map<String, Integer> places = new TreeMap<>();

        Batch(FollowerSession session, List<VersionedRecord<K, V>> records) {
            this.session = session;
            this.records = records;
            this.results = new ApplyResult[records.size()];
        }

        List<ApplyResult> apply() {
            List<Change<K, V>> changes = changes();
            if (!changes.isEmpty()) {
                try {
                    lead.ensure(
                            session,
                            changes.stream()
                                    .mapToLong(c -> c.record().version())
                                    .max()
                                    .orElseThrow());
                    apply(changes);
                } catch (DualWriteException e) {
                    changes.forEach(change -> fail(change, e));
                }
            }
            List<ApplyResult> all = new ArrayList<>(results.length);
            for (ApplyResult result : results) {
                all.add(
                        result != null
                                ? result
                                : ApplyResult.transientFailure(
                                        "not tried, because the batch holds its key twice", null));
            }
            return all;
        }

        private List<Change<K, V>> changes() {
            Map<String, Change<K, V>> sorted = new TreeMap<>();
            for (int i = 0; i < results.length; i++) {
                try {
                    Change<K, V> change = following.change(records.get(i));
                    Change<K, V> other = sorted.get(change.keyText());
                    if (other == null
                            || other.record().version() < change.record().version()) {
                        sorted.put(change.keyText(), change);
                        places.put(change.keyText(), i);
                    }
                } catch (RuntimeException | AssertionError e) { // the mapping's own code, too
                    DualWriteException rejected = errors.permanent(
                            Operation.APPLY,
                            List.of(records.get(i).key()),
                            "the record cannot be sent: " + e.getMessage() + "; mend the mapping, then retry the parked"
                                    + " write",
                            e);
                    results[i] = ApplyResult.permanentFailure(String.valueOf(rejected.getMessage()), rejected);
                }
            }
            return List.copyOf(sorted.values());
        }

        private void apply(List<Change<K, V>> changes) {
            Set<String> applied;
            try {
                applied = following.apply(session, changes);
            } catch (DualWriteException e) {
                if (!(e instanceof PermanentFailure) || changes.size() == 1) {
                    changes.forEach(change -> fail(change, e));
                } else {
                    int half = changes.size() / 2;
                    apply(changes.subList(0, half));
                    apply(changes.subList(half, changes.size()));
                }
                return;
            }
            for (Change<K, V> change : changes) {
                settle(change, applied.contains(change.keyText()) ? ApplyResult.applied() : ApplyResult.superseded());
            }
        }

        private void fail(Change<K, V> change, DualWriteException e) {
            if (e instanceof PermanentFailure) {
                String where = aboutAValue(e)
                        ? misfit(change).map(column -> "; " + column).orElse("")
                        : "";
                settle(
                        change,
                        ApplyResult.permanentFailure(
                                e.getMessage() + where + "; mend the table or the record, then retry the parked write",
                                e));
            } else {
                settle(change, ApplyResult.transientFailure(String.valueOf(e.getMessage()), e));
            }
        }

        /** Class 22: the server names neither column nor constraint. */
        private boolean aboutAValue(DualWriteException e) {
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
}
