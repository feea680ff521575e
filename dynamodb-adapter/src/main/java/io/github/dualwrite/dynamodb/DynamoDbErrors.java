package io.github.dualwrite.dynamodb;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Operation;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;
import software.amazon.awssdk.services.dynamodb.model.TransactionInProgressException;

/**
 * Translates every error of DynamoDB and of its client, once.
 *
 * <p>Only what concerns one record for good is permanent: the service calls the item invalid. Everything else is transient, also
 * what nobody here knows, and what is wrong with the configuration: that concerns every record, and parking them all would
 * help nobody.
 *
 * <p>Messages are written here. Those of the service can quote values; of the cause {@link ServiceCause} is kept.
 */
final class DynamoDbErrors {

    private static final String NOTHING_WRITTEN = "nothing was written; try again";
    private static final String TRIED_AGAIN = "it will be tried again";

    /** The last word about a call of an authority that failed for now, where nobody repeats it by himself. */
    private static final Map<Operation, String> OF_CALLERS = Map.of(
            Operation.READ, "try again",
            Operation.READ_ALL, "try again",
            Operation.CREATE, NOTHING_WRITTEN,
            Operation.UPDATE, NOTHING_WRITTEN,
            Operation.SAVE, NOTHING_WRITTEN,
            Operation.SAVE_ALL, NOTHING_WRITTEN,
            Operation.DELETE, NOTHING_WRITTEN,
            Operation.DELETE_ALL, NOTHING_WRITTEN,
            Operation.MARK_PENDING, NOTHING_WRITTEN);

    private final String repository;
    private final String store;

    DynamoDbErrors(String repository, String store) {
        this.repository = repository;
        this.store = store;
    }

    /** One record cannot be applied for good. */
    ApplyResult rejected(Object key, String message) {
        return permanent(new PermanentStoreException(context(Operation.APPLY, List.of(key)), message, null));
    }

    private static ApplyResult permanent(PermanentStoreException e) {
        return ApplyResult.permanentFailure(String.valueOf(e.getMessage()), e);
    }

    /** An error's place among the four answers of a follower; a failed condition is no error and does not come here. */
    ApplyResult applyFailure(Object key, Throwable error) {
        DualWriteException translated = translate(Operation.APPLY, List.of(key), error);
        return translated instanceof PermanentStoreException e
                ? permanent(e)
                : ApplyResult.transientFailure(String.valueOf(translated.getMessage()), translated);
    }

    /** An error as one of the library's; permanent, or transient. */
    DualWriteException translate(Operation operation, Collection<?> keys, Throwable error) {
        return translate(operation, keys, error, TRIED_AGAIN);
    }

    private DualWriteException translate(Operation operation, Collection<?> keys, Throwable error, String next) {
        Throwable cause = unwrap(error);
        DualWriteException.Context context = context(operation, keys);
        if (cause instanceof DualWriteException translated) {
            return translated;
        }
        if (cause instanceof RecordException) {
            return new PermanentStoreException(context, String.valueOf(cause.getMessage()), cause);
        }
        if (cause instanceof AwsServiceException e) {
            String message = ServiceErrorKind.describe(e);
            return ServiceErrorKind.of(e).permanent()
                    ? new PermanentStoreException(context, message, ServiceCause.of(e))
                    : new TransientStoreException(context, message + "; " + next, ServiceCause.of(e));
        }
        return new TransientStoreException(context, describeClientError(cause, next), cause);
    }

    /** Certainly unfit. */
    ConfigurationException unfit(String message, @Nullable Throwable cause) {
        return new ConfigurationException(context(Operation.OPEN, List.of()), message, ServiceCause.of(cause));
    }

    /** Nothing can be done until it is configured otherwise. */
    ConfigurationException misconfigured(Operation operation, Collection<?> keys, String message) {
        return new ConfigurationException(context(operation, keys), message, null);
    }

    /** Whether a table that a request names is not there. */
    static boolean missing(Throwable error) {
        return unwrap(error) instanceof ResourceNotFoundException;
    }

    /** One record cannot be written for good. */
    PermanentStoreException permanent(Operation operation, Collection<?> keys, String message) {
        return permanent(operation, keys, message, null);
    }

    /** It cannot be done for good. */
    PermanentStoreException permanent(
            Operation operation, Collection<?> keys, String message, @Nullable Throwable cause) {
        return new PermanentStoreException(context(operation, keys), message, ServiceCause.of(cause));
    }

    /** An authority's error: nothing was written. What is wrong with the configuration is not hidden behind retries here. */
    DualWriteException authorityFailure(Operation operation, Collection<?> keys, Throwable error) {
        Throwable cause = unwrap(error);
        if (cause instanceof Deadline.NoAnswer) {
            return new TransientStoreException(context(operation, keys), String.valueOf(cause.getMessage()), cause);
        }
        if (cause instanceof DynamoDbException e && ServiceErrorKind.of(e).misconfigured()) {
            return new ConfigurationException(
                    context(operation, keys), ServiceErrorKind.describe(e), ServiceCause.of(e));
        }
        if (operation == Operation.OPEN && cause instanceof DynamoDbException e && ServiceErrorKind.validation(e)) {
            return badName(e);
        }
        return translate(operation, keys, cause, OF_CALLERS.getOrDefault(operation, TRIED_AGAIN));
    }

    /** An authority's write whose end was not seen. */
    OutcomeUnknownException outcomeUnknown(Operation operation, Collection<?> keys, Throwable error) {
        return new OutcomeUnknownException(
                context(operation, keys),
                "DynamoDB's answer was lost; read the record to find out whether the write is committed",
                ServiceCause.of(unwrap(error)));
    }

    /** Whether a request that ended so may have taken effect. */
    boolean mayHaveBeenDone(Throwable error) {
        Throwable cause = unwrap(error);
        if (ClientErrors.ofCredentials(cause)) {
            return false; // they are asked for before anything is sent
        }
        if (cause instanceof TransactionCanceledException) {
            return false; // the service knows the token, also after attempts of the client whose answers were lost
        }
        if (cause instanceof TransactionInProgressException) {
            return true;
        }
        if (repeatedByClient(cause)) {
            // what the last attempt was refused for says nothing of those before, unless no attempt can be valid
            return !(cause instanceof AwsServiceException refused) || !ServiceErrorKind.validation(refused);
        }
        if (cause instanceof AwsServiceException e) {
            return e.statusCode() >= 500;
        }
        return (cause instanceof SdkClientException || cause instanceof Deadline.NoAnswer)
                && !ClientErrors.withoutConnection(cause);
    }

    /** Whether the client has asked more than once by itself; what became of its earlier attempts it does not tell. */
    static boolean repeatedByClient(Throwable error) {
        return unwrap(error) instanceof SdkException e && e.numAttempts() != null && e.numAttempts() > 1;
    }

    /** Whether the same request may succeed soon. */
    boolean retryable(Throwable error) {
        Throwable cause = unwrap(error);
        if (cause instanceof TransactionCanceledException e) {
            return Cancellations.passing(e);
        }
        if (cause instanceof AwsServiceException e) {
            return e.statusCode() >= 500
                    || e.isThrottlingException()
                    || e instanceof TransactionConflictException
                    || e instanceof TransactionInProgressException;
        }
        return cause instanceof SdkClientException && !ClientErrors.ofCredentials(cause);
    }

    /** Whether the client has not the privilege for this action. */
    static boolean denied(Throwable error) {
        return unwrap(error) instanceof DynamoDbException e && ServiceErrorKind.of(e) == ServiceErrorKind.DENIED;
    }

    /** What is asked when a store is opened has nothing of the application's in it but the name. */
    private ConfigurationException badName(DynamoDbException e) {
        return unfit(ServiceErrorKind.code(e) + ": DynamoDB does not accept the table's name; mend it", e);
    }

    /** An error of a check: whether the store is certainly unfit, or that is not known. */
    DualWriteException checkFailure(Throwable error) {
        Throwable cause = unwrap(error);
        if (cause instanceof DynamoDbException e) {
            ServiceErrorKind kind = ServiceErrorKind.of(e);
            if (kind == ServiceErrorKind.NO_TABLE || kind == ServiceErrorKind.BAD_CREDENTIALS) {
                return unfit(ServiceErrorKind.describe(e), e);
            }
            if (ServiceErrorKind.validation(e)) {
                return badName(e);
            }
        }
        return translate(Operation.OPEN, List.of(), error);
    }

    static Throwable unwrap(Throwable error) {
        Throwable e = error;
        while (e instanceof CompletionException && e.getCause() != null) {
            e = e.getCause();
        }
        return e;
    }

    static RuntimeException asIs(Throwable error) {
        Throwable cause = unwrap(error);
        return cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
    }

    DualWriteException.Context context(Operation operation, Collection<?> keys) {
        return new DualWriteException.Context(repository, operation, store, keys);
    }

    private static String describeClientError(Throwable e, String next) {
        String name = e.getClass().getSimpleName();
        if (e instanceof ApiCallTimeoutException || e instanceof ApiCallAttemptTimeoutException) {
            return name
                    + ": DynamoDB did not answer in the time that the client allows; it may have done it nevertheless";
        }
        if (ClientErrors.ofCredentials(e)) {
            return name + ": the client finds no credentials; give it a credentials provider that has some; " + next;
        }
        if (ClientErrors.withoutConnection(e)) {
            return name + ": DynamoDB could not be reached, see the cause; " + next;
        }
        return e instanceof SdkClientException
                ? name + ": DynamoDB could not be reached, or its answer was lost; see the cause"
                : name + ": see the cause";
    }

    /** Whether an item is larger than DynamoDB can hold, or a transaction. */
    static boolean tooLarge(Throwable error) {
        return unwrap(error) instanceof AwsServiceException e && ServiceErrorKind.tooLargeTogether(e);
    }
}
