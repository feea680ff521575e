package io.github.dualwrite.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.broken.BrokenLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulation is itself tested: it must find what is broken on purpose, within the number of schedules that is stated. */
class MutantsTest {

    /** A name, perhaps with what is to be said of it after a colon or a parenthesis, and two numbers. */
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| ([^|:(]+?)(?: ?[:(][^|]*)? \\| ([\\d ]+?) \\| ([\\d ]+?) \\|$");

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

    /** What docs/guarantees.md says of a mutant is so: its name, and within how many schedules it must be found. */
    @Test
    void eachMutantIsARowOfThePage() throws IOException {
        Map<String, Integer> mutants = new LinkedHashMap<>();
        Mutant.all().forEach(mutant -> mutants.put(mutant.name(), mutant.within()));
        CoreMutant.all().forEach(mutant -> mutants.put(mutant.name(), mutant.within()));

        Map<String, Integer> rows = new LinkedHashMap<>();
        ROW.matcher(Files.readString(Path.of("../docs/guarantees.md")))
                .results()
                .forEach(row -> {
                    int within = number(row.group(3));
                    rows.put(row.group(1), within);
                    assertThat(number(row.group(2))).as(row.group(1)).isBetween(1, within);
                });

        assertThat(mutants).hasSizeGreaterThan(40);
        assertThat(rows).containsExactlyInAnyOrderEntriesOf(mutants);
    }

    private static int number(String text) {
        return Integer.parseInt(text.replace(" ", ""));
    }

    private static void found(String name, String first) {
        System.out.println(name + ": " + first);
        assertThat(first).as(name).startsWith("found");
    }
}
