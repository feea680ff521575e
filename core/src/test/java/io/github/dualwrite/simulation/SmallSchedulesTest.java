package io.github.dualwrite.simulation;

import static io.github.dualwrite.simulation.SmallOperation.DELETE;
import static io.github.dualwrite.simulation.SmallOperation.READ;
import static io.github.dualwrite.simulation.SmallOperation.SAVE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.broken.ForwardingFollower;
import io.github.dualwrite.simulation.SmallSchedules.Result;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All orders of a small world. {@code -Ddualwrite.simulation.small=all} adds other worlds. */
@Tag("DW-1")
@Tag("DW-2")
@Tag("DW-3")
@Tag("DW-5")
class SmallSchedulesTest {

    /** A small world by name. */
    record Small(
            String name,
            SecondaryMode mode,
            boolean exists,
            List<List<SmallOperation>> writers,
            boolean oneProcess,
            boolean deaths) {

        Result run(Reduction reduction, Supplier<Mutation> mutation) {
            Settings settings = new Settings();
            settings.timed = false;
            settings.background = false;
            settings.mode = mode;
            return new SmallSchedules(settings, exists, writers, oneProcess, deaths, mutation).run(reduction);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final Small SAVE_AND_DELETE_AND_A_DEATH = new Small(
            "a save, a delete, a reconciler, and the death of any of them",
            SecondaryMode.SYNCHRONOUS,
            true,
            List.of(List.of(SAVE), List.of(DELETE)),
            false,
            true);
    private static final Small SAVE_AND_READ_AND_A_DEATH = new Small(
            "asynchronous, a save and a read after it, a reconciler, and the death of any of them",
            SecondaryMode.ASYNCHRONOUS,
            true,
            List.of(List.of(SAVE, READ)),
            false,
            true);
    private static final Small SAVE_AND_DELETE = new Small(
            "a save, a delete and a reconciler",
            SecondaryMode.SYNCHRONOUS,
            true,
            List.of(List.of(SAVE), List.of(DELETE)),
            false,
            false);
    private static final List<Small> MORE = List.of(
            new Small(
                    "a save and a delete in one process, and a reconciler",
                    SecondaryMode.SYNCHRONOUS,
                    true,
                    List.of(List.of(SAVE), List.of(DELETE)),
                    true,
                    false),
            new Small(
                    "two first saves, a reconciler, and the death of any of them",
                    SecondaryMode.SYNCHRONOUS,
                    false,
                    List.of(List.of(SAVE), List.of(SAVE)),
                    false,
                    true),
            new Small(
                    "a delete and a re-creation by one, a save by another, and a reconciler",
                    SecondaryMode.SYNCHRONOUS,
                    true,
                    List.of(List.of(DELETE, SAVE), List.of(SAVE)),
                    false,
                    false),
            new Small(
                    "asynchronous, a save and a delete, a reconciler, and the death of any of them",
                    SecondaryMode.ASYNCHRONOUS,
                    true,
                    List.of(List.of(SAVE), List.of(DELETE)),
                    false,
                    true),
            new Small(
                    "asynchronous, a save and a read after it twice, and a reconciler",
                    SecondaryMode.ASYNCHRONOUS,
                    true,
                    List.of(List.of(SAVE, READ), List.of(SAVE, READ)),
                    false,
                    false));

    static List<Small> smallWorlds() {
        List<Small> small = new ArrayList<>(List.of(SAVE_AND_DELETE_AND_A_DEATH, SAVE_AND_READ_AND_A_DEATH));
        if (System.getProperty("dualwrite.simulation.small", "").equals("all")) {
            small.addAll(MORE);
        }
        return small;
    }

    @ParameterizedTest
    @MethodSource("smallWorlds")
    void everyOrderKeepsTheGuarantees(Small small) {
        long start = System.nanoTime();

        Result result = small.run(Reduction.ALL, Mutation::new);

        System.out.printf(
                "all orders of %s: %d states, %d schedules to the end, %d to a known state, %d outcomes, %.1f s%n",
                small,
                result.states(),
                result.schedules(),
                result.known(),
                result.ends().size(),
                (System.nanoTime() - start) / 1e9);
        assertThat(result.violation())
                .as(() -> String.join("\n", result.trace()))
                .isNull();
        assertThat(result.ends()).hasSizeGreaterThan(1);
    }

    @Test
    void whatIsLeftOutLosesNoState() {
        Small tiny = new Small(
                "a save and a reconciler", SecondaryMode.SYNCHRONOUS, true, List.of(List.of(SAVE)), false, true);
        Small mortal = new Small(
                "a first save, an idle writer and a reconciler",
                SecondaryMode.ASYNCHRONOUS,
                false,
                List.of(List.of(SAVE), List.of()),
                false,
                true);
        for (Small small : List.of(tiny, mortal)) {
            Result all = small.run(Reduction.NONE, Mutation::new);
            Result known = small.run(Reduction.KNOWN_STATES, Mutation::new);
            Result reduced = small.run(Reduction.ALL, Mutation::new);

            System.out.println(small + " and a death: " + all.schedules() + " schedules, reduced to "
                    + (known.schedules() + known.known()) + " and "
                    + (reduced.schedules() + reduced.known()) + "; "
                    + known.settledStates().size() + " states");
            assertThat(all.violation()).isNull();
            assertThat(reduced.violation()).isNull();
            assertThat(known.ends()).isEqualTo(all.ends());
            assertThat(reduced.ends()).isEqualTo(all.ends());
            assertThat(reduced.settledStates()).isEqualTo(known.settledStates());
            assertThat(reduced.schedules() + reduced.known()).isLessThan(all.schedules());
        }
    }

    @Test
    void aReadThatMissesWhatWasWrittenIsFound() {
        Result result = SAVE_AND_READ_AND_A_DEATH.run(Reduction.ALL, () -> new Mutation() {
            @Override
            Follower<String, Sample> callsOfFollower(Instance instance, Follower<String, Sample> wired) {
                return new ForwardingFollower(wired) {
                    @Override
                    public CompletableFuture<Optional<Sample>> read(String key) {
                        return CompletableFuture.completedFuture(Optional.empty());
                    }
                };
            }
        });

        assertThat(String.valueOf(result.violation())).startsWith("DW-5");
    }

    @Test
    void whatIsBrokenInASmallWorldIsFound() {
        for (String name : List.of("confirm without comparison", "state read before version")) {
            Mutant mutant = Mutant.all().stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            Result result = SAVE_AND_DELETE.run(Reduction.ALL, mutant.mutation());
            System.out.println(
                    name + ": found after " + (result.schedules() + result.known()) + " schedules of a small world");
            assertThat(result.violation()).as(name).isNotNull();
            assertThat(result.trace()).anyMatch(line -> line.contains("BROKEN"));
        }
    }
}
