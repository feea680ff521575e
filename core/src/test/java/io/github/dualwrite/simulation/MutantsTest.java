package io.github.dualwrite.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.simulation.Simulation.Outcome;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulation is itself tested: it must find what is broken on purpose, within the number of schedules that is stated. */
class MutantsTest {

    static List<Mutant> mutants() {
        return Mutant.all();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void theSimulationFinds(Mutant mutant) {
        try (Simulation simulation = new Simulation()) {
            int schedules = 0;
            Outcome outcome;
            do {
                outcome = simulation.run(1_000_000 + schedules, mutant.mutation(), false);
                schedules++;
            } while (!breaksAGuarantee(outcome) && schedules < mutant.within());
            System.out.printf(
                    "%s: found in schedule %d of %d: %s%n", mutant, schedules, mutant.within(), outcome.violation());
            assertThat(breaksAGuarantee(outcome))
                    .as("%s within %d", mutant, mutant.within())
                    .isTrue();
        }
    }

    private static boolean breaksAGuarantee(Outcome outcome) {
        Violation violation = outcome.violation();
        return violation != null && !violation.rule().equals("harness");
    }
}
