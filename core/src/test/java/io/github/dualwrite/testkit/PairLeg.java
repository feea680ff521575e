package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** One direction of a {@link PairScenario}. */
final class PairLeg {

    private static final int WRITERS = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final PairScenario.Side from;
    private final PairScenario.Side to;
    private final Ledger ledger;
    private final int writes;
    private final long seed;
    private final AtomicBoolean outage = new AtomicBoolean();
    private final List<DualWriteRepository<String, Sample>> opened = new ArrayList<>();
    private int phase;

    PairLeg(PairScenario.Side from, PairScenario.Side to, Ledger ledger, int writes, long seed) {
        this.from = from;
        this.to = to;
        this.ledger = ledger;
        this.writes = writes;
        this.seed = seed;
    }

    void run() throws Exception {
        ledger.nextLeg();
        try {
            Fate doomed = new Fate(outage);
            DualWriteRepository<String, Sample> synchronous = open(doomed, SecondaryMode.SYNCHRONOUS);
            DualWriteRepository<String, Sample> asynchronous = open(new Fate(outage), SecondaryMode.ASYNCHRONOUS);
            write(synchronous, asynchronous);

            outage.set(true);
            write(synchronous, asynchronous);

            assertThat(asynchronous.reconciler().statistics().depth())
                    .as("pending when a process dies")
                    .isPositive();
            doomed.die();
            synchronous.reconciler().close(); // reaches nothing any more, and would only log
            outage.set(false);
            DualWriteRepository<String, Sample> successor = open(new Fate(outage), SecondaryMode.SYNCHRONOUS);
            write(successor, asynchronous);

            DrainReport report = successor.reconciler().drain(PATIENCE);
            assertThat(report.drained()).as("%s", report).isTrue();
            assertThat(report.parked()).as("%s", report).isZero();
        } finally {
            opened.forEach(DualWriteRepository::close);
        }
    }

    private void write(DualWriteRepository<String, Sample> one, DualWriteRepository<String, Sample> other)
            throws Exception {
        long phaseSeed = seed * 31 + phase++;
        Parallel.run(
                WRITERS,
                PATIENCE,
                worker -> new PairWriter(worker % 2 == 0 ? one : other, ledger, phaseSeed * WRITERS + worker)
                        .write(writes));
    }

    private DualWriteRepository<String, Sample> open(Fate fate, SecondaryMode mode) {
        DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "pair", fate.authority(from.authority()), fate.follower(to.follower()))
                .secondaryMode(mode)
                .secondaryTimeout(Duration.ofMillis(250))
                .grace(Duration.ofMillis(300))
                .circuitBreakerConfig(CircuitBreakerConfig.custom()
                        .slidingWindowSize(20)
                        .minimumNumberOfCalls(10)
                        .waitDurationInOpenState(Duration.ofMillis(100))
                        .permittedNumberOfCallsInHalfOpenState(2)
                        .build())
                .reconcilerSettings(ReconcilerSettings.builder()
                        .batchSize(100)
                        .batchTimeout(Duration.ofSeconds(1))
                        .lease(Duration.ofMillis(1200))
                        .pollInterval(Duration.ofMillis(20))
                        .initialBackoff(Duration.ofMillis(20))
                        .maxBackoff(Duration.ofMillis(200))
                        .build())
                .build();
        opened.add(repository);
        return repository;
    }
}
