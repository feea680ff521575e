package io.github.dualwrite.internal;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

/**
 * Notices that a circuit breaker has changed its state, by looking at it after each use.
 *
 * <p>A consumer registered with the breaker would be told, but as soon as a breaker has one, it makes an event of each single call, with
 * the time of day in it: that is half of what a call through it costs. A state that was left again before anybody looked
 * is not told. Safe for use by many threads.
 */
public final class BreakerStates {

    private final CircuitBreaker breaker;
    private final BiConsumer<State, State> changed;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile State told;

    /**
     * Begins with the state of now.
     *
     * @param changed gets the old and the new state; must not throw
     */
    public BreakerStates(CircuitBreaker breaker, BiConsumer<State, State> changed) {
        this.breaker = breaker;
        this.changed = changed;
        this.told = breaker.getState();
    }

    /** Tells of a change since the last look, if there is one. */
    public void look() {
        if (breaker.getState() == told) {
            return;
        }
        State before;
        State now;
        lock.lock();
        try {
            before = told;
            now = breaker.getState(); // under the lock, so that no two looks tell it in the wrong order
            told = now;
        } finally {
            lock.unlock();
        }
        if (before != now) {
            changed.accept(before, now);
        }
    }
}
