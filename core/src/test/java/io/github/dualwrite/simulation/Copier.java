package io.github.dualwrite.simulation;

import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;

/** A process that works on the backfill for a while, as one of several; now and then it is told to pause. */
final class Copier {

    private static final int MILLISECOND = 1_000_000;

    private Copier() {}

    static Backfill<String, Sample> backfill(Instance instance) {
        Settings settings = instance.world.settings;
        return instance.repository()
                .backfill(BackfillSettings.<Sample>builder()
                        .splits(settings.splits)
                        .threads(settings.scanThreads)
                        .pageSize(settings.pageSize)
                        .batchTimeout(Duration.ofMillis(120))
                        .lease(Duration.ofMillis(200))
                        .pollInterval(Duration.ofMillis(30))
                        .initialBackoff(Duration.ofMillis(20))
                        .maxBackoff(Duration.ofMillis(100))
                        .maxDelay(Duration.ofMillis(50))
                        .attempts(4)
                        .giveWay(false) // how fast it is decides nothing here
                        .build());
    }

    static void copy(Instance instance) {
        World world = instance.world;
        world.loop.sleep(world.choices.number(100) * (long) MILLISECOND);
        try {
            Backfill<String, Sample> backfill = backfill(instance);
            if (world.choices.once(6)) {
                boolean unused = backfill.pause();
                world.loop.sleep(world.choices.number(200) * (long) MILLISECOND);
                unused = backfill.resume();
            }
            BackfillReport report = run(instance, backfill, Duration.ofMillis(100 + world.choices.number(900)));
            world.keys.forEach(Client.of(instance)::read); // this process has just looked how far the job is
            if (report.complete()) {
                world.saw("backfill complete next to writes");
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        } catch (RuntimeException e) {
            world.rules.ended("backfill", e, 0, 0);
        }
    }

    private static BackfillReport run(Instance instance, Backfill<String, Sample> backfill, Duration deadline)
            throws InterruptedException {
        BackfillReport report = backfill.run(deadline);
        if (report.complete()) {
            instance.world.rules.backfilled();
        }
        return report;
    }

    /** When all the faults are over, one run is enough. */
    static void finish(Instance instance, Duration deadline) throws InterruptedException {
        Backfill<String, Sample> backfill = backfill(instance);
        boolean unused = backfill.resume(); // whoever paused it may be dead
        BackfillReport report = run(instance, backfill, deadline);
        if (report.failuresLeft() > 0) {
            report = backfill.retryFailures();
        }
        if (!report.complete()) {
            instance.world.rules.broken("DW-7", "a backfill without faults is not complete: " + report, null);
        }
        instance.world.rules.backfilled();
    }
}
