package io.github.dualwrite.verify;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A report for a person. */
final class ReportText {

    private ReportText() {}

    static String of(VerificationReport<?> report) {
        StringBuilder out = new StringBuilder();
        line(out, "verification of '%s': %s", report.repository(), report.state());
        line(out, "  authority   %s, %d rows", report.authority(), report.authorityRows());
        line(out, "  follower    %s, %d rows", report.follower(), report.followerRows());
        line(
                out,
                "  from %s to %s, %.1f s%s, %.0f rows/s%s",
                report.started(),
                report.finished(),
                report.duration().toMillis() / 1e3,
                report.runs() > 1 ? " in " + report.runs() + " runs" : "",
                report.rowsPerSecond(),
                report.digestsInStores() ? ", digests made in the stores" : "");
        line(out, "  compared    %d", report.compared());
        line(out, "  matching    %d", report.matching());
        line(out, "  different   %d%s", report.different(), fields(report.fields()));
        line(out, "  missing     %d", report.missing());
        line(out, "  extra       %d", report.extra());
        line(out, "  in flight   %d", report.inFlight());
        line(
                out,
                "  unreadable  %d on the authority, %d on the follower; undecided %d",
                report.unreadable(Side.AUTHORITY),
                report.unreadable(Side.FOLLOWER),
                report.undecided());
        new TreeMap<>(report.causes())
                .forEach((cause, count) -> line(out, "  cause       %s: %d", cause.text(), count));
        report.leftOut().ifPresent(what -> line(out, "  left out    %s", what));
        report.notCovered().forEach(what -> line(out, "  not covered %s", what));
        for (Finding<?> finding : report.samples()) {
            line(out, "  - %s", finding);
            if (finding.authorityValue() != null) {
                line(out, "      authority: %s", finding.authorityValue());
            }
            if (finding.followerValue() != null) {
                line(out, "      follower:  %s", finding.followerValue());
            }
            if (!finding.lookAt().isEmpty()) {
                line(out, "      look at    %s", finding.lookAt());
            }
        }
        for (Unreadable one : report.unreadableSamples()) {
            line(out, "  - unreadable on the %s: %s: %s", TwoScans.name(one.side()), one.shown(), one.reason());
        }
        return out.toString();
    }

    private static String fields(Map<String, Long> fields) {
        return fields.isEmpty() ? "" : " " + new TreeMap<>(fields);
    }

    private static void line(StringBuilder out, String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
