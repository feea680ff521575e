package io.github.dualwrite.simulation;

import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.verify.RepairReport;
import io.github.dualwrite.verify.Verification;
import io.github.dualwrite.verify.VerificationException;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationSettings;
import io.github.dualwrite.verify.VerificationState;
import java.time.Duration;

/** A process that compares both stores next to live traffic, and sometimes repairs what it found. */
final class Verifier {

    private static final int MILLISECOND = 1_000_000;

    private Verifier() {}

    private static Verification<String, Sample> verification(Instance instance) {
        Settings settings = instance.world.settings;
        return instance.repository()
                .verification(VerificationSettings.<String, Sample>builder()
                        .threads(settings.scanThreads)
                        .pageSize(settings.pageSize)
                        .buckets(2)
                        .recheckDelay(Duration.ofMillis(30))
                        .rechecks(3)
                        .readTimeout(Settings.SECONDARY_TIMEOUT)
                        .attempts(3)
                        .build());
    }

    static void verify(Instance instance) {
        World world = instance.world;
        world.loop.sleep(world.choices.number(150) * (long) MILLISECOND);
        try {
            Verification<String, Sample> verification = verification(instance);
            VerificationReport<String> report = run(world, verification);
            world.saw("verification next to writes");
            if (report.differing() > 0) {
                world.saw("verification with a difference");
            }
            if (report.inFlight() > 0) {
                world.saw("verification in flight");
            }
            if (report.differing() > 0 && world.choices.once(2)) {
                RepairReport<String> unused = verification.repair(report, Duration.ofMillis(500));
                world.saw("repair next to writes");
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        } catch (VerificationException e) {
            world.trace.line(world.loop.now(), "    ", instance, " ", e); // a store that goes on failing
        } catch (RuntimeException e) {
            world.rules.ended("verification", e, 0, 0);
        }
    }

    private static VerificationReport<String> run(World world, Verification<String, Sample> verification)
            throws InterruptedException {
        Watch watch = world.rules.watch();
        VerificationReport<String> report = verification.run();
        world.rules.verified(watch, report);
        return report;
    }

    /** When all the faults are over, and nothing is on its way: finds all that differs, and heals it. */
    static void finish(Instance instance, Duration deadline) throws InterruptedException {
        World world = instance.world;
        Verification<String, Sample> verification = verification(instance);
        VerificationReport<String> report = run(world, verification);
        if (report.state() == VerificationState.DIFFERENT) {
            RepairReport<String> repaired = verification.repair(report, deadline);
            world.saw("repair in the end");
            if (!repaired.healed() || !repaired.reachedFollower()) {
                world.rules.broken("verification", "a repair without faults does not heal: " + repaired, null);
            }
            report = run(world, verification);
        }
        if (report.state() != VerificationState.CONSISTENT) {
            world.rules.broken("verification", "all is drained, and yet: " + report, null);
        }
    }
}
