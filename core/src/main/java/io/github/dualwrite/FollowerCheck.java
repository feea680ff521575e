package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.spi.Follower;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Checks a follower when a repository is opened, for a bounded time. One that is down is an event, never a refusal (DW-4). */
final class FollowerCheck {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private FollowerCheck() {}

    /**
     * Checks it.
     *
     * @param authorityTypes what the authority declares for the fields of a record
     * @param refuseUnfit whether one that is certainly unfit is refused; if not, it is an event too
     */
    static void run(Follower<?, ?> follower, Map<String, String> authorityTypes, boolean refuseUnfit, Events events) {
        Throwable error;
        CompletableFuture<Void> checked = begin(follower, authorityTypes);
        try {
            checked.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            error = e;
        } catch (ExecutionException e) {
            error = Guard.unwrap(e);
        } catch (TimeoutException | RuntimeException e) {
            error = e;
        }
        checked.cancel(true);
        if (refuseUnfit && error instanceof ConfigurationException unfit) {
            throw unfit;
        }
        events.publish(new DualWriteEvent.FollowerCheckFailed(events.repository(), error));
    }

    private static CompletableFuture<Void> begin(Follower<?, ?> follower, Map<String, String> authorityTypes) {
        try {
            CompletableFuture<Void> begun = follower.mayBlock()
                    ? CompletableFuture.completedFuture(follower)
                            .thenComposeAsync(blocking -> blocking.check(authorityTypes))
                    : follower.check(authorityTypes);
            return begun != null
                    ? begun
                    : CompletableFuture.failedFuture(new IllegalStateException("the check gave no future"));
        } catch (Throwable e) { // a store that does not even load is one that is down
            return CompletableFuture.failedFuture(e);
        }
    }
}
