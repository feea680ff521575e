package io.github.dualwrite.simulation;

import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.simulation.Disturbances.Disturbance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Processes work, die and are started again, stores fail; then the faults stop, a job drains the queue, and what is left is
 * looked at.
 */
final class RandomSchedule {

    private static final Duration DEADLINE = Duration.ofMinutes(2);
    /** What comes from outside comes at one of so many steps, or of twice or four times as many, as schedules are long. */
    static final int STEPS = 350;

    private static final int RESET = 4;

    private final World world;
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();
    private final List<SimProcess> processes = new ArrayList<>();
    private int working;

    RandomSchedule(World world) {
        this.world = world;
    }

    void run() throws Exception {
        Settings settings = world.settings;
        if (world.followerTruth.scan().isEmpty()) {
            settings.onlyLive();
        }
        if (settings.recordsBefore) {
            world.keys.forEach(world::existsBefore);
        }
        for (int i = 0; i < settings.processes; i++) {
            start("p" + i, settings.clients, settings.operations, Client::operate);
        }
        for (int i = 0; i < settings.jobs; i++) {
            start("job" + i, 1, 3, RandomSchedule::drainForAWhile);
        }
        for (int i = 0; i < settings.copiers; i++) {
            start("copier" + i, 1, 3, Copier::copy);
        }
        for (int i = 0; i < settings.verifiers; i++) {
            start("verifier" + i, 1, 3, Verifier::verify);
        }
        world.disturbances.plan(disturbances());
        Boolean unused = world.loop.await(done, -1);
        end();
    }

    private void start(String name, int clients, int operations, Consumer<Instance> operation) {
        working++;
        SimProcess process = new SimProcess(world, name, clients, operations, operation, () -> {
            if (--working == 0) {
                done.complete(true);
            }
        });
        processes.add(process);
        process.start();
    }

    private static void drainForAWhile(Instance instance) {
        instance.world.loop.sleep(instance.world.choices.number(300) * 1_000_000L);
        try {
            DrainReport unused = instance.repository().reconciler().drain(Duration.ofMillis(400));
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        } catch (RuntimeException e) {
            instance.world.rules.ended("drain", e, 0, 0);
        }
    }

    private List<Disturbance> disturbances() {
        Choices choices = world.choices;
        int steps = STEPS << choices.number(3);
        List<Disturbance> planned = new ArrayList<>();
        for (int i = 0; i < world.settings.deaths; i++) {
            SimProcess victim = processes.get(choices.number(processes.size()));
            planned.add(new Disturbance(choices.number(steps), victim::dies));
        }
        for (int i = 0; i < world.settings.outages; i++) {
            int from = choices.number(steps);
            planned.add(new Disturbance(from, () -> outage("follower", true)));
            planned.add(new Disturbance(from + 20 + choices.number(150), () -> outage("follower", false)));
        }
        for (int i = 0; i < world.settings.authorityOutages; i++) {
            int from = choices.number(steps);
            planned.add(new Disturbance(from, () -> outage("authority", true)));
            planned.add(new Disturbance(from + 10 + choices.number(40), () -> outage("authority", false)));
        }
        for (int i = 0; i < world.settings.routeChanges; i++) {
            planned.add(new Disturbance(
                    choices.number(steps), () -> world.routeChanges(Settings.someRoute(world.choices))));
        }
        for (int i = 0; i < world.settings.damages; i++) {
            String key = world.keys.get(choices.number(world.keys.size()));
            planned.add(new Disturbance(choices.number(steps), () -> world.damage(key)));
        }
        for (int i = 0; i < world.settings.breakerChanges; i++) {
            int how = choices.number(5);
            planned.add(new Disturbance(choices.number(steps), () -> breakersChange(how)));
        }
        return planned;
    }

    private void breakersChange(int how) {
        world.trace.line(world.loop.now(), "BREAKERS change ", how);
        world.living().forEach(instance -> instance.breakerChanges(how));
    }

    private void outage(String store, boolean down) {
        world.trace.line(world.loop.now(), store, down ? " GOES DOWN" : " IS BACK");
        if (store.equals("follower")) {
            world.faults.followerDown(down);
        } else {
            world.faults.authorityDown(down);
        }
    }

    private void end() throws InterruptedException {
        world.trace.line(world.loop.now(), "FAULTS STOP");
        world.disturbances.stop();
        world.faults.stop();
        if (world.settings.breakerChanges > 0) { // what came from outside does not end by itself
            breakersChange(RESET);
        }
        List<Instance> survivors = world.living();
        if (world.settings.endsWithDeath) {
            survivors.forEach(world::kill);
        } else {
            world.loop.sleep(Duration.ofSeconds(2).toNanos());
            survivors.forEach(instance -> instance.witness.check());
            world.rules.parkedWereReported();
            if (!survivors.isEmpty()) {
                drain(survivors.get(0)); // what it lived through must not keep it from its work
            }
        }
        Instance job = world.newInstance("job", "job");
        job.open();
        drain(job);
        world.rules.parkedWereRejected();
        world.faults.mend();
        job.repository().reconciler().retryAllParked();
        drain(job);
        if (world.settings.recordsBefore) {
            Copier.finish(job, DEADLINE);
        }
        while (world.wire.underWay() > 0) {
            world.loop.sleep(Duration.ofMillis(100).toNanos());
        }
        drain(job);
        if (world.settings.verifiers > 0 && world.rules.violation() == null) {
            Verifier.finish(job, DEADLINE);
        }
        world.rules.converged(world.keys);
    }

    private void drain(Instance job) throws InterruptedException {
        DrainReport report = job.repository().reconciler().drain(DEADLINE);
        if (!report.drained()) {
            world.rules.broken("DW-3", "a drain of " + DEADLINE + " leaves " + report, null);
            throw new ScheduleOver();
        }
    }
}
