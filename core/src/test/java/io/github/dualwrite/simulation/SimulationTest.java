package io.github.dualwrite.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.dualwrite.simulation.Simulation.Outcome;
import org.junit.jupiter.api.Test;

class SimulationTest {

    @Test
    void first() {
        long start = System.nanoTime();
        long steps = 0;
        int n = Integer.getInteger("dualwrite.simulation.schedules", 200);
        long from = Long.getLong("dualwrite.simulation.seed", 0);
        try (Simulation simulation = new Simulation()) {
            for (long seed = from; seed < from + n; seed++) {
                Outcome outcome = simulation.run(seed, Mutation::new, false);
                steps += outcome.steps();
                if (outcome.violation() != null) {
                    if (outcome.violation().cause() != null) outcome.violation().cause().printStackTrace();
                    fail(simulation.run(seed, Mutation::new, true).told());
                }
            }
        }
        double s = (System.nanoTime() - start) / 1e9;
        System.out.println(n + " schedules, " + steps + " steps, " + s + " s, " + n / s + "/s");
        assertThat(steps).isPositive();
    }
}
