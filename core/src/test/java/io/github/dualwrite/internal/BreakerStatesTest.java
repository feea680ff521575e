package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BreakerStatesTest {

    private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("watched");
    private final List<String> changes = new ArrayList<>();
    private final BreakerStates states = new BreakerStates(breaker, (from, to) -> changes.add(from + " to " + to));

    @Test
    void aChangeIsToldOnceAtTheNextLook() {
        states.look();
        breaker.transitionToOpenState();
        states.look();
        states.look();
        breaker.transitionToHalfOpenState();
        breaker.transitionToClosedState();
        states.look();

        assertThat(changes).containsExactly("CLOSED to OPEN", "OPEN to CLOSED");
    }

    @Test
    void theStateOfTheBeginningIsNoChange() {
        breaker.transitionToForcedOpenState();
        new BreakerStates(breaker, (from, to) -> changes.add("told")).look();

        assertThat(changes).isEmpty();
    }
}
