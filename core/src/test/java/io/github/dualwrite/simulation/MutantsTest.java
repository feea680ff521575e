package io.github.dualwrite.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.broken.BrokenLibrary;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulation is itself tested: it must find what is broken on purpose, within the number of schedules that is stated. */
class MutantsTest {

    static List<Mutant> mutants() {
        return Mutant.all();
    }

    /** Those that need many schedules take a minute or two together, and are looked for if that is asked for. */
    static List<CoreMutant> coreMutants() {
        int most = Integer.getInteger("dualwrite.mutants.within", 2000);
        return CoreMutant.all().stream()
                .filter(mutant -> mutant.within() <= most)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void theSimulationFindsABrokenStoreOrProtocol(Mutant mutant) {
        found(mutant.name(), MutantSearch.first(mutant.within(), mutant.mutation()));
    }

    @ParameterizedTest
    @MethodSource("coreMutants")
    void theSimulationFindsABrokenLineOfTheLibrary(CoreMutant mutant, @TempDir Path directory) throws Exception {
        mutant.line().compileInto(directory);

        IntFunction<?> search = new BrokenLibrary(directory).make(MutantSearch.class.getName(), IntFunction.class);
        found(mutant.name(), String.valueOf(search.apply(mutant.within())));
    }

    private static void found(String name, String first) {
        System.out.println(name + ": " + first);
        assertThat(first).as(name).startsWith("found");
    }
}
