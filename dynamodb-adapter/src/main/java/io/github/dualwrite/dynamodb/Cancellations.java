package io.github.dualwrite.dynamodb;

import java.util.List;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;

/** Why DynamoDB cancelled a transaction: one reason for each of its actions. */
final class Cancellations {

    private static final String NONE = "None";
    private static final String CONDITION = "ConditionalCheckFailed";
    private static final String CONFLICT = "TransactionConflict";
    private static final List<String> PASSING =
            List.of(CONFLICT, "ProvisionedThroughputExceeded", "ThrottlingError", "RequestLimitExceeded");

    private Cancellations() {}

    static boolean byCondition(CancellationReason reason) {
        return CONDITION.equals(reason.code());
    }

    /**
     * Whether conditions failed and nothing that will not pass by itself. A conflict beside a failed condition does not count: the
     * condition tells more.
     */
    static boolean byCondition(TransactionCanceledException e) {
        return e.hasCancellationReasons()
                && e.cancellationReasons().stream().anyMatch(Cancellations::byCondition)
                && e.cancellationReasons().stream().allMatch(r -> byCondition(r) || passing(r));
    }

    /** Whether every reason will pass by itself. */
    static boolean passing(TransactionCanceledException e) {
        return e.hasCancellationReasons() && e.cancellationReasons().stream().allMatch(Cancellations::passing);
    }

    private static boolean passing(CancellationReason reason) {
        return reason.code() == null || NONE.equals(reason.code()) || PASSING.contains(reason.code());
    }

    /** Whether somebody else's transaction was in the way. */
    static boolean conflict(Throwable e) {
        return e instanceof TransactionConflictException
                || (e instanceof TransactionCanceledException cancelled
                        && cancelled.hasCancellationReasons()
                        && cancelled.cancellationReasons().stream().anyMatch(r -> CONFLICT.equals(r.code())));
    }

    /** The action whose reason {@link #lasting} is; -1 if none has one. */
    static int lastingAction(TransactionCanceledException e) {
        return e.hasCancellationReasons() ? e.cancellationReasons().indexOf(lasting(e)) : -1;
    }

    /** The code and message of the reason that will not pass, as those of an error of its own. */
    static CancellationReason lasting(TransactionCanceledException e) {
        List<CancellationReason> reasons = e.hasCancellationReasons() ? e.cancellationReasons() : List.of();
        return reasons.stream()
                .filter(reason -> !passing(reason))
                .findFirst()
                .or(() -> reasons.stream()
                        .filter(reason -> reason.code() != null && !NONE.equals(reason.code()))
                        .findFirst())
                .orElseGet(
                        () -> CancellationReason.builder().code("").message("").build());
    }
}
