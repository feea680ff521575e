package io.github.dualwrite;

import io.github.dualwrite.event.CallOutcome;
import io.github.dualwrite.event.StoreCall;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.PermanentFailure;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells listeners of calls of the stores, from their beginning to their end. Safe for use by many threads. */
final class StoreCalls {

    private final Events events;

    StoreCalls(Events events) {
        this.events = events;
    }

    /** Whether nobody listens: to be asked first, so that not even a lambda is made then. */
    boolean off() {
        return !events.listening();
    }

    /** Makes a call that answers on the calling thread. */
    <T> T onAuthority(Operation operation, int records, Supplier<T> call) {
        StoreCall watched = events.begins(StoreRole.AUTHORITY, operation, records);
        if (watched == null) {
            return call.get();
        }
        Throwable error = null;
        try {
            return call.get();
        } catch (RuntimeException | Error e) {
            error = e;
            throw e;
        } finally {
            watched.left();
            watched.ended(error == null ? CallOutcome.SUCCESS : outcome(error), error);
        }
    }

    /** Makes a call that answers later; the future is the store's own, so that a cancellation reaches it. */
    <T> CompletableFuture<T> onFollower(
            Operation operation, int records, Supplier<CompletableFuture<T>> call, Function<T, CallOutcome> judge) {
        StoreCall watched = events.begins(StoreRole.FOLLOWER, operation, records);
        if (watched == null) {
            return call.get();
        }
        CompletableFuture<T> answer;
        try {
            answer = call.get();
        } catch (RuntimeException | Error e) {
            watched.left();
            watched.ended(outcome(e), e);
            throw e;
        }
        watched.left();
        if (answer == null) { // core makes an error of it
            watched.ended(CallOutcome.ERROR, null);
            return answer;
        }
        CompletableFuture<T> unused = answer.whenComplete((result, error) -> {
            if (error != null) {
                watched.ended(outcome(error), Guard.unwrap(error));
            } else {
                watched.ended(result == null ? CallOutcome.ERROR : judge.apply(result), null);
            }
        });
        return answer;
    }

    static CallOutcome success(Object result) {
        return CallOutcome.SUCCESS;
    }

    /** A failure that may pass says more about the store than one of a single record. */
    static CallOutcome ofBatch(List<ApplyResult> results) {
        CallOutcome outcome = CallOutcome.SUCCESS;
        for (ApplyResult result : results) {
            if (result == null) {
                return CallOutcome.ERROR;
            }
            if (result.status() == ApplyResult.Status.TRANSIENT_FAILURE) {
                return CallOutcome.TRANSIENT;
            }
            if (result.status() == ApplyResult.Status.PERMANENT_FAILURE) {
                outcome = CallOutcome.PERMANENT;
            }
        }
        return outcome;
    }

    private static CallOutcome outcome(@Nullable Throwable error) {
        Throwable e = error == null ? null : Guard.unwrap(error);
        if (e instanceof OutcomeUnknownException) {
            return CallOutcome.OUTCOME_UNKNOWN;
        }
        if (e instanceof ConflictException) {
            return CallOutcome.CONFLICT;
        }
        if (e instanceof ConfigurationException) {
            return CallOutcome.CONFIGURATION;
        }
        if (e instanceof PermanentFailure) {
            return CallOutcome.PERMANENT;
        }
        if (e instanceof TransientStoreException) {
            return CallOutcome.TRANSIENT;
        }
        return e instanceof TimeoutException || e instanceof CancellationException
                ? CallOutcome.TIMEOUT
                : CallOutcome.ERROR;
    }
}
