package io.github.dualwrite.health;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Whether a repository is safe as this instance sees it, and why not. Immutable.
 *
 * @param repository the repository's name
 * @param findings what is wrong; empty if nothing is
 */
public record HealthReport(String repository, List<HealthFinding> findings) {

    public HealthReport {
        findings = List.copyOf(findings);
    }

    /**
     * Whether nothing is wrong with what runs: nobody needs to look. Meant for alarms, dashboards and scripts. It says nothing of backfill and
     * verification: the next step of a migration may be taken if, besides, {@link io.github.dualwrite.RepositoryWatch#backfillComplete} is
     * true and the last verification was {@link io.github.dualwrite.verify.VerificationState#CONSISTENT}.
     */
    public boolean safe() {
        return findings.isEmpty();
    }

    /**
     * Whether this instance can do its work. Meant for a readiness endpoint: false only for what {@linkplain
     * HealthProblem#keepsFromServing keeps it from serving}, which a failing follower does not.
     */
    public boolean ready() {
        return findings.stream().noneMatch(finding -> finding.problem().keepsFromServing());
    }

    /** Whether this is wrong. */
    public boolean has(HealthProblem problem) {
        return findings.stream().anyMatch(finding -> finding.problem() == problem);
    }

    /** One line. */
    @Override
    public String toString() {
        return repository + ": "
                + (safe()
                        ? "safe"
                        : findings.stream()
                                .map(HealthFinding::toString)
                                .collect(Collectors.joining(", ", ready() ? "not safe: " : "not ready: ", "")));
    }
}
