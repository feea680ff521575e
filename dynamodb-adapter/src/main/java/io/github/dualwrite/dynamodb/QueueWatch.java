package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.Operation;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;

/**
 * Whether the table of pending writes is still the one that was opened. An instance that goes on after the table was deleted and installed
 * again files pending writes in shards that the others do not read; so it looks from time to time, and what it has once seen it never forgets.
 * Safe for use by many threads.
 */
final class QueueWatch {

    /** How long a replaced table may go unnoticed. */
    static final Duration INTERVAL = Duration.ofSeconds(10);

    private final DynamoDbAsyncClient client;
    private final String queueTable;
    private final QueueSettings opened;
    private final InstantSource clock;
    private final DynamoDbErrors errors;
    private final AtomicReference<Instant> lookedAt;
    private volatile boolean replaced;

    QueueWatch(
            DynamoDbAsyncClient client,
            String queueTable,
            QueueSettings opened,
            InstantSource clock,
            DynamoDbErrors errors) {
        this.client = client;
        this.queueTable = queueTable;
        this.opened = opened;
        this.clock = clock;
        this.errors = errors;
        this.lookedAt = new AtomicReference<>(clock.instant());
    }

    /** Refuses if it is known that the table was replaced. Begins a look if it is time for one, and does not wait for it. */
    void refuseReplaced(Operation operation, Collection<?> keys) {
        if (itIsTime()) {
            CompletableFuture<?> unused = look();
        }
        refuse(operation, keys);
    }

    /** The same, but waits for the look if it is time for one. */
    void refuseReplaced(Operation operation, Deadline deadline) {
        if (itIsTime()) {
            lookNow(deadline);
        }
        refuse(operation, List.of());
    }

    /** After a table was missing: looks at once, and refuses if it was this one. */
    void refuseMissing(Operation operation, Collection<?> keys, Deadline deadline) {
        lookNow(deadline);
        refuse(operation, keys);
    }

    private void refuse(Operation operation, Collection<?> keys) {
        if (replaced) {
            throw errors.misconfigured(
                    operation,
                    keys,
                    "the table of pending writes was replaced, or is gone, since this repository was built; what was pending in it is lost with"
                            + " it: restart this instance, then verify and repair");
        }
    }

    /** True for one of those who ask. The clock may be set back. */
    private boolean itIsTime() {
        Instant last = lookedAt.get();
        Instant now = clock.instant();
        return Duration.between(last, now).abs().compareTo(INTERVAL) >= 0 && lookedAt.compareAndSet(last, now);
    }

    private void lookNow(Deadline deadline) {
        try {
            boolean unused = deadline.await(look());
        } catch (RuntimeException e) { // it is not known; the next look is soon, and what follows meets the same error
            return;
        }
    }

    private CompletableFuture<Boolean> look() {
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        look(result, true);
        return result;
    }

    /** A table that is not found is looked for once more: one answer must not stop an instance for good. */
    private void look(CompletableFuture<Boolean> result, boolean again) {
        CompletableFuture<Boolean> same = Calls.answer(
                () -> client.getItem(QueueSettings.request(queueTable)), this::compare, DynamoDbErrors::asIs);
        Calls.cancelTogether(result, same);
        CompletableFuture<?> unused = same.whenComplete((answer, error) -> {
            if (error == null) {
                result.complete(answer);
            } else if (again && DynamoDbErrors.missing(error)) {
                look(result, false);
            } else {
                if (DynamoDbErrors.missing(error)) {
                    replaced = true;
                }
                result.completeExceptionally(error);
            }
        });
    }

    private boolean compare(GetItemResponse answer) {
        boolean same = QueueSettings.of(answer).equals(Optional.of(opened));
        if (!same) {
            replaced = true;
        }
        return same;
    }
}
