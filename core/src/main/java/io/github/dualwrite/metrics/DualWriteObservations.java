package io.github.dualwrite.metrics;

import io.github.dualwrite.event.CallOutcome;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.StoreCall;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.spi.Operation;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An observation around each call of a store, so that a trace shows both: {@code builder.listener(new
 * DualWriteObservations(observationRegistry))}. Name and keys are those of {@link DualWriteObservation}.
 *
 * <p>What a store's client observes by itself becomes a child of it, for instance a span of JDBC. The parent is what is current on
 * the caller's thread, also when the call is started on a thread of the repository, with two exceptions that belong to no
 * single caller and have no parent: in asynchronous mode the writes of a few milliseconds go to the follower in one call (unless {@code
 * handOverDelay} is zero), and the reconciler and shadow reads work by themselves.
 *
 * <p>An error is shown by the names of its classes alone: messages of drivers may hold values. Safe for use by many threads.
 */
public final class DualWriteObservations implements DualWriteListener {

    private final ObservationRegistry registry;

    /** Observations in this registry. As long as it is a no-op, also because it has no handler, nothing is made. */
    public DualWriteObservations(ObservationRegistry registry) {
        this.registry = Objects.requireNonNull(registry, "registry");
    }

    @Override
    public boolean listens() {
        return !registry.isNoop();
    }

    @Override
    public @Nullable StoreCall onCall(String repository, StoreRole store, Operation operation, int records) {
        if (registry.isNoop()) {
            return null;
        }
        String role = store.name().toLowerCase(Locale.ROOT);
        String verb = operation.name().toLowerCase(Locale.ROOT);
        Observation observation = DualWriteObservation.STORE_CALL
                .observation(registry)
                .contextualName("dualwrite " + role + " " + verb)
                .lowCardinalityKeyValue(DualWriteObservation.Key.REPOSITORY.withValue(repository))
                .lowCardinalityKeyValue(DualWriteObservation.Key.STORE.withValue(role))
                .lowCardinalityKeyValue(DualWriteObservation.Key.OPERATION.withValue(verb))
                .start();
        return new Observed(observation, observation.openScope());
    }

    @Override
    public Runnable onHandOver(Runnable work) {
        Observation current = registry.getCurrentObservation();
        return current == null ? work : () -> current.scoped(work);
    }

    private record Observed(Observation observation, Observation.Scope scope) implements StoreCall {
        @Override
        public void left() {
            scope.close();
        }

        @Override
        public void ended(CallOutcome outcome, @Nullable Throwable error) {
            String exception = error == null ? "none" : error.getClass().getSimpleName();
            observation.lowCardinalityKeyValue(
                    DualWriteObservation.Key.OUTCOME.withValue(outcome.name().toLowerCase(Locale.ROOT)));
            observation.lowCardinalityKeyValue(DualWriteObservation.Key.EXCEPTION.withValue(exception));
            if (outcome != CallOutcome.SUCCESS) {
                observation.error(new CallFailed(outcome, exception));
            }
            observation.stop();
        }
    }

    /** What a trace shows of an error. */
    private static final class CallFailed extends Exception {
        private CallFailed(CallOutcome outcome, String exception) {
            super(outcome + " (" + exception + ")", null, false, false);
        }
    }
}
