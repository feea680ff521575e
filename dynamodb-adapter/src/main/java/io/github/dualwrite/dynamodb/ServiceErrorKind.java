package io.github.dualwrite.dynamodb;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/** What an error of a service means, decided once by its code, its status and the words of its message. */
enum ServiceErrorKind {
    NO_CREDENTIALS(null),
    NO_TABLE("there is no such table; create it, or mend the table's name or the client's region or endpoint"),
    DENIED("the client's credentials do not allow this; grant the actions that DynamoDbStore lists"),
    BAD_CREDENTIALS(
            "DynamoDB does not accept the client's credentials; mend the access key, the secret, the region or the clock"),
    EXPIRED_CREDENTIALS("the client's session credentials have expired; renew them"),
    CONFLICT("a transaction was changing the item"),
    TABLE_IN_USE("the table is being created, changed or deleted"),
    KEY_MISMATCH(
            "the table's key is not that of the mapping; create the table with the mapping's key attributes, or mend the"
                    + " mapping"),
    INDEX_MISMATCH(
            "an attribute of the item has not the type that a secondary index of the table wants as its key; create the"
                    + " index with the mapping's type, or mend the mapping"),
    ITEM_TOO_LARGE(
            "the item is larger than the 400 KB that DynamoDB can hold; store the large attribute elsewhere or compress it"
                    + " with an ItemMapping of your own, then retry the parked write"),
    COLLECTION_TOO_LARGE(
            "all items under this partition key are larger than 10 GB together, which a table with local secondary"
                    + " indexes cannot hold; choose another partition key"),
    INVALID(
            "DynamoDB calls the item invalid; likely are a key that is too long, more than 32 levels of nesting, or a null or an"
                    + " empty string in the key of a secondary index; mend the record or the mapping, then retry the parked write"),
    THROTTLED("DynamoDB throttles; if it stays so, raise the table's capacity or spread the keys"),
    FAILED("DynamoDB failed"),
    OTHER(null);

    private static final Map<String, ServiceErrorKind> BY_CODE = Map.ofEntries(
            Map.entry("ResourceNotFoundException", NO_TABLE),
            Map.entry("AccessDeniedException", DENIED),
            Map.entry("ExpiredToken", EXPIRED_CREDENTIALS),
            Map.entry("ExpiredTokenException", EXPIRED_CREDENTIALS),
            Map.entry("TransactionConflictException", CONFLICT),
            Map.entry("ResourceInUseException", TABLE_IN_USE),
            Map.entry("ItemCollectionSizeLimitExceededException", COLLECTION_TOO_LARGE),
            Map.entry("ItemCollectionSizeLimitExceeded", COLLECTION_TOO_LARGE),
            Map.entry("UnrecognizedClientException", BAD_CREDENTIALS),
            Map.entry("InvalidClientTokenId", BAD_CREDENTIALS),
            Map.entry("InvalidSignatureException", BAD_CREDENTIALS),
            Map.entry("SignatureDoesNotMatch", BAD_CREDENTIALS),
            Map.entry("IncompleteSignature", BAD_CREDENTIALS),
            Map.entry("IncompleteSignatureException", BAD_CREDENTIALS),
            Map.entry("MissingAuthenticationToken", BAD_CREDENTIALS),
            Map.entry("MissingAuthenticationTokenException", BAD_CREDENTIALS));

    /** Of reasons why a transaction is cancelled; errors of their own have other codes. */
    private static final Set<String> THROTTLING = Set.of(
            "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "LimitExceededException");

    private final @Nullable String hint;

    ServiceErrorKind(@Nullable String hint) {
        this.hint = hint;
    }

    static ServiceErrorKind of(AwsServiceException e) {
        if (ClientErrors.ofCredentials(e)) {
            return NO_CREDENTIALS;
        }
        String code = code(e);
        ServiceErrorKind known = BY_CODE.get(code);
        if (known != null) {
            return known;
        }
        if (code.startsWith("Validation")) {
            return keyMismatch(e)
                    ? KEY_MISMATCH
                    : indexMismatch(e) ? INDEX_MISMATCH : tooLarge(e) ? ITEM_TOO_LARGE : INVALID;
        }
        if (e.statusCode() == 413) {
            return ITEM_TOO_LARGE;
        }
        if (e.isThrottlingException() || THROTTLING.contains(code)) {
            return THROTTLED;
        }
        return e.statusCode() >= 500 ? FAILED : OTHER;
    }

    /** Whether it concerns one record for good. */
    boolean permanent() {
        return this == ITEM_TOO_LARGE || this == COLLECTION_TOO_LARGE || this == INVALID;
    }

    /** Whether nothing can be done until the table or the client is configured otherwise. */
    boolean misconfigured() {
        return this == NO_TABLE || this == DENIED || this == BAD_CREDENTIALS;
    }

    /** Whether the service calls what it was asked invalid. */
    static boolean validation(AwsServiceException e) {
        return code(e).startsWith("Validation");
    }

    /** What is told of it. */
    static String describe(AwsServiceException e) {
        ServiceErrorKind kind = of(e);
        String code = code(e);
        String hint = kind == NO_CREDENTIALS
                ? "another service than DynamoDB, "
                        + e.getClass().getSimpleName().replace("Exception", "")
                        + ", gave the client this instead of credentials; mend its credentials provider"
                : kind.hint;
        return (code.isEmpty() ? "status " + e.statusCode() : code) + (hint == null ? "" : ": " + hint);
    }

    private static boolean keyMismatch(AwsServiceException e) {
        return says(e, "does not match the schema")
                || says(e, "missing the key")
                || says(e, "required keys") // DynamoDB Local
                || says(e, "type mismatch for key");
    }

    /** The mapping and an index do not fit; a null is one record's. */
    private static boolean indexMismatch(AwsServiceException e) {
        return (says(e, "type mismatch for index key") && !says(e, "actual: null"))
                || says(e, "secondary index key to unsupported type"); // of an update, which does not tell a null apart
    }

    private static boolean tooLarge(AwsServiceException e) {
        return says(e, "item size") || says(e, "size has exceeded") || says(e, "maximum allowed size");
    }

    /** Whether an item is larger than DynamoDB can hold, or a transaction. */
    static boolean tooLargeTogether(AwsServiceException e) {
        return tooLarge(e) || says(e, "aggregate size");
    }

    private static boolean says(AwsServiceException e, String words) {
        String message = e instanceof TransactionCanceledException cancelled && cancelled.hasCancellationReasons()
                ? Cancellations.lasting(cancelled).message()
                : e.getMessage();
        return String.valueOf(message).toLowerCase(Locale.ROOT).contains(words);
    }

    /** Of a transaction that was cancelled, that of the reason. */
    static String code(AwsServiceException e) {
        if (e instanceof TransactionCanceledException cancelled && cancelled.hasCancellationReasons()) {
            return String.valueOf(Cancellations.lasting(cancelled).code());
        }
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? ""
                : e.awsErrorDetails().errorCode();
    }
}
