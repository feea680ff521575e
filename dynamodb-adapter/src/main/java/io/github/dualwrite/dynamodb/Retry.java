package io.github.dualwrite.dynamodb;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Repeats a conditional call on one item a few times, with growing pauses, without blocking a thread. */
final class Retry<A> {

    private static final int ATTEMPTS = 5;

    /** About a second and a half with all pauses. */
    private static final int MANY_ATTEMPTS = 8;

    private static final long FIRST_PAUSE_MILLIS = 5;

    /**
     * How it ended.
     *
     * @param answer the answer, or {@code null}
     * @param error the last error, or {@code null}
     * @param unsure whether an earlier attempt, ours or one inside the client, may have taken effect, so that a failed condition may
     *     be its doing
     */
    record End<A>(@Nullable A answer, @Nullable Throwable error, boolean unsure) {

        A orThrow() {
            A present = answer;
            if (present == null) {
                throw error == null ? new IllegalStateException("no answer") : DynamoDbErrors.asIs(error);
            }
            return present;
        }
    }

    private final int attempts;
    private final Supplier<CompletableFuture<A>> call;
    private final Predicate<Throwable> retryable;
    private final DynamoDbErrors errors;
    private final CompletableFuture<End<A>> end = new CompletableFuture<>();

    private Retry(
            int attempts, Supplier<CompletableFuture<A>> call, Predicate<Throwable> retryable, DynamoDbErrors errors) {
        this.attempts = attempts;
        this.call = call;
        this.retryable = retryable;
        this.errors = errors;
    }

    /** Never completes exceptionally by itself; cancelling it cancels the call. */
    static <A> CompletableFuture<End<A>> start(
            Supplier<CompletableFuture<A>> call, Predicate<Throwable> retryable, DynamoDbErrors errors) {
        return start(ATTEMPTS, call, retryable, errors);
    }

    /** The same for longer, off the path of a caller: throttling takes a while to pass. */
    static <A> CompletableFuture<End<A>> startPatiently(
            Supplier<CompletableFuture<A>> call, Predicate<Throwable> retryable, DynamoDbErrors errors) {
        return start(MANY_ATTEMPTS, call, retryable, errors);
    }

    private static <A> CompletableFuture<End<A>> start(
            int attempts, Supplier<CompletableFuture<A>> call, Predicate<Throwable> retryable, DynamoDbErrors errors) {
        Retry<A> retry = new Retry<>(attempts, call, retryable, errors);
        retry.attempt(1, false);
        return retry.end;
    }

    private void attempt(int attempt, boolean unsureBefore) {
        if (end.isDone()) {
            return;
        }
        CompletableFuture<A> started;
        try {
            started = call.get();
        } catch (RuntimeException e) {
            started = CompletableFuture.failedFuture(e);
        }
        Calls.cancelTogether(end, started);
        CompletableFuture<?> unused = started.whenComplete((answer, error) -> {
            if (error == null) {
                end.complete(new End<>(answer, null, unsureBefore));
                return;
            }
            Throwable cause = DynamoDbErrors.unwrap(error);
            if (attempt < attempts && retryable.test(cause)) {
                long pause = ThreadLocalRandom.current().nextLong(1, (FIRST_PAUSE_MILLIS << attempt) + 1);
                boolean unsure = unsureBefore || errors.mayHaveBeenDone(cause);
                CompletableFuture.delayedExecutor(pause, TimeUnit.MILLISECONDS)
                        .execute(() -> attempt(attempt + 1, unsure));
            } else {
                end.complete(new End<>(null, cause, unsureBefore || DynamoDbErrors.repeatedByClient(cause)));
            }
        });
    }
}
