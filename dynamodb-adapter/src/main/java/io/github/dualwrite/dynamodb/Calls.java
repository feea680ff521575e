package io.github.dualwrite.dynamodb;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;

/** Calls of the asynchronous client whose results are made of something else. Whatever is thrown, also an {@code Error}, a result ends. */
final class Calls {

    private Calls() {}

    /**
     * Makes a call, then a result of its answer, or an error of its error. Never throws. Cancelling the result cancels the call,
     * which a dependent future by itself would not.
     */
    static <A, R extends @Nullable Object> CompletableFuture<R> answer(
            Supplier<CompletableFuture<A>> call,
            Function<A, R> result,
            Function<Throwable, RuntimeException> translation) {
        CompletableFuture<A> started;
        try {
            started = call.get();
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(translated(translation, e));
        }
        CompletableFuture<R> future = new CompletableFuture<>();
        CompletableFuture<?> unused = started.whenComplete((answer, error) -> {
            if (error != null) {
                future.completeExceptionally(translated(translation, error));
                return;
            }
            try {
                future.complete(result.apply(answer));
            } catch (Throwable e) {
                future.completeExceptionally(translated(translation, e));
            }
        });
        cancelTogether(future, started);
        return future;
    }

    private static Throwable translated(Function<Throwable, RuntimeException> translation, Throwable error) {
        try {
            return translation.apply(error);
        } catch (Throwable e) {
            return e;
        }
    }

    /**
     * Makes another call of a call's answer. Never throws. Cancelling the result cancels the call that is under way, and starts no other one, which a
     * composed future by itself would do.
     */
    static <A, R> CompletableFuture<R> then(CompletableFuture<A> first, Function<A, CompletableFuture<R>> next) {
        CompletableFuture<R> future = new CompletableFuture<>();
        cancelTogether(future, first);
        CompletableFuture<?> unused = first.whenComplete((answer, error) -> {
            if (error != null) {
                future.completeExceptionally(error);
            } else if (!future.isDone()) {
                CompletableFuture<R> second = answer(() -> next.apply(answer), result -> result, DynamoDbErrors::asIs);
                cancelTogether(future, second);
                CompletableFuture<?> unusedEnd = second.whenComplete((result, failure) -> {
                    if (failure != null) {
                        future.completeExceptionally(failure);
                    } else {
                        future.complete(result);
                    }
                });
            }
        });
        return future;
    }

    /** Gives a request so much time, whatever the client allows: for all its attempts, and for one. */
    static Consumer<AwsRequestOverrideConfiguration.Builder> allowing(Duration time) {
        return configuration -> configuration.apiCallTimeout(time).apiCallAttemptTimeout(time);
    }

    /** Cancels the inner call when the outer one is cancelled. */
    static void cancelTogether(CompletableFuture<?> outer, CompletableFuture<?> inner) {
        CompletableFuture<?> unused = outer.whenComplete((result, error) -> {
            if (outer.isCancelled()) {
                inner.cancel(true);
            }
        });
    }
}
