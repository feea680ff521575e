package io.github.dualwrite.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulation is itself tested: it must find what is broken on purpose, within the number of schedules that is stated. */
class MutantsTest {

    static List<Mutant> mutants() {
        return Mutant.all();
    }

    static List<CoreMutant> coreMutants() {
        return CoreMutant.all();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void theSimulationFindsABrokenStoreOrProtocol(Mutant mutant) {
        found(mutant.name(), MutantSearch.InThisWorld.first(mutant.within(), mutant.mutation()));
    }

    @ParameterizedTest
    @MethodSource("coreMutants")
    void theSimulationFindsABrokenLineOfTheLibrary(CoreMutant mutant, @TempDir Path directory) throws Exception {
        mutant.compileInto(directory);

        found(mutant.name(), new BrokenWorld(directory).search().first(mutant.within()));
    }

    private static void found(String name, String first) {
        System.out.println(name + ": " + first);
        assertThat(first).as(name).startsWith("found");
    }
}
