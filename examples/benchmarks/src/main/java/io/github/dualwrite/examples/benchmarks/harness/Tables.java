package io.github.dualwrite.examples.benchmarks.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Results as a table for a terminal and as Markdown. */
public final class Tables {

    private static final List<String> HEAD =
            List.of("benchmark", "what", "measure", "median (least to greatest)", "ratio", "goal");

    private Tables() {}

    /** For a terminal. */
    public static String text(Results results) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEAD);
        results.measurements().forEach(each -> rows.add(row(each)));
        int[] widths = new int[HEAD.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(String.format("%-" + (widths[i] + 2) + "s", row.get(i)));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        results.failures()
                .forEach(failure -> text.append(
                        String.format("FAILED: %s, %s: %s%n", failure.benchmark(), failure.what(), failure.error())));
        return text.toString();
    }

    /** For a document: what was measured with what, then a table for each setting. */
    public static String markdown(Results results) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                "Profile `%s`, commit `%s`, %s to %s, by `%s`.%n%n",
                results.profile(),
                results.commit(),
                results.started(),
                results.finished() == null ? "**its end was not reached**" : results.finished(),
                results.command()));
        text.append(pairs(results.machine())).append("\n\n");
        text.append(pairs(results.versions())).append("\n");
        String last = "";
        for (Measurement each : results.measurements()) {
            String setting = each.benchmark() + ": " + each.setting();
            if (!setting.equals(last)) {
                text.append(String.format("%n**%s**%n%n", setting));
                text.append("| contender | measure | median (least to greatest) | ratio | goal |\n");
                text.append("| --- | --- | --- | --- | --- |\n");
                last = setting;
            }
            List<String> row = row(each);
            text.append(String.format(
                    "| %s | %s | %s | %s | %s |%n",
                    each.contender() + size(each),
                    row.get(2),
                    row.get(3),
                    row.get(4),
                    Boolean.FALSE.equals(each.met()) ? "**" + row.get(5) + "**" : row.get(5)));
        }
        if (!results.failures().isEmpty()) {
            text.append("\nCould not be measured:\n\n");
            results.failures()
                    .forEach(failure -> text.append(
                            String.format("- %s, %s: `%s`%n", failure.benchmark(), failure.what(), failure.error())));
        }
        return text.toString();
    }

    private static String pairs(java.util.Map<String, String> pairs) {
        return pairs.entrySet().stream()
                .map(pair -> pair.getKey() + " " + pair.getValue())
                .collect(Collectors.joining(", ", "", "."));
    }

    private static List<String> row(Measurement each) {
        return List.of(
                each.benchmark(),
                each.setting() + ", " + each.contender() + size(each),
                each.metric() + ", " + each.unit(),
                each.rounds().size() == 1
                        ? number(each.median())
                        : number(each.median()) + " (" + number(each.least()) + " to " + number(each.greatest()) + ")",
                each.ratio() == null ? "" : ratio(each.ratio()) + " to " + each.against(),
                each.goal() == null ? "" : each.goal() + (Boolean.TRUE.equals(each.met()) ? ": met" : ": NOT MET"));
    }

    private static String size(Measurement each) {
        return each.size() == null ? "" : String.format(Locale.ROOT, " (%,d)", each.size());
    }

    /** A ratio to next to nothing says no more than that. */
    private static String ratio(double value) {
        return value >= 1000 ? "over 1000" : String.format(Locale.ROOT, "%.2f", value);
    }

    private static String number(double value) {
        double magnitude = Math.abs(value);
        return String.format(Locale.ROOT, magnitude >= 100 ? "%.0f" : magnitude >= 10 ? "%.1f" : "%.3f", value);
    }
}
