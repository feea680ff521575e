package io.github.dualwrite.simulation;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs one schedule after another, on the threads of one worker. Not for use by several threads at once. */
final class Simulation implements AutoCloseable {

    /**
     * What became of a schedule.
     *
     * @param steps how many steps it had
     * @param trace one line for each, if that was wished
     * @param seen how often things happened that are of interest
     */
    record Outcome(long seed, @Nullable Violation violation, int steps, List<String> trace, Map<String, Integer> seen) {

        /** For a person who wants to know what happened. */
        String told() {
            return "seed " + seed + ": " + violation + "\n" + String.join("\n", trace);
        }
    }

    private final ActorThreads threads = new ActorThreads();

    /** Runs the schedule of a seed. */
    Outcome run(long seed, Supplier<Mutation> mutation, boolean traced) {
        Choices choices = new SeededChoices(seed);
        World world = new World(Settings.drawn(choices), choices, mutation.get(), threads, traced);
        try {
            new RandomSchedule(world).run();
        } catch (ScheduleOver e) {
            // a rule was broken
        } catch (Exception | Error e) {
            world.rules.broken("harness", "the driver ended with " + e, e);
        }
        Violation violation = world.rules.violation();
        world.end();
        return new Outcome(seed, violation, world.loop.steps(), world.trace.lines(), world.seen());
    }

    @Override
    public void close() {
        threads.close();
    }
}
