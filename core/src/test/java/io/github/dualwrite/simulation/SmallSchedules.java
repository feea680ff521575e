package io.github.dualwrite.simulation;

import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All schedules of a small world: one key, two writers, one reconciler, and at most one of their processes dies at any step.
 * Time stands still as long as anything can happen; what the library does soon may happen at any moment.
 */
final class SmallSchedules {

    /**
     * What came out.
     *
     * @param states how many states with a choice were reached
     * @param schedules how many schedules were run to their end
     * @param known how many came to a state from which all had been tried
     * @param settledStates the states in which no process had only its own memory to work on
     * @param ends how many different contents of both stores and the queue there were before the last drain
     */
    record Result(
            int states,
            long schedules,
            long known,
            Set<String> ends,
            Set<String> settledStates,
            @Nullable Violation violation,
            List<String> trace) {}

    private final Settings settings;
    private final boolean exists;
    private final List<List<SmallOperation>> writers;
    private final boolean oneProcess;
    private final boolean deaths;
    private final Supplier<Mutation> mutation;
    private final Set<String> drained = new HashSet<>();

    /**
     * A small world.
     *
     * @param exists whether there is a record before
     * @param writers what each does
     * @param oneProcess whether the writers share a process
     */
    SmallSchedules(
            Settings settings,
            boolean exists,
            List<List<SmallOperation>> writers,
            boolean oneProcess,
            boolean deaths,
            Supplier<Mutation> mutation) {
        this.settings = settings;
        this.exists = exists;
        this.writers = writers;
        this.oneProcess = oneProcess;
        this.deaths = deaths;
        this.mutation = mutation;
    }

    /** Runs all of them, or as many as broke no rule. */
    Result run(Reduction reduction) {
        EnumeratedChoices choices = new EnumeratedChoices(reduction);
        Set<String> ends = new HashSet<>();
        long schedules = 0;
        long known = 0;
        ActorThreads threads = new ActorThreads();
        try {
            do {
                World world = run(choices, threads, ends, false);
                schedules += choices.known() ? 0 : 1;
                known += choices.known() ? 1 : 0;
                if (world.rules.violation() != null) {
                    choices.again();
                    World told = run(choices, threads, ends, true);
                    return new Result(
                            choices.states(),
                            schedules,
                            known,
                            ends,
                            choices.settledStates(),
                            world.rules.violation(),
                            told.trace.lines());
                }
            } while (choices.advance());
        } finally {
            threads.close();
        }
        return new Result(choices.states(), schedules, known, ends, choices.settledStates(), null, List.of());
    }

    private World run(EnumeratedChoices choices, ActorThreads threads, Set<String> ends, boolean traced) {
        World world = new World(settings, choices, mutation.get(), threads, traced);
        try {
            one(world, choices, ends);
        } catch (ScheduleOver e) {
            // a rule was broken, or it is another order of a schedule that was run
        } catch (Exception | Error e) {
            world.rules.broken("harness", "the driver ended with " + e, e);
        }
        choices.stop();
        world.end();
        return world;
    }

    private void one(World world, EnumeratedChoices choices, Set<String> ends) throws Exception {
        if (exists) {
            settled(world, world.newRecord("k0"));
        }
        List<Instance> instances = new ArrayList<>();
        for (int i = 0; i < (oneProcess ? 1 : writers.size()); i++) {
            instances.add(world.newInstance("w" + i, "w" + i));
        }
        Instance reconciler = world.newInstance("r", "r");
        instances.add(reconciler);
        instances.forEach(Instance::open);
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        int[] busy = {writers.size() + 1};
        for (int i = 0; i < writers.size(); i++) {
            List<SmallOperation> operations = writers.get(i);
            start(instances.get(oneProcess ? 0 : i), "writer", busy, done, instance -> {
                Client client = Client.of(instance);
                operations.forEach(operation -> operation.by(client));
            });
        }
        start(
                reconciler,
                "starts the reconciler",
                busy,
                done,
                instance -> instance.repository().reconciler().start());
        choices.branchIn(world, deaths ? instances : List.of(), victim -> {
            world.kill(victim);
            over(busy, victim.owes, done);
        });
        Boolean unused = world.loop.await(done, -1);
        world.loop.sleep(1_000_000); // when time passes, nothing else could happen any more
        choices.stop();
        ends.add(world.truth.readAll(world.keys) + " "
                + world.followerTruth.readAll(world.keys).join() + " "
                + world.truth.queue().pendingAmong(world.keys));
        world.living().forEach(world::kill);
        if (world.truth.queue().pendingAmong(world.keys).isEmpty()) {
            world.rules.converged(world.keys);
            return;
        }
        if (!drained.add(world.fingerprint.stores())) {
            return; // and what a new process makes of the same stores is the same
        }
        Instance job = world.newInstance("job", "job");
        job.open();
        drain(job, Duration.ofMinutes(1));
        world.rules.converged(world.keys);
    }

    private static void start(
            Instance instance, String name, int[] busy, CompletableFuture<Boolean> done, Consumer<Instance> work) {
        instance.owes++;
        Runnable body = () -> {
            work.accept(instance);
            instance.owes--;
            over(busy, 1, done);
        };
        instance.world.loop.spawn(instance, name, body, instance.world.loop.now());
    }

    private static void over(int[] busy, int how, CompletableFuture<Boolean> done) {
        busy[0] -= how;
        if (busy[0] == 0) {
            done.complete(true);
        }
    }

    private static void settled(World world, Sample value) {
        VersionedRecord<String, Sample> written = world.truth.save(value);
        world.history.committed(written);
        world.rules.applied(
                written, world.followerTruth.apply(List.of(written)).join().get(0));
        world.truth.queue().confirm(List.of(new KeyVersion<>(written.key(), written.version())));
    }

    private static void drain(Instance instance, Duration deadline) {
        try {
            DrainReport report = instance.repository().reconciler().drain(deadline);
            if (!report.drained()) {
                instance.world.rules.broken("DW-3", "a drain leaves " + report, null);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        }
    }
}
