package io.github.dualwrite.metrics;

import io.github.dualwrite.event.CallOutcome;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.StoreCall;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.spi.Operation;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Times calls of the stores. A timer is registered when there is something to record, and found again without making tags. */
final class CallTimers implements DualWriteListener {

    private static final int OPERATIONS = Operation.values().length;
    private static final int OUTCOMES = CallOutcome.values().length;

    private final Registration meters;
    private final UnaryOperator<Timer.Builder> options;
    private final Clock clock;
    private final AtomicReferenceArray<@Nullable Timer> timers =
            new AtomicReferenceArray<>(StoreRole.values().length * OPERATIONS * OUTCOMES);

    CallTimers(Registration meters, UnaryOperator<Timer.Builder> options, Clock clock) {
        this.meters = meters;
        this.options = options;
        this.clock = clock;
    }

    @Override
    public StoreCall onCall(String repository, StoreRole store, Operation operation, int records) {
        long begin = clock.monotonicTime();
        return (outcome, error) ->
                timer(store, operation, outcome).record(clock.monotonicTime() - begin, TimeUnit.NANOSECONDS);
    }

    private Timer timer(StoreRole store, Operation operation, CallOutcome outcome) {
        int index = (store.ordinal() * OPERATIONS + operation.ordinal()) * OUTCOMES + outcome.ordinal();
        Timer known = timers.get(index);
        if (known != null) {
            return known;
        }
        Timer registered = meters.timer( // two threads may both do it, and get the same one
                DualWriteMeter.STORE_CALLS,
                options,
                DualWriteTag.name(store),
                DualWriteTag.name(operation),
                DualWriteTag.name(outcome));
        timers.set(index, registered);
        return registered;
    }
}
