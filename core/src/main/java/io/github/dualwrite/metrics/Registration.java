package io.github.dualwrite.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Registers meters of one repository in one registry, as the enum says, and removes them again; registers nothing after that. A meter of
 * the enum that is there already is refused: a registry would hand it out once more, and it would show both. Safe for use by many
 * threads.
 */
final class Registration {

    private final MeterRegistry registry;
    private final Tag repository;
    private final Iterable<Tag> more;
    private final Set<Meter.Id> ofOthers = new HashSet<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Meter> registered = new ArrayList<>();
    private final List<Object> held = new ArrayList<>();
    private boolean closed;

    /**
     * A registration. What is in the registry now is taken for that of others.
     *
     * @param more tags that each meter gets too
     */
    Registration(MeterRegistry registry, String repository, Iterable<Tag> more) {
        this.registry = registry;
        this.repository = Tag.of(DualWriteTag.REPOSITORY.key(), repository);
        this.more = more;
        registry.getMeters().forEach(meter -> ofOthers.add(meter.getId()));
    }

    Counter counter(DualWriteMeter meter, String... values) {
        return kept(() -> Counter.builder(meter.meterName())
                .description(meter.meaning())
                .tags(tags(meter, values))
                .register(registry));
    }

    /** A counter that somebody else counts. */
    void counts(DualWriteMeter meter, DoubleSupplier count, String... values) {
        kept(() -> FunctionCounter.builder(meter.meterName(), strong(count), DoubleSupplier::getAsDouble)
                .description(meter.meaning())
                .tags(tags(meter, values))
                .register(registry));
    }

    void gauge(DualWriteMeter meter, DoubleSupplier value, String... values) {
        kept(() -> Gauge.builder(meter.meterName(), value::getAsDouble)
                .description(meter.meaning())
                .baseUnit(meter.unit().orElse(null))
                .tags(tags(meter, values))
                .strongReference(true)
                .register(registry));
    }

    /** A gauge with a name and tags that others may use too: one of theirs that is there already stays, and stays theirs. */
    void foreignGauge(String name, String description, DoubleSupplier value, Iterable<Tag> tags) {
        lock.lock();
        try {
            Gauge gauge = Gauge.builder(name, value::getAsDouble)
                    .description(description)
                    .tags(tags)
                    .tags(more)
                    .strongReference(true)
                    .register(registry);
            if (!ofOthers.contains(gauge.getId())) {
                registered.add(gauge);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A timer; {@code null} if everything has been removed: what ends later is not to come back into the registry. */
    @Nullable
    Timer timer(DualWriteMeter meter, UnaryOperator<Timer.Builder> options, String... values) {
        lock.lock();
        try {
            return closed
                    ? null
                    : kept(() -> options.apply(Timer.builder(meter.meterName())
                                    .description(meter.meaning())
                                    .tags(tags(meter, values)))
                            .register(registry));
        } finally {
            lock.unlock();
        }
    }

    /** Registries hold what they ask weakly. */
    private <T> T strong(T asked) {
        held.add(asked);
        return asked;
    }

    private <M extends Meter> M kept(Supplier<M> register) {
        lock.lock();
        try {
            M meter = register.get();
            if (ofOthers.contains(meter.getId())) {
                throw new IllegalStateException("repository '" + repository.getValue()
                        + "' is shown in this registry already, or another one of this name is (" + meter.getId()
                        + "): close the DualWriteMetrics that show it first, or tell the two apart with tags(…)");
            }
            registered.add(meter);
            return meter;
        } finally {
            lock.unlock();
        }
    }

    private List<Tag> tags(DualWriteMeter meter, String... values) {
        List<DualWriteTag> wanted = meter.tags();
        if (values.length != wanted.size() - 1) {
            throw new IllegalArgumentException(meter + " has the tags " + wanted);
        }
        List<Tag> tags = new ArrayList<>();
        tags.add(repository);
        for (int i = 0; i < values.length; i++) {
            tags.add(Tag.of(wanted.get(i + 1).key(), values[i]));
        }
        more.forEach(tags::add);
        return tags;
    }

    /** Everything that is registered from the beginning is: what comes into the registry from now on is nobody's concern. */
    void complete() {
        lock.lock();
        try {
            ofOthers.clear();
        } finally {
            lock.unlock();
        }
    }

    void removeAll() {
        lock.lock();
        try {
            closed = true;
            registered.forEach(registry::remove);
            registered.clear();
            held.clear();
        } finally {
            lock.unlock();
        }
    }
}
