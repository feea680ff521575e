package io.github.dualwrite.metrics;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.ReadStatistics;
import io.github.dualwrite.RepositoryWatch;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.health.HealthProblem;
import io.github.dualwrite.health.QueueSample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Shows what a repository knows anyway when it is asked: samples of the queue, breakers, counters of reads, the route, health. */
final class StateGauges {

    private static final Duration RATIO_WINDOW = Duration.ofMinutes(5);

    private final Registration meters;
    private final DualWriteRepository<?, ?> repository;
    private final RepositoryWatch watch;

    StateGauges(Registration meters, DualWriteRepository<?, ?> repository, Clock clock) {
        this.meters = meters;
        this.repository = repository;
        this.watch = repository.watch();
        queue();
        watch.circuitBreakers().forEach(this::breaker);
        meters.counts(DualWriteMeter.FOLLOWER_CHECK_FAILURES, watch::followerChecksFailed);
        reads();
        shadows(clock);
        route();
        meters.gauge(DualWriteMeter.BACKFILL_COMPLETE, () -> flag(watch.backfillComplete()));
        health();
    }

    private void queue() {
        sample(DualWriteMeter.QUEUE_DEPTH, sample -> sample.statistics().depth());
        sample(DualWriteMeter.QUEUE_PARKED, sample -> sample.statistics().parked());
        sample(DualWriteMeter.QUEUE_OLDEST_AGE, sample -> seconds(sample.oldestAge()));
        meters.gauge(
                DualWriteMeter.QUEUE_SAMPLE_AGE,
                () -> watch.queueSampleAge().map(StateGauges::seconds).orElse(Double.NaN));
    }

    private void sample(DualWriteMeter meter, ToDoubleFunction<QueueSample> number) {
        meters.gauge(meter, () -> watch.queue().map(number::applyAsDouble).orElse(Double.NaN));
    }

    private void breaker(String purpose, CircuitBreaker breaker) {
        for (CircuitBreaker.State state : CircuitBreaker.State.values()) {
            meters.gauge(
                    DualWriteMeter.BREAKER_STATE,
                    () -> flag(breaker.getState() == state),
                    purpose,
                    DualWriteTag.name(state));
        }
    }

    private void reads() {
        String authority = DualWriteTag.name(StoreRole.AUTHORITY);
        String follower = DualWriteTag.name(StoreRole.FOLLOWER);
        reads(DualWriteMeter.READS, ReadStatistics::readsByAuthority, "key", authority);
        reads(DualWriteMeter.READS, ReadStatistics::readsByFollower, "key", follower);
        reads(DualWriteMeter.READS, ReadStatistics::queriesByAuthority, "query", authority);
        reads(DualWriteMeter.READS, ReadStatistics::queriesByFollower, "query", follower);
        for (FallbackReason reason : FallbackReason.values()) {
            String name = DualWriteTag.name(reason);
            reads(DualWriteMeter.READS_FALLBACKS, all -> count(all.readFallbacks(), reason), "key", name);
            reads(DualWriteMeter.READS_FALLBACKS, all -> count(all.queryFallbacks(), reason), "query", name);
        }
        reads(DualWriteMeter.READS_FAILED, ReadStatistics::followerReadsFailed);
        reads(DualWriteMeter.READS_UNDECIDED, ReadStatistics::undecided);
        reads(DualWriteMeter.READS_PENDING_UNKNOWN, ReadStatistics::pendingKeysUnknown);
    }

    private void shadows(Clock clock) {
        for (ShadowResult result : ShadowResult.values()) {
            reads(DualWriteMeter.SHADOW_COMPARED, all -> count(all.shadowResults(), result), DualWriteTag.name(result));
        }
        for (ShedReason reason : ShedReason.values()) {
            reads(DualWriteMeter.SHADOW_SHED, all -> count(all.shadowsShed(), reason), DualWriteTag.name(reason));
        }
        for (ShadowStep step : ShadowStep.values()) {
            reads(DualWriteMeter.SHADOW_FAILURES, all -> count(all.shadowFailures(), step), DualWriteTag.name(step));
        }
        reads(DualWriteMeter.SHADOW_HEALED, ReadStatistics::healed);
        reads(DualWriteMeter.SHADOW_HEALS_SKIPPED, ReadStatistics::healsSkipped);
        meters.gauge(
                DualWriteMeter.SHADOW_MISMATCH_RATIO,
                Recent.ratio(() -> compared(true), () -> compared(true) + compared(false), RATIO_WINDOW, clock));
    }

    private double compared(boolean mismatch) {
        return repository.readStatistics().shadowResults().entrySet().stream()
                .filter(entry -> entry.getKey().mismatch() == mismatch)
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private void route() {
        meters.gauge(
                DualWriteMeter.ROUTE_SECONDARY_PERCENT,
                () -> repository.readRoute().secondaryPercent());
        meters.gauge(
                DualWriteMeter.ROUTE_SHADOW_PERCENT,
                () -> repository.readRoute().shadowPercent());
        meters.gauge(DualWriteMeter.ROUTE_STEPPED_BACK, () -> flag(repository.readRouteSteppedBack()));
        reads(DualWriteMeter.ROUTE_CHANGES, ReadStatistics::routeChanges);
        reads(DualWriteMeter.ROUTE_SOURCE_FAILURES, ReadStatistics::routeSourceFailures);
    }

    private void health() {
        meters.gauge(DualWriteMeter.HEALTH_SAFE, () -> flag(repository.health().safe()));
        for (HealthProblem problem : HealthProblem.values()) {
            meters.gauge(
                    DualWriteMeter.HEALTH_PROBLEM,
                    () -> flag(repository.health().has(problem)),
                    DualWriteTag.name(problem));
        }
    }

    private void reads(DualWriteMeter meter, ToDoubleFunction<ReadStatistics> count, String... values) {
        meters.counts(meter, () -> count.applyAsDouble(repository.readStatistics()), values);
    }

    private static <E> double count(Map<E, Long> counts, E constant) {
        return counts.getOrDefault(constant, 0L);
    }

    private static double flag(boolean set) {
        return set ? 1 : 0;
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }
}
