package io.github.dualwrite.simulation;

import io.github.dualwrite.simulation.Simulation.Outcome;
import java.util.function.Supplier;

/** Looks for the first schedule that breaks a rule. Known to both worlds, the whole one and the broken one. */
public interface MutantSearch {

    /** Mutants are looked for elsewhere than the default run is. */
    long FIRST_SEED = 1_000_000;

    /** How many schedules it took and what was broken; empty if all of them kept the rules. */
    String first(int within);

    /** In the world of the class loader that loaded it. */
    final class InThisWorld implements MutantSearch {

        @Override
        public String first(int within) {
            return first(within, Mutation::new);
        }

        static String first(int within, Supplier<Mutation> mutation) {
            try (Simulation simulation = new Simulation()) {
                for (int schedules = 1; schedules <= within; schedules++) {
                    Outcome outcome = simulation.run(FIRST_SEED + schedules - 1, mutation, false);
                    Violation violation = outcome.violation();
                    if (violation != null && !violation.rule().equals("harness")) {
                        return "found in schedule " + schedules + " of " + within + ": " + violation;
                    }
                }
                return "";
            }
        }
    }
}
