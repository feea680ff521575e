package io.github.dualwrite;

import io.github.dualwrite.health.HealthFinding;
import io.github.dualwrite.health.HealthProblem;
import io.github.dualwrite.health.HealthReport;
import io.github.dualwrite.health.HealthSettings;
import io.github.dualwrite.internal.EffectiveRoute;
import io.github.dualwrite.internal.QueueSamples;
import io.github.dualwrite.reconcile.Reconciler;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Looks at what is known anyway: it waits for nothing and throws nothing. Safe for use by many threads. */
final class HealthCheck {

    /**
     * Those that nobody asks for a permit as long as reads do not go to the secondary: if they are open then, they stay it, and refuse
     * nothing. Shadow reads and verifications have breakers too, but what these refuse harms nothing but the comparison.
     */
    private static final Set<String> OF_READS = Set.of(Guards.READ, Guards.QUERY);

    private static final int FAILED_ROUNDS = 3;

    /** How long claim, snapshot, confirmation and all that may take together before a round hangs. */
    private static final Duration ROUND_BESIDES_APPLY = Duration.ofMinutes(1);

    private final String repository;
    private final HealthSettings settings;
    private final QueueSamples queue;
    private final Map<String, CircuitBreaker> breakers;
    private final EffectiveRoute route;
    private final Reconciler<?, ?> reconciler;
    private final boolean inBackground;
    private final Duration longestRound;
    private final BooleanSupplier closed;

    /**
     * A check.
     *
     * @param inBackground whether this instance is to reconcile by itself
     * @param longestRound after which a round of the reconciler hangs
     */
    HealthCheck(
            String repository,
            HealthSettings settings,
            QueueSamples queue,
            Map<String, CircuitBreaker> breakers,
            EffectiveRoute route,
            Reconciler<?, ?> reconciler,
            boolean inBackground,
            Duration longestRound,
            BooleanSupplier closed) {
        this.repository = repository;
        this.settings = settings;
        this.queue = queue;
        this.breakers = breakers;
        this.route = route;
        this.reconciler = reconciler;
        this.inBackground = inBackground;
        this.longestRound = longestRound;
        this.closed = closed;
    }

    /** From the end of one round to the end of the next, if nothing hangs. */
    static Duration longestRound(ReconcilerSettings reconciling) {
        return reconciling.pollInterval().plus(reconciling.batchTimeout()).plus(ROUND_BESIDES_APPLY);
    }

    HealthReport report() {
        List<HealthFinding> findings = new ArrayList<>();
        if (closed.getAsBoolean()) {
            found(findings, HealthProblem.CLOSED, "it was closed on this instance");
            return new HealthReport(repository, findings);
        }
        part(findings, () -> queue(findings));
        breakers.forEach((purpose, breaker) -> part(findings, () -> breaker(purpose, breaker, findings)));
        part(findings, () -> route(findings));
        part(findings, () -> reconciler(findings));
        return new HealthReport(repository, findings);
    }

    /** One that fails, for instance in a circuit breaker of the caller's, must not hide what the others find. */
    private static void part(List<HealthFinding> findings, Runnable look) {
        try {
            look.run();
        } catch (RuntimeException | Error e) {
            found(findings, HealthProblem.CHECK_FAILED, e.getClass().getName());
        }
    }

    private void queue(List<HealthFinding> findings) {
        queue.begin();
        if (queue.stale()) {
            found(
                    findings,
                    HealthProblem.QUEUE_UNKNOWN,
                    queue.age().map(age -> "last read " + seconds(age) + " ago").orElse("not read yet")
                            + queue.failure()
                                    .map(e -> ", " + e.getClass().getSimpleName())
                                    .orElse(""));
        }
        queue.last().ifPresent(sample -> {
            if (sample.oldestAge().compareTo(settings.maxPendingAge()) > 0) {
                found(
                        findings,
                        HealthProblem.QUEUE_OLD,
                        sample.statistics().depth() + " pending, the oldest for " + seconds(sample.oldestAge())
                                + ", allowed " + seconds(settings.maxPendingAge()));
            }
            if (sample.statistics().parked() > 0) {
                found(findings, HealthProblem.PARKED, sample.statistics().parked() + " parked");
            }
        });
    }

    private void breaker(String purpose, CircuitBreaker breaker, List<HealthFinding> findings) {
        CircuitBreaker.State state = breaker.getState();
        boolean refuses = state == CircuitBreaker.State.OPEN
                || state == CircuitBreaker.State.FORCED_OPEN
                || (state == CircuitBreaker.State.HALF_OPEN && !(purpose.equals(Guards.WRITE) && drained()));
        if (refuses && (purpose.equals(Guards.WRITE) || (OF_READS.contains(purpose) && route.mayReadSecondary()))) {
            found(findings, HealthProblem.BREAKER_OPEN, purpose + " " + state);
        }
    }

    /** Then what the breaker probed with has arrived, and it stays as it is until somebody writes: that is no outage. */
    private boolean drained() {
        return !queue.stale()
                && queue.last()
                        .filter(sample -> sample.statistics().depth() == 0)
                        .isPresent();
    }

    private void route(List<HealthFinding> findings) {
        route.failingFor()
                .filter(duration -> duration.compareTo(settings.maxRouteSourceFailure()) > 0)
                .ifPresent(duration ->
                        found(findings, HealthProblem.ROUTE_SOURCE_STALE, "failing for " + seconds(duration)));
        if (route.steppedBack()) {
            found(findings, HealthProblem.STEPPED_BACK, "until the flag changes or somebody resumes it");
        }
    }

    private void reconciler(List<HealthFinding> findings) {
        if (!inBackground) {
            return;
        }
        if (!reconciler.running()) {
            found(findings, HealthProblem.RECONCILER_STOPPED, "it does not run");
            return;
        }
        Duration silent = reconciler.sinceLastRound();
        if (silent.compareTo(longestRound) > 0) {
            found(findings, HealthProblem.RECONCILER_STOPPED, "no round has ended for " + seconds(silent));
        }
        if (reconciler.failedRounds() >= FAILED_ROUNDS) {
            found(findings, HealthProblem.RECONCILER_FAILING, reconciler.failedRounds() + " rounds in a row failed");
        }
    }

    private static void found(List<HealthFinding> findings, HealthProblem problem, String detail) {
        findings.add(new HealthFinding(problem, detail));
    }

    private static String seconds(Duration duration) {
        return duration.toSeconds() + " s";
    }
}
