package io.github.dualwrite;

import io.github.dualwrite.event.PendingReason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes on their way to a follower that takes fewer of them in one call: as many calls as that needs, one after another. Each call
 * but the first begins on the executor, because the thread that ends the one before may be one of the follower's client. If the executor
 * takes no more, the rest is told as refused. Safe for use by many threads.
 *
 * @param <W> a write
 */
final class Sending<W> {

    private final List<W> writes;
    private final int limit;
    private final Function<List<W>, CompletableFuture<List<@Nullable PendingReason>>> call;
    private final Consumer<List<W>> refused;
    private final Executor executor;
    private final List<@Nullable PendingReason> decided = new ArrayList<>(); // guarded by itself
    private final CompletableFuture<List<@Nullable PendingReason>> sent = new CompletableFuture<>();

    /**
     * Nothing is sent yet.
     *
     * @param call sends some, and ends normally with what has become of each
     * @param refused told what is not sent
     */
    Sending(
            List<W> writes,
            int limit,
            Function<List<W>, CompletableFuture<List<@Nullable PendingReason>>> call,
            Consumer<List<W>> refused,
            Executor executor) {
        this.writes = writes;
        this.limit = limit;
        this.call = call;
        this.refused = refused;
        this.executor = executor;
    }

    /** Ends when all calls have ended, with what has become of each write. */
    CompletableFuture<List<@Nullable PendingReason>> start() {
        from(0);
        return sent;
    }

    /** What has become of the first writes, by the calls that have ended. */
    List<@Nullable PendingReason> soFar() {
        synchronized (decided) {
            return new ArrayList<>(decided);
        }
    }

    private void from(int begin) {
        int end = Math.min(begin + limit, writes.size());
        CompletableFuture<?> unused =
                call.apply(writes.subList(begin, end)).whenComplete((reasons, error) -> ended(end, reasons, error));
    }

    private void ended(int end, List<? extends @Nullable PendingReason> reasons, @Nullable Throwable error) {
        if (error != null) {
            sent.completeExceptionally(error);
            return;
        }
        add(reasons);
        if (end < writes.size()) {
            try {
                executor.execute(() -> from(end));
                return;
            } catch (RuntimeException | Error e) { // it takes no more, or has no thread
                List<W> rest = writes.subList(end, writes.size());
                refused.accept(rest);
                add(Collections.nCopies(rest.size(), PendingReason.EXECUTOR_FULL));
            }
        }
        sent.complete(soFar());
    }

    private void add(List<? extends @Nullable PendingReason> reasons) {
        synchronized (decided) {
            decided.addAll(reasons);
        }
    }
}
