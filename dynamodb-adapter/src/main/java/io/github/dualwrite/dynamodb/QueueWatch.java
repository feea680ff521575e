package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreLog;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

/**
 * Whether the table of pending writes is still the one that was opened. An instance that goes on after the table was deleted and installed
 * again files pending writes in shards that the others do not read; so it looks from time to time, and that it has seen another table it never forgets.
 * A table that is not found it refuses as long as it is not: an answer that is wrong for a moment must not stop an instance for good. After that, or if
 * nobody has looked for a while, it may have been restored from a backup, which lacks what was filed since and has the same settings: that is told by
 * the id that DynamoDB gives to each table. A write waits for no look but for those after such a while. If such a look fails, the write goes on and may be
 * filed in another table, but the next look is soon. Safe for use by many threads.
 */
final class QueueWatch {

    /** How long a replaced table may go unnoticed. */
    static final Duration INTERVAL = Duration.ofSeconds(10);

    /**
     * How soon after a table was not found it is looked for again, and after a look that failed if nobody has seen it for {@link #UNSEEN}. One that
     * takes as long to fail is not repeated so soon: all writes would wait for such looks all the time.
     */
    static final Duration PAUSE = Duration.ofSeconds(1);

    /** For how long it must have been seen now and then, so that it cannot have been restored meanwhile. */
    static final Duration UNSEEN = Duration.ofMinutes(1);

    private static final Logger log = LoggerFactory.getLogger(QueueWatch.class);

    private final DynamoDbAsyncClient client;
    private final String queueTable;
    private final QueueSettings opened;
    private final InstantSource clock;
    private final DynamoDbErrors errors;
    private final StoreLog lines;
    private final @Nullable String tableId;
    private final AtomicReference<Look> last;
    private volatile Instant seenAt;
    private volatile boolean replaced;
    private volatile boolean gone;
    private final AtomicBoolean unseenIsTold = new AtomicBoolean();

    /**
     * A look that was due.
     *
     * @param ended completes when it has ended, whatever it found: with whether it has failed at once
     */
    private record Look(Instant at, CompletableFuture<Boolean> ended) {

        boolean failedAtOnce() {
            return ended.getNow(false);
        }
    }

    QueueWatch(
            DynamoDbAsyncClient client,
            TableDescription table,
            QueueSettings opened,
            InstantSource clock,
            DynamoDbErrors errors,
            String repository) {
        this.client = client;
        this.queueTable = table.tableName();
        this.tableId = table.tableId();
        this.opened = opened;
        this.clock = clock;
        this.errors = errors;
        this.lines = new StoreLog(log, repository);
        this.seenAt = clock.instant();
        this.last = new AtomicReference<>(new Look(seenAt, CompletableFuture.completedFuture(false)));
    }

    /** Refuses if it is known that the table was replaced. Begins a look if it is time for one, and does not wait for it. */
    void refuseReplaced(Operation operation, Collection<?> keys) {
        boolean unused = lookIfItIsTime();
        refuse(operation, keys);
    }

    /** The same before a write, which waits for the look, at most for half of its time, if nobody has seen the table for {@link #UNSEEN}. */
    void refuseReplaced(Operation operation, Collection<?> keys, Deadline deadline) {
        boolean unused = lookIfItIsTime();
        if (unseen()) {
            waitForTheLook(new Deadline(deadline.left().dividedBy(2)));
        }
        refuse(operation, keys);
    }

    /** The same, but waits for the look if it is time for one. */
    void refuseReplaced(Operation operation, Deadline deadline) {
        if (lookIfItIsTime()) {
            waitForTheLook(deadline);
        }
        refuse(operation, List.of());
    }

    /** After a table was missing: looks at once, and refuses if it was this one. */
    void refuseMissing(Operation operation, Collection<?> keys, Deadline deadline) {
        awaited(look(true), deadline);
        refuse(operation, keys);
    }

    private void refuse(Operation operation, Collection<?> keys) {
        if (replaced) {
            throw errors.misconfigured(
                    operation,
                    keys,
                    "the table of pending writes was replaced since this repository was built; what was pending in it may be lost with it:"
                            + " restart this instance, then verify and repair");
        }
        if (gone) {
            throw errors.misconfigured(
                    operation,
                    keys,
                    "the table of pending writes is not found; nothing is written as long as it is not. If it was deleted, what was pending in it"
                            + " is lost with it: install or restore it, restart all instances, then verify and repair");
        }
    }

    /** True for one of those who ask. The clock may be set back. */
    private boolean lookIfItIsTime() {
        Look before = Objects.requireNonNull(last.get());
        Instant now = clock.instant();
        boolean soon = gone || (unseen() && before.failedAtOnce());
        if (Duration.between(before.at(), now).abs().compareTo(soon ? PAUSE : INTERVAL) < 0) {
            return false;
        }
        Look next = new Look(now, new CompletableFuture<>());
        if (!last.compareAndSet(before, next)) {
            return false;
        }
        CompletableFuture<?> unused = look(false).whenComplete((same, error) -> {
            try {
                if (error != null) {
                    tellIfUnseen(error);
                }
            } finally {
                next.ended().complete(error != null && passedSince(now).compareTo(PAUSE) < 0);
            }
        });
        return true;
    }

    /** Once, until it is seen again. That it is not found those hear who write. */
    private void tellIfUnseen(Throwable error) {
        if (unseen() && !DynamoDbErrors.missing(error) && unseenIsTold.compareAndSet(false, true)) {
            lines.warn("QueueTableUnseen")
                    .addKeyValue("table", queueTable)
                    .addKeyValue(
                            "error",
                            errors.authorityFailure(Operation.QUEUE, List.of(), DynamoDbErrors.asIs(error))
                                    .getMessage())
                    .log(
                            "for a minute nobody has seen whether the table of pending writes is still the one that was opened, and to look fails; writes"
                                    + " go on meanwhile. It looks again by itself and needs dynamodb:GetItem and dynamodb:DescribeTable on the table");
        }
    }

    private boolean unseen() {
        return passedSince(seenAt).compareTo(UNSEEN) >= 0;
    }

    private Duration passedSince(Instant then) {
        return Duration.between(then, clock.instant()).abs();
    }

    /** Others may wait for it too: it goes on if this one gives up. */
    private void waitForTheLook(Deadline deadline) {
        awaited(Objects.requireNonNull(last.get()).ended().copy(), deadline);
    }

    private void awaited(CompletableFuture<?> look, Deadline deadline) {
        try {
            Object unused = deadline.await(look);
        } catch (RuntimeException e) { // it is not known; the next look is soon
            return;
        }
    }

    /**
     * Looks once. One answer alone that the table is not found is not believed: then it looks again after a pause, for which nobody waits.
     *
     * @param missed whether it was not found just before
     */
    private CompletableFuture<Boolean> look(boolean missed) {
        return Calls.answer(
                () -> Calls.then(client.getItem(QueueSettings.request(queueTable)), this::compare),
                same -> same,
                error -> {
                    if (DynamoDbErrors.missing(error)) {
                        notFound(missed);
                    }
                    return DynamoDbErrors.asIs(error);
                });
    }

    private void notFound(boolean again) {
        if (again) {
            gone = true;
        } else if (!gone) {
            CompletableFuture.delayedExecutor(PAUSE.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> {
                        CompletableFuture<?> unused = look(true);
                    });
        }
    }

    private CompletableFuture<Boolean> compare(GetItemResponse answer) {
        if (!QueueSettings.of(answer).equals(Optional.of(opened))) {
            return CompletableFuture.completedFuture(found(false));
        }
        return !unseen() && !gone
                ? CompletableFuture.completedFuture(found(true))
                : Calls.answer(
                        () -> client.describeTable(request -> request.tableName(queueTable)),
                        response -> found(Objects.equals(response.table().tableId(), tableId)),
                        DynamoDbErrors::asIs);
    }

    private boolean found(boolean same) {
        if (same) {
            seenAt = clock.instant();
            unseenIsTold.set(false);
        } else {
            replaced = true;
        }
        gone = false;
        return same;
    }
}
