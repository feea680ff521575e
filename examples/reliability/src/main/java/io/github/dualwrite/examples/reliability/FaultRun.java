package io.github.dualwrite.examples.reliability;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/** Rounds of faults, one after the other, and what they come to. */
final class FaultRun {

    private final Settings settings;
    private final PrintStream out;

    FaultRun(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
    }

    /** Runs all rounds. Journals and logs are kept if a check failed, and their directory is printed. */
    Report run() throws IOException, SQLException, InterruptedException {
        Path directory = Files.createTempDirectory("dualwrite-reliability");
        Instant begin = Instant.now();
        Report all = new Report();
        boolean ended = false;
        try (Ground ground = new Ground(directory)) {
            for (int i = 0; i < settings.rounds(); i++) {
                Settings round = settings.round(i);
                Planned.schedule(round.seed(), Role.values().length, round.faults(), round.length())
                        .forEach(planned -> out.println("  " + planned));
                Report report = new Round(round, ground, directory).run();
                out.println("round " + (i + 1) + " of " + settings.rounds() + ", seed " + round.seed() + ": "
                        + report.verdict());
                report.failures().forEach(failure -> out.println("  FAILED " + failure));
                all.add(report);
            }
            ended = true;
        } finally {
            if (ended && all.good()) {
                Directories.delete(directory);
            } else {
                out.println("journals and logs are in " + directory);
            }
        }
        out.println(all.figures() + " seconds="
                + Duration.between(begin, Instant.now()).toSeconds());
        out.println(all.verdict());
        return all;
    }
}
