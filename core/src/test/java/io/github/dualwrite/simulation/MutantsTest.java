package io.github.dualwrite.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.simulation.Simulation.Outcome;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulation is itself tested: it must find what is broken on purpose, within the number of schedules that is stated. */
class MutantsTest {

    @ParameterizedTest
    @EnumSource
    void theSimulationFinds(Mutant mutant) {
        try (Simulation simulation = new Simulation()) {
            int schedules = 0;
            Outcome outcome;
            do {
                outcome = simulation.run(1_000_000 + schedules, mutant.mutation, false);
                schedules++;
            } while (outcome.violation() == null && schedules < mutant.within);
            System.out.println(mutant + ": " + schedules + ": " + outcome.violation());
            assertThat(outcome.violation()).as("%s within %d", mutant, mutant.within).isNotNull();
            assertThat(Objects.requireNonNull(outcome.violation()).rule()).startsWith("DW-");
        }
    }
}
