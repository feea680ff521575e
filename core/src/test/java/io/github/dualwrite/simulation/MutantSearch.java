package io.github.dualwrite.simulation;

import io.github.dualwrite.simulation.Simulation.Outcome;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** Looks for the first schedule that breaks a rule, with whatever library it was loaded with. */
public final class MutantSearch implements IntFunction<String> {

    /** Mutants are looked for elsewhere than the default run is. */
    private static final long FIRST_SEED = 1_000_000;

    /** How many schedules it took and what was broken; empty if so many kept the rules. */
    @Override
    public String apply(int within) {
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
