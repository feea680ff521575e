package io.github.dualwrite.internal;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.ValueFree;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which results of an apply count as a failure of the follower in the circuit breaker's eyes. */
public final class ApplyFailures {

    @SuppressWarnings("StaticAssignmentOfThrowable") // has no stack trace
    private static final Exception TRANSIENT = new Exception("the follower failed transiently", null, false, false) {};

    private ApplyFailures() {}

    /** A follower that breaks the rules of the SPI. */
    private static final class MalformedAnswerException extends IllegalStateException implements ValueFree {
        private static final long serialVersionUID = 1;

        MalformedAnswerException(String message) {
            super(message);
        }
    }

    /** What is wrong with the form of a follower's answer; {@code null} if it has a result for each record. */
    public static @Nullable Exception inForm(
            @Nullable List<ApplyResult> results, int records, String followerDescription) {
        if (results != null && results.size() == records && !holdsNull(results)) {
            return null;
        }
        return new MalformedAnswerException(followerDescription + " did not give one result for each of " + records
                + " records, but " + (results == null ? "none at all" : results.size()));
    }

    private static boolean holdsNull(List<ApplyResult> results) {
        for (@Nullable ApplyResult result : results) { // not contains(null), which some lists refuse
            if (result == null) {
                return true;
            }
        }
        return false;
    }

    /**
     * A call failed if at least half of its records failed transiently. A version that the follower has already, and a record
     * that it rejects for good, say nothing against its health.
     */
    public static @Nullable Throwable inBreakersEyes(List<ApplyResult> results) {
        int failed = 0;
        @Nullable Throwable cause = null;
        for (ApplyResult result : results) {
            if (result.status() == ApplyResult.Status.TRANSIENT_FAILURE) {
                failed++;
                cause = result.cause().orElse(TRANSIENT);
            }
        }
        return failed * 2 >= results.size() && failed > 0 ? cause : null;
    }
}
