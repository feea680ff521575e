package io.github.dualwrite.simulation;

import io.github.dualwrite.verify.Difference;
import io.github.dualwrite.verify.Finding;
import io.github.dualwrite.verify.VerificationReport;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What a verification must find: what differs all the time that it runs. And what it may find: what differs at any time. */
final class Watch {

    private final Set<String> must = new HashSet<>();
    private final Set<String> may = new HashSet<>();

    void mustDiffer(String key) {
        must.add(key);
    }

    void mayDiffer(String key) {
        may.add(key);
    }

    void moved(Collection<? extends String> keys) {
        must.removeAll(Set.copyOf(keys));
    }

    private static Set<String> differing(VerificationReport<String> report) {
        return report.findings().stream()
                .filter(finding -> finding.difference() != Difference.IN_FLIGHT)
                .map(Finding::key)
                .collect(Collectors.toSet());
    }

    /** A key that is reported although there was nothing but lag. */
    Optional<String> falseAlarm(VerificationReport<String> report) {
        return differing(report).stream().filter(key -> !may.contains(key)).findFirst();
    }

    /** A key that is not reported although it was compared. */
    Optional<String> overlooked(VerificationReport<String> report) {
        boolean all = report.notCovered().isEmpty() && report.undecided() == 0;
        Set<String> found = differing(report);
        return must.stream().filter(key -> all && !found.contains(key)).findFirst();
    }
}
