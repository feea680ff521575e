package io.github.dualwrite.dynamodb;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.StoreLog;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The reconciliation queue as a table; {@link DynamoDbSchema} shows its entries.
 *
 * <p>A claim asks the index of due times of every shard for the longest due, merges what they answer, and takes an entry by
 * raising its due time on the condition that it is still the one that was seen. The index is only a hint; the condition
 * decides. Of a few entries the longest due comes first; of a backlog chance decides among the longest due ones, so that those who
 * claim at once do not all want the same. Who finds that others were quicker reads again.
 *
 * <p>Every other verb is one conditional update or delete for each key, a bounded number at once. What somebody's transaction
 * has in hand is left out by claims and retries, and tried again a few times by the others. Due times are those of the
 * machines' clocks. A reconciler whose clock is ahead by more than a lease claims what another one holds, which costs a second
 * apply and nothing else. A writer whose clock is ahead makes its pending writes due by so much later, and one whose clock is behind makes them due
 * before their grace period is over; a claim whose clock is behind comes to everything later. Nothing is lost, but what such a writer
 * could not apply itself waits for as long as its clock is ahead. What seems to be pending since a time to come counts as pending since now.
 */
final class DynamoDbQueue<K> implements ReconciliationQueue<K> {

    private static final Logger log = LoggerFactory.getLogger(DynamoDbQueue.class);

    /** So many parked entries are made due within one deadline. */
    private static final int RETRIED_AT_ONCE = 100;

    /** So often a claim reads anew what is due because others were quicker. */
    private static final int MOST_LOOKS = 4;

    private final QueueCalls calls;
    private final QueueTable table;
    private final QueueWatch watch;
    private final Keys<K> keys;
    private final String repository;
    private final StoreLog lines;
    private final InstantSource clock;
    private final Duration timeout;
    private final DynamoDbErrors errors;

    /** Between keys and their entries. */
    interface Keys<K> {

        /** The primary key of the key's entry. */
        Map<String, AttributeValue> entry(K key);

        /** The key in an entry. */
        K read(Map<String, AttributeValue> entry);
    }

    DynamoDbQueue(
            QueueCalls calls,
            QueueTable table,
            QueueWatch watch,
            Keys<K> keys,
            String repository,
            InstantSource clock,
            Duration timeout,
            DynamoDbErrors errors) {
        this.calls = calls;
        this.table = table;
        this.watch = watch;
        this.keys = keys;
        this.repository = repository;
        this.lines = new StoreLog(log, repository);
        this.clock = clock;
        this.timeout = timeout;
        this.errors = errors;
    }

    /**
     * {@inheritDoc} What it has taken before something fails, it returns: nobody else could claim it before the lease ends. Shards that cannot be
     * read now are left out; it fails if nothing is taken then. What is taken and is no key of this mapping counts towards the limit.
     */
    @Override
    public List<PendingWrite<K>> claim(Lease lease, int limit) {
        watch.refuseReplaced(Operation.QUEUE, new Deadline(timeout));
        return await(List.of(), deadline -> {
            Instant now = clock.instant();
            DueEntries due = new DueEntries(calls, table.shards(), now, limit, deadline);
            Queue<Map<String, AttributeValue>> taken = new ConcurrentLinkedQueue<>();
            List<PendingWrite<K>> claimed = new ArrayList<>();
            int room = limit;
            try {
                int looks = 1;
                for (List<Map<String, AttributeValue>> candidates = due.next(room);
                        !candidates.isEmpty() && room > 0;
                        candidates = due.next(room)) {
                    int before = room;
                    try {
                        deadline.await(calls.claim(candidates, lease.id(), now.plus(lease.duration()), taken::add));
                    } finally {
                        room -= moveReadable(taken, claimed);
                    }
                    if (4 * (before - room) < 3 * candidates.size() && looks++ < MOST_LOOKS) {
                        due = new DueEntries(
                                calls, table.shards(), now, limit, deadline); // others have changed what was read
                    }
                }
            } catch (RuntimeException e) {
                if (claimed.isEmpty()) {
                    throw e;
                }
                log.debug(
                        "repository {}: a claim ends early, with {} pending writes",
                        repository,
                        claimed.size(),
                        ServiceCause.of(DynamoDbErrors.unwrap(e)));
            }
            return claimed;
        });
    }

    /** How many were taken, readable or not. */
    private int moveReadable(Queue<Map<String, AttributeValue>> taken, List<PendingWrite<K>> claimed) {
        int count = 0;
        for (Map<String, AttributeValue> entry = taken.poll(); entry != null; entry = taken.poll()) {
            Map<String, AttributeValue> read = entry;
            count++;
            decode(read)
                    .ifPresent(key -> claimed.add(new PendingWrite<>(
                            key,
                            QueueTable.number(read, QueueTable.VERSION),
                            (int) QueueTable.number(read, QueueTable.ATTEMPTS),
                            QueueTable.time(read, QueueTable.SINCE))));
        }
        return count;
    }

    /** {@inheritDoc} A key that fails keeps no other from being confirmed; an error means that none was. */
    @Override
    public Set<K> confirm(Collection<KeyVersion<K>> applied) {
        return each(
                applied,
                KeyVersion::key,
                written -> calls.delete(
                        keys.entry(written.key()), "pending_version = :version", at(written.version()), calls::isGone));
    }

    @Override
    public void release(Lease lease, Collection<K> released) {
        Instant now = clock.instant();
        each(
                released,
                key -> key,
                key -> calls.update(
                        keys.entry(key),
                        "SET due_at = :due REMOVE lease_id",
                        "lease_id = :lease AND attribute_exists(due_at)",
                        Map.of(":due", QueueTable.time(now), ":lease", id(lease)),
                        old -> false));
    }

    @Override
    public void pushBack(Lease lease, Collection<PushBack<K>> entries) {
        Instant now = clock.instant();
        each(
                entries,
                PushBack::key,
                failed -> calls.update(
                        keys.entry(failed.key()),
                        "SET due_at = :due, failed_attempts = failed_attempts + :one, last_error = :error"
                                + " REMOVE lease_id",
                        "lease_id = :lease AND pending_version = :version AND attribute_exists(due_at)",
                        with(
                                at(failed.version()),
                                Map.of(
                                        ":due", QueueTable.time(now.plus(failed.delay())),
                                        ":one", QueueTable.number(1),
                                        ":error", AttributeValue.fromS(failed.error()),
                                        ":lease", id(lease))),
                        old -> false));
    }

    @Override
    public Set<K> park(Lease lease, Collection<Parking<K>> entries) {
        AttributeValue now = QueueTable.time(clock.instant());
        return each(
                entries,
                Parking::key,
                rejected -> calls.update(
                        keys.entry(rejected.key()),
                        "SET parked_at = :now, parked_since = pending_since,"
                                + " failed_attempts = failed_attempts + :one, last_error = :error"
                                + " REMOVE due_at, pending_since, lease_id",
                        "lease_id = :lease AND pending_version = :version AND attribute_exists(due_at)",
                        with(
                                at(rejected.version()),
                                Map.of(
                                        ":now", now,
                                        ":one", QueueTable.number(1),
                                        ":error", AttributeValue.fromS(rejected.reason()),
                                        ":lease", id(lease))),
                        old -> now.equals(old.get(QueueTable.PARKED_AT))));
    }

    /** {@inheritDoc} Reads what is skipped, too, and holds no more than what is wanted and a page of each shard. */
    @Override
    public List<ParkedWrite<K>> parked(int offset, int limit) {
        return await(
                List.of(),
                deadline -> new ParkedEntries(calls, table.shards(), (long) offset + limit, deadline)
                        .read(offset, limit).stream()
                                .flatMap(entry -> decode(entry).map(key -> parked(key, entry)).stream())
                                .toList());
    }

    @Override
    public Optional<ParkedWrite<K>> findParked(K key) {
        return await(List.of(key), deadline -> deadline.await(calls.get(keys.entry(key))))
                .filter(entry -> entry.containsKey(QueueTable.PARKED_AT))
                .map(entry -> parked(key, entry));
    }

    @Override
    public boolean retryParked(K key) {
        return await(List.of(key), deadline -> deadline.await(calls.retryParked(keys.entry(key), clock.instant())));
    }

    /**
     * {@inheritDoc} Shard by shard and page by page, each of which may take the store's timeout. What is parked again meanwhile stays so.
     * If it fails after some were made due, it returns how many; the others stay parked.
     */
    @Override
    public int retryAllParked() {
        Instant now = clock.instant();
        int retried = 0;
        try {
            for (Map<String, AttributeValue> last :
                    await(List.of(), deadline -> deadline.await(calls.lastParked(table.shards())))) {
                ShardPage.Cursor next = ShardPage.Cursor.beginning(
                        QueueTable.present(last, QueueTable.SHARD).s());
                do {
                    ShardPage page = parkedKeys(next, last);
                    retried += each(
                                    page.entries(),
                                    entry -> QueueTable.present(entry, QueueTable.KEY)
                                            .s(),
                                    entry -> calls.retryParked(QueueTable.keyOf(entry), now))
                            .size();
                    next = page.next();
                } while (!next.from().isEmpty());
            }
        } catch (DualWriteException e) {
            if (retried == 0) {
                throw e;
            }
            lines.warn("ParkedRetryEndedEarly")
                    .addKeyValue("retried", retried)
                    .log("not all parked writes could be made due; the others stay parked, retry them again");
            log.debug("a retry of all parked writes ends early", e);
        }
        return retried;
    }

    private ShardPage parkedKeys(ShardPage.Cursor next, Map<String, AttributeValue> last) {
        AttributeValue until = QueueTable.present(last, QueueTable.PARKED_AT);
        return await(
                List.of(),
                deadline -> deadline.await(calls.parkedKeys(next, until, RETRIED_AT_ONCE))
                        .get(0));
    }

    @Override
    public Optional<ParkedWrite<K>> discardParked(K key) {
        return await(List.of(key), deadline -> deadline.await(calls.discardParked(keys.entry(key))))
                .map(entry -> parked(key, entry));
    }

    @Override
    public Set<K> pendingAmong(Collection<K> candidates) {
        if (candidates.isEmpty()) {
            return Set.of();
        }
        return await(candidates, deadline -> {
            Map<Map<String, AttributeValue>, K> byEntry = new HashMap<>();
            candidates.forEach(key -> byEntry.put(keys.entry(key), key));
            Set<K> found = new HashSet<>();
            for (Map<String, AttributeValue> entry : deadline.await(calls.entries(byEntry.keySet()))) {
                K key = byEntry.get(QueueTable.keyOf(entry));
                if (key != null) {
                    found.add(key);
                }
            }
            return found;
        });
    }

    /**
     * {@inheritDoc}
     *
     * <p>One strongly consistent query for each shard, as a rule: about a read unit for each shard, or one for each 4 KB of entries (some
     * dozen) if that is more. Beyond {@code limit} hardly anything is read. With 128 shards and a bound of one second for the fleet these
     * are 512 read units a second for each instance that reads from the follower as long as little is pending, and up to 800 for each look with
     * almost 10 000 pending: choose fewer shards or a longer bound where that is too much.
     */
    @Override
    public Optional<Set<K>> pendingKeys(int limit) {
        return await(List.of(), deadline -> deadline.await(new AllEntries(calls, limit).read(table.shards())))
                .map(entries -> {
                    Set<K> found = new HashSet<>();
                    for (Map<String, AttributeValue> entry : entries) {
                        try {
                            found.add(keys.read(entry));
                        } catch (RecordException e) { // no read by this version of the application can ask for it
                            log.debug("unreadable pending key '{}'", entry.get(QueueTable.KEY), e);
                        }
                    }
                    return found;
                });
    }

    /**
     * {@inheritDoc} Two small reads for each shard where nothing is pending, three where little is. Of a long queue keys are counted, up to a million,
     * for as long as the store's timeout allows: then at least so many are pending. The age is exact in any case.
     */
    @Override
    public QueueStatistics statistics() {
        QueueStatistics found =
                await(List.of(), deadline -> new QueueCount(calls, errors, deadline).read(table.shards()));
        Instant now = clock.instant();
        return found.oldest().filter(now::isBefore).isPresent()
                ? new QueueStatistics(found.depth(), found.parked(), now)
                : found;
    }

    /**
     * The keys for which the call took effect. What fails for one key is tried again for about a second if it may pass, and
     * keeps no other key from being done. The whole fails only if nothing was done; otherwise the keys that failed stay as they
     * were, and are done by whoever comes to them next.
     */
    private <E, N> Set<N> each(
            Collection<E> elements, Function<? super E, N> keyOf, Function<E, CompletableFuture<Boolean>> call) {
        if (elements.isEmpty()) {
            return Set.of();
        }
        watch.refuseReplaced(Operation.QUEUE, List.of());
        Set<N> done = ConcurrentHashMap.newKeySet();
        Map<N, RuntimeException> failed = new ConcurrentHashMap<>();
        Function<E, CompletableFuture<Boolean>> tolerant = element -> {
            CompletableFuture<Boolean> started = call.apply(element);
            CompletableFuture<Boolean> tolerated = started.handle((held, error) -> {
                N key = keyOf.apply(element);
                if (error != null) {
                    failed.put(key, DynamoDbErrors.asIs(error));
                } else if (held) {
                    done.add(key);
                }
                return true;
            });
            Calls.cancelTogether(tolerated, started);
            return tolerated;
        };
        RuntimeException failure;
        try {
            new Deadline(timeout).await(calls.each(List.copyOf(elements), tolerant));
            failure = failed.values().stream().findFirst().orElse(null);
        } catch (RuntimeException e) { // the deadline, or an interrupt
            failure = e;
        }
        Set<N> found = Set.copyOf(done);
        if (failure != null && found.isEmpty()) {
            Collection<N> concerned =
                    failed.isEmpty() ? elements.stream().map(keyOf).toList() : failed.keySet();
            throw errors.authorityFailure(Operation.QUEUE, concerned, failure);
        }
        if (failure != null) {
            lines.warn("QueueEntriesFailed")
                    .addKeyValue("entries", elements.size())
                    .addKeyValue("changed", found.size())
                    .addKeyValue(
                            "error",
                            errors.authorityFailure(Operation.QUEUE, List.of(), failure)
                                    .getMessage())
                    .log("entries of the queue could not be changed and stay as they are");
            log.debug(
                    "entries that could not be changed: {}",
                    failed.keySet(),
                    ServiceCause.of(DynamoDbErrors.unwrap(failure)));
        }
        return found;
    }

    private <T> T await(Collection<K> concerned, Function<Deadline, T> work) {
        watch.refuseReplaced(Operation.QUEUE, concerned);
        Deadline deadline = new Deadline(timeout);
        try {
            return work.apply(deadline);
        } catch (RuntimeException e) {
            if (DynamoDbErrors.missing(e)) {
                watch.refuseMissing(Operation.QUEUE, concerned, deadline);
            }
            throw errors.authorityFailure(Operation.QUEUE, concerned, e);
        }
    }

    private static Map<String, AttributeValue> at(long version) {
        return Map.of(":version", QueueTable.number(version));
    }

    private static Map<String, AttributeValue> with(
            Map<String, AttributeValue> some, Map<String, AttributeValue> others) {
        Map<String, AttributeValue> all = new HashMap<>(some);
        all.putAll(others);
        return all;
    }

    private static AttributeValue id(Lease lease) {
        return AttributeValue.fromS(lease.id().toString());
    }

    private static <K> ParkedWrite<K> parked(K key, Map<String, AttributeValue> entry) {
        AttributeValue reason = entry.get(QueueTable.ERROR);
        return new ParkedWrite<>(
                key,
                QueueTable.number(entry, QueueTable.VERSION),
                QueueTable.time(entry, QueueTable.PARKED_AT),
                QueueTable.time(entry, QueueTable.PARKED_SINCE),
                (int) QueueTable.number(entry, QueueTable.ATTEMPTS),
                reason == null ? "" : reason.s());
    }

    /**
     * An entry that is no key of this mapping must not hold up the others: another version of the application may have written
     * it, with an enum constant that is not known here. It stays under its lease, for an instance that knows it.
     */
    private Optional<K> decode(Map<String, AttributeValue> entry) {
        try {
            return Optional.of(keys.read(entry));
        } catch (RecordException e) {
            lines.warn("PendingKeyUnreadable")
                    .log("a pending key cannot be read by this mapping; does another version of the application run,"
                            + " or was the key's type changed?");
            log.debug("unreadable pending key '{}'", entry.get(QueueTable.KEY), e);
            return Optional.empty();
        }
    }
}
