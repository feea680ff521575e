package io.github.dualwrite.health;

/** What can be wrong. Each has a runbook in {@code docs/operations.md}. */
public enum HealthProblem {
    /** The repository is closed. */
    CLOSED(true),
    /**
     * The queue could not be read for a while, or not yet: the authority does not answer this question, which may be a long one, or the
     * repository has just begun. Writes and reads may work all the same.
     */
    QUEUE_UNKNOWN(false),
    /**
     * The circuit breaker of writes refuses calls, or lets through no more than probes while the queue is not known to be empty: the follower
     * fails. Or one of reads or queries does so while these may go to the secondary.
     */
    BREAKER_OPEN(false),
    /** The oldest pending write is older than allowed. */
    QUEUE_OLD(false),
    /** There are parked writes, which a person must look after. */
    PARKED(false),
    /** The source of the read route has failed for longer than allowed; the last good route is in force, or the authority. */
    ROUTE_SOURCE_STALE(false),
    /** Reads have stepped back to the authority by themselves. */
    STEPPED_BACK(false),
    /** This instance is to reconcile in the background, and its reconciler does not run or does not come to the end of a round. */
    RECONCILER_STOPPED(false),
    /** The rounds of this instance's reconciler fail one after the other. */
    RECONCILER_FAILING(false),
    /** A part of the check itself failed; the others went on. */
    CHECK_FAILED(false);

    private final boolean keepsFromServing;

    HealthProblem(boolean keepsFromServing) {
        this.keepsFromServing = keepsFromServing;
    }

    /**
     * Whether an instance with this problem cannot do its work. What is wrong with the follower alone is none of these: writes and
     * reads go on without it (DW-4), and taking instances out of service would make an outage of it. Nor is a queue that cannot be
     * counted: after a long outage of the follower it is long, and counting it may take longer than a store's driver allows. Whether the
     * authority answers at all is for the application's own check of it.
     */
    public boolean keepsFromServing() {
        return keepsFromServing;
    }
}
