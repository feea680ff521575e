package io.github.dualwrite.internal;

/** A call that was not made. Without a stack trace: in an outage these come with every write. */
final class Refusal extends Exception {

    static final Refusal BREAKER_OPEN = new Refusal("the circuit breaker is open");
    static final Refusal BULKHEAD_FULL = new Refusal("the bulkhead is full");

    private Refusal(String message) {
        super(message, null, false, false);
    }
}
