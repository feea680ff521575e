package io.github.dualwrite.internal;

import io.github.dualwrite.spi.ValueFree;

/** A call that was not made. Without a stack trace: in an outage these come with every write. */
@SuppressWarnings("StaticAssignmentOfThrowable") // they have no stack trace
final class Refusal extends Exception implements ValueFree {

    static final Refusal BREAKER_OPEN = new Refusal("the circuit breaker is open");
    static final Refusal EXECUTOR_FULL = new Refusal("the executor takes no more");
    static final Refusal BULKHEAD_FULL = new Refusal("the bulkhead is full");
    static final Refusal INTERRUPTED = new Refusal("the caller was interrupted before the bulkhead");

    private Refusal(String message) {
        super(message, null, false, false);
    }
}
