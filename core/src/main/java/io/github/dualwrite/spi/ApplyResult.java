package io.github.dualwrite.spi;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of one record or tombstone that was brought to the follower. Immutable. */
public final class ApplyResult {

    /** The four answers a follower gives. */
    public enum Status {
        /** The follower has this version now. */
        APPLIED,
        /** The follower already had this version or a newer one. As good as applied. */
        SUPERSEDED,
        /** It failed and may succeed later: throttling, time-outs, connections, missing privileges or tables. */
        TRANSIENT_FAILURE,
        /** This record cannot be stored there, however often it is tried: too large, invalid. */
        PERMANENT_FAILURE
    }

    private static final ApplyResult APPLIED = new ApplyResult(Status.APPLIED, "", null);
    private static final ApplyResult SUPERSEDED = new ApplyResult(Status.SUPERSEDED, "", null);

    private final Status status;
    private final String error;
    private final @Nullable Throwable cause;

    private ApplyResult(Status status, String error, @Nullable Throwable cause) {
        this.status = status;
        this.error = error;
        this.cause = cause;
    }

    /** The follower has this version now. */
    public static ApplyResult applied() {
        return APPLIED;
    }

    /** The follower already had this version or a newer one. */
    public static ApplyResult superseded() {
        return SUPERSEDED;
    }

    /**
     * It failed and may succeed later.
     *
     * @param error what went wrong, without values
     */
    public static ApplyResult transientFailure(String error, @Nullable Throwable cause) {
        return new ApplyResult(Status.TRANSIENT_FAILURE, error, WithheldException.orNull(cause));
    }

    /**
     * This record cannot be stored there.
     *
     * @param error why, and what to do, without values
     */
    public static ApplyResult permanentFailure(String error, @Nullable Throwable cause) {
        return new ApplyResult(Status.PERMANENT_FAILURE, error, WithheldException.orNull(cause));
    }

    /** The kind of answer. */
    public Status status() {
        return status;
    }

    /** Whether the follower has this version or a newer one. */
    public boolean onFollower() {
        return status == Status.APPLIED || status == Status.SUPERSEDED;
    }

    /** What went wrong, without values; empty if nothing did. */
    public String error() {
        return error;
    }

    /** The failure's cause, if there is one; {@linkplain WithheldException withheld} if it may carry values. */
    public Optional<Throwable> cause() {
        return Optional.ofNullable(cause);
    }

    @Override
    public String toString() {
        return error.isEmpty() ? status.toString() : status + ": " + error;
    }
}
