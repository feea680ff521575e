package io.github.dualwrite.verify;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A report as JSON. Written by hand: core has no JSON library of its own, and this only ever writes. */
final class ReportJson {

    private ReportJson() {}

    static String of(VerificationReport<?> report) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("repository", report.repository());
        json.put("state", report.state().name());
        json.put("exitCode", report.exitCode());
        json.put("authority", report.authority());
        json.put("follower", report.follower());
        json.put("started", report.started().toString());
        json.put("finished", report.finished().toString());
        json.put("durationSeconds", report.duration().toMillis() / 1e3);
        json.put("runs", report.runs());
        json.put("rowsPerSecond", Math.round(report.rowsPerSecond()));
        json.put("digestsInStores", report.digestsInStores());
        json.put("authorityRows", report.authorityRows());
        json.put("followerRows", report.followerRows());
        json.put("differingBuckets", report.differingBuckets());
        json.put("mostKeysInMemory", report.mostKeysInMemory());
        json.put("compared", report.compared());
        json.put("matching", report.matching());
        json.put("different", report.different());
        json.put("missing", report.missing());
        json.put("extra", report.extra());
        json.put("inFlight", report.inFlight());
        json.put("undecided", report.undecided());
        json.put("unreadableOnAuthority", report.unreadable(Side.AUTHORITY));
        json.put("unreadableOnFollower", report.unreadable(Side.FOLLOWER));
        json.put("rogue", report.rogue());
        json.put("fields", new TreeMap<>(report.fields()));
        json.put("causes", new TreeMap<>(report.causes()));
        json.put("leftOut", report.leftOut().orElse(null));
        json.put("notCovered", report.notCovered());
        json.put("samples", report.samples().stream().map(ReportJson::finding).toList());
        json.put(
                "unreadable",
                report.unreadableSamples().stream().map(ReportJson::unreadable).toList());
        StringBuilder out = new StringBuilder();
        write(out, json);
        return out.toString();
    }

    private static Map<String, @Nullable Object> finding(Finding<?> finding) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("key", finding.shown().toString());
        json.put("difference", finding.difference().name());
        json.put("fields", finding.fields().stream().sorted().toList());
        json.put("cause", finding.cause().name());
        if (finding.authorityValue() != null) {
            json.put("authorityValue", finding.authorityValue());
        }
        if (finding.followerValue() != null) {
            json.put("followerValue", finding.followerValue());
        }
        json.put("lookAt", finding.lookAt());
        return json;
    }

    private static Map<String, @Nullable Object> unreadable(Unreadable one) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("side", one.side().name());
        json.put("key", one.shown().toString());
        json.put("reason", one.reason());
        return json;
    }

    private static void write(StringBuilder out, @Nullable Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof Map<?, ?> map) {
            String comma = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(comma);
                text(out, String.valueOf(entry.getKey()));
                out.append(':');
                write(out, entry.getValue());
                comma = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Collection<?> collection) {
            String comma = "[";
            for (Object element : collection) {
                out.append(comma);
                write(out, element);
                comma = ",";
            }
            out.append(collection.isEmpty() ? "[]" : "]");
        } else {
            text(out, value.toString());
        }
    }

    /** Lone surrogates are escaped too: they have no bytes in UTF-8. */
    private static void text(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c) || c == 0x7f) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
