package io.github.dualwrite.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.simulation.Simulation.Outcome;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The guarantees over many random schedules. {@code -Ddualwrite.simulation.schedules=1000000} runs more of them, {@code
 * -Ddualwrite.simulation.seed=N} begins elsewhere.
 */
@Tag("DW-1")
@Tag("DW-2")
@Tag("DW-3")
@Tag("DW-4")
@Tag("DW-5")
@Tag("DW-6")
@Tag("DW-7")
class SimulationTest {

    private static final long SCHEDULES = Long.getLong("dualwrite.simulation.schedules", 20_000);
    private static final long SEED = Long.getLong("dualwrite.simulation.seed", 1);
    private static final String[] OF_INTEREST = {
        "death of a client",
        "death of a copier",
        "death of a verifier",
        "death of a job",
        "backfill complete next to writes",
        "baseline stored",
        "baseline superseded by a version",
        "verification next to writes",
        "verification in flight",
        "verification with a difference",
        "repair next to writes",
        "repair in the end",
        "breaker changed state",
        "death after step 350",
        "claim next to another instance's",
        "read answered by the follower",
        "read fails without fallback",
        "fallback PENDING",
        "fallback TIMEOUT",
        "fallback FAILED",
        "fallback BREAKER_OPEN",
        "fallback EXECUTOR_FULL",
        "fallback MISS_BEFORE_BACKFILL",
        "shadow read equal",
        "parked",
        "left pending FAILED",
        "left pending TIMEOUT",
        "left pending REJECTED",
        "left pending BREAKER_OPEN",
        "left pending BULKHEAD_FULL",
        "left pending EXECUTOR_FULL",
        "save DONE_LATER",
        "save LOST_AFTER",
        "re-created after a delete"
    };
    private static final int THREADS = Integer.getInteger("dualwrite.simulation.threads", 2);

    @Test
    void everyScheduleKeepsTheGuarantees() throws InterruptedException {
        long start = System.nanoTime();
        Runs runs = new Runs(SEED, SCHEDULES, Mutation::new);

        List<Outcome> broken = runs.run(THREADS);

        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "simulation: %d schedules, %d steps, %.1f s, %.0f schedules per second%n",
                runs.done(), runs.steps(), seconds, runs.done() / seconds);
        System.out.println("simulation: " + runs.seen());
        assertThat(broken).as(() -> tell(broken.get(0).seed())).isEmpty();
        assertThat(runs.done()).isEqualTo(SCHEDULES);
        if (SCHEDULES >= 5000) { // a few schedules need not come everywhere
            assertThat(runs.seen()).containsKeys(OF_INTEREST);
        }
    }

    @Test
    void theSameSeedIsTheSameSchedule() {
        try (Simulation one = new Simulation();
                Simulation other = new Simulation()) {
            for (long seed = SEED; seed < SEED + 100; seed++) {
                Outcome outcome = one.run(seed, Mutation::new, true);
                assertThat(other.run(seed, Mutation::new, true)).isEqualTo(outcome);
                assertThat(outcome.trace()).hasSizeGreaterThan(10);
            }
        }
    }

    private static final Supplier<Mutation> APPLY_WITHOUT_GUARD =
            Mutant.all().get(1).mutation();

    @Test
    void aBrokenRuleIsToldStepByStepAndComesAgain() {
        try (Simulation simulation = new Simulation()) {
            long seed = 0;
            while (simulation.run(seed, APPLY_WITHOUT_GUARD, false).violation() == null) {
                seed++;
            }
            Outcome again = simulation.run(seed, APPLY_WITHOUT_GUARD, true);

            assertThat(again.violation()).isNotNull();
            assertThat(again.told()).contains("seed " + seed + ": DW-2").contains("BROKEN DW-2", "apply [", "client0");
        }
    }

    private static String tell(long seed) {
        try (Simulation simulation = new Simulation()) {
            return simulation.run(seed, Mutation::new, true).told() + "\nagain: -Ddualwrite.simulation.seed=" + seed
                    + " -Ddualwrite.simulation.schedules=1";
        }
    }
}
