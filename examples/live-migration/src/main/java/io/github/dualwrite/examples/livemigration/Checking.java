package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.verify.Difference;
import io.github.dualwrite.verify.Finding;
import io.github.dualwrite.verify.RepairReport;
import io.github.dualwrite.verify.Verification;
import io.github.dualwrite.verify.VerificationProgress;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationSettings;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Compares both stores by the library's verification, next to live traffic, and heals what it finds. */
final class Checking {

    private static final Duration REPAIR = Duration.ofSeconds(60);

    private final Verification<UUID, Customer> verification;
    private final Progress progress;

    Checking(DualWriteRepository<UUID, Customer> repository, Progress progress) {
        this.verification = repository.verification(settings());
        this.progress = progress;
    }

    /** Looks more often than the defaults at keys on their way, so that nobody has to wait for the end of this program. */
    static VerificationSettings<UUID, Customer> settings() {
        return VerificationSettings.<UUID, Customer>builder()
                .threads(2)
                .recheckDelay(Duration.ofMillis(200))
                .rechecks(100)
                .build();
    }

    /** How a verification ended whose findings are compared with what was done. */
    record Found(VerificationReport<UUID> report, long found, long misnamed, long falseAlarms) {}

    /** Verifies, and tells what came out. */
    VerificationReport<UUID> run(Observer observer) throws Exception {
        VerificationReport<UUID> report = observer.during("verify", verification::run, this::part);
        progress.tell(String.format(
                Locale.ROOT,
                "   VERIFY exit=%d: %d keys compared in %.1f s while traffic ran: %d different, %d missing, %d extra,"
                        + " %d in flight.",
                report.exitCode(),
                report.compared(),
                report.duration().toMillis() / 1e3,
                report.different(),
                report.missing(),
                report.extra(),
                report.inFlight()));
        report.notCovered().forEach(what -> progress.tell("   not covered: " + what));
        report.unreadableSamples().forEach(one -> progress.tell("   " + one));
        return report;
    }

    /** Verifies, and says of each harm how it was found. */
    Found find(Observer observer, List<Harm> harms) throws Exception {
        VerificationReport<UUID> report = run(observer);
        Map<UUID, Finding<UUID>> findings = report.findings().stream()
                .filter(finding -> finding.difference() != Difference.IN_FLIGHT)
                .collect(Collectors.toMap(Finding::key, Function.identity()));
        long found = 0;
        long misnamed = 0;
        for (Harm harm : harms) {
            Finding<UUID> finding = findings.remove(harm.key());
            if (finding != null) {
                found++;
                misnamed += harm.namedBy(finding) ? 0 : 1;
            }
            progress.tell("   - by hand: " + harm.what() + " -> " + (finding == null ? "NOT FOUND" : finding));
        }
        findings.values().forEach(finding -> progress.tell("   - nobody did that: " + finding));
        return new Found(report, found, misnamed, report.differing() - found);
    }

    /** Repairs what was found. Returns how many keys are equal then. */
    long repair(Observer observer, VerificationReport<UUID> report) throws Exception {
        RepairReport<UUID> plan = verification.repairPlan(report);
        progress.tell("   Repair would store " + plan.stored() + " customers on DynamoDB and remove " + plan.removed()
                + "; it does: each key gets a new version and goes the way of every write.");
        RepairReport<UUID> done =
                observer.during("repair", () -> verification.repair(report, REPAIR), () -> Progress.Part.BEGINNING);
        return done.after().map(VerificationReport::matching).orElse(0L);
    }

    private Progress.Part part() {
        VerificationProgress now = verification.progress().orElse(null);
        if (now == null) {
            return Progress.Part.BEGINNING;
        }
        long rows = now.authorityRows() + now.followerRows();
        boolean scanning = now.phase() == VerificationProgress.Phase.SCANNING;
        double done = scanning ? (double) rows / Math.max(1, now.estimatedRows().orElse(rows)) : 1;
        boolean keysAlone = now.phase() == VerificationProgress.Phase.SETTLING;
        return new Progress.Part(
                done,
                now.phase().name().toLowerCase(Locale.ROOT)
                        + (keysAlone ? "" : ", " + rows + " rows, " + Math.round(now.rowsPerSecond()) + "/s") + ", "
                        + now.found() + " found");
    }
}
