package io.github.dualwrite.metrics;

import io.github.dualwrite.event.CallOutcome;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.StoreCall;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.spi.Operation;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Times calls of the stores. A timer is registered when there is something to record, and found again without making tags. */
final class CallTimers implements DualWriteListener {

    private final Registration meters;
    private final UnaryOperator<Timer.Builder> options;
    private final Clock clock;
    private final Map<StoreRole, Map<Operation, Map<CallOutcome, AtomicReference<@Nullable Timer>>>> timers =
            byConstant(
                    StoreRole.class,
                    () -> byConstant(
                            Operation.class, () -> byConstant(CallOutcome.class, () -> new AtomicReference<>())));

    CallTimers(Registration meters, UnaryOperator<Timer.Builder> options, Clock clock) {
        this.meters = meters;
        this.options = options;
        this.clock = clock;
    }

    @Override
    public StoreCall onCall(String repository, StoreRole store, Operation operation, int records) {
        long begin = clock.monotonicTime();
        return (outcome, error) -> {
            Timer timer = timer(store, operation, outcome);
            if (timer != null) {
                timer.record(clock.monotonicTime() - begin, TimeUnit.NANOSECONDS);
            }
        };
    }

    /** Never changed: safe to read by many. */
    private static <E extends Enum<E>, T> Map<E, T> byConstant(Class<E> type, Supplier<T> value) {
        Map<E, T> map = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            map.put(constant, value.get());
        }
        return map;
    }

    private @Nullable Timer timer(StoreRole store, Operation operation, CallOutcome outcome) {
        AtomicReference<@Nullable Timer> place = known(known(known(timers, store), operation), outcome);
        Timer known = place.get();
        if (known != null) {
            return known;
        }
        Timer registered = meters.timer( // two threads may both do it, and get the same one
                DualWriteMeter.STORE_CALLS,
                options,
                DualWriteTag.name(store),
                DualWriteTag.name(operation),
                DualWriteTag.name(outcome));
        place.set(registered);
        return registered;
    }

    private static <E, T> T known(Map<E, T> map, E constant) {
        return Objects.requireNonNull(map.get(constant));
    }
}
