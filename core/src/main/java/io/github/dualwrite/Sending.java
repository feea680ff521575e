package io.github.dualwrite;

import io.github.dualwrite.event.PendingReason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes on their way to a follower that takes fewer of them in one call: as many calls as that needs, one after another. Each call
 * but the first begins on the executor, because the thread that ends the one before may be one of the follower's client. If the executor
 * takes no more, or a call ends with an error of our own, the rest is left, and told as that. Safe for use by many threads.
 *
 * @param <W> a write
 */
final class Sending<W> {

    private final List<W> writes;
    private final int limit;
    private final Function<List<W>, CompletableFuture<List<@Nullable PendingReason>>> call;
    private final BiConsumer<List<W>, PendingReason> left;
    private final Executor executor;
    private final List<@Nullable PendingReason> decided = new ArrayList<>(); // guarded by itself
    private final CompletableFuture<List<@Nullable PendingReason>> sent = new CompletableFuture<>();

    /**
     * Nothing is sent yet.
     *
     * @param call sends some, and ends normally with what has become of each
     * @param left told what is not known to be sent, and why; must not throw
     */
    Sending(
            List<W> writes,
            int limit,
            Function<List<W>, CompletableFuture<List<@Nullable PendingReason>>> call,
            BiConsumer<List<W>, PendingReason> left,
            Executor executor) {
        this.writes = writes;
        this.limit = limit;
        this.call = call;
        this.left = left;
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
        CompletableFuture<List<@Nullable PendingReason>> called;
        try {
            called = call.apply(writes.subList(begin, end));
        } catch (RuntimeException | Error e) { // on the executor nobody else would ever hear of it
            leave(begin, PendingReason.FAILED);
            return;
        }
        CompletableFuture<?> unused = called.whenComplete((reasons, error) -> {
            if (error != null) {
                leave(begin, PendingReason.FAILED);
            } else {
                add(reasons);
                goOn(end);
            }
        });
    }

    private void goOn(int begin) {
        if (begin == writes.size()) {
            sent.complete(soFar());
            return;
        }
        try {
            executor.execute(() -> from(begin));
        } catch (RuntimeException | Error e) { // it takes no more, or has no thread
            leave(begin, PendingReason.EXECUTOR_FULL);
        }
    }

    private void leave(int begin, PendingReason reason) {
        List<W> rest = writes.subList(begin, writes.size());
        left.accept(rest, reason);
        add(Collections.nCopies(rest.size(), reason));
        sent.complete(soFar());
    }

    private void add(List<? extends @Nullable PendingReason> reasons) {
        synchronized (decided) {
            decided.addAll(reasons);
        }
    }
}
