package io.github.dualwrite.postgres;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Texts, some of which may be missing, as one text: a JSON array of strings and nulls. */
final class TextList {

    private final String json;
    private int at;

    private TextList(String json) {
        this.json = json;
    }

    static String write(List<? extends @Nullable String> texts) {
        StringBuilder json = new StringBuilder("[");
        for (String text : texts) {
            if (json.length() > 1) {
                json.append(',');
            }
            if (text == null) {
                json.append("null");
            } else {
                json.append('"');
                text.chars().forEach(c -> append(json, (char) c));
                json.append('"');
            }
        }
        return json.append(']').toString();
    }

    private static void append(StringBuilder json, char c) {
        if (c == '"' || c == '\\') {
            json.append('\\').append(c);
        } else if (c < ' ') {
            json.append(String.format("\\u%04x", (int) c));
        } else {
            json.append(c);
        }
    }

    /**
     * The texts of what {@link #write} wrote.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static List<@Nullable String> read(String json) {
        return new TextList(json).list();
    }

    private List<@Nullable String> list() {
        List<@Nullable String> texts = new ArrayList<>();
        take("[");
        while (!json.startsWith("]", at)) {
            if (!texts.isEmpty()) {
                take(",");
            }
            if (json.startsWith("null", at)) {
                take("null");
                texts.add(null);
            } else {
                texts.add(string());
            }
        }
        take("]");
        if (at < json.length()) {
            throw notOurs();
        }
        return Collections.<@Nullable String>unmodifiableList(texts);
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        take("\"");
        while (!json.startsWith("\"", at)) {
            char c = next();
            text.append(c == '\\' ? escaped() : c);
        }
        take("\"");
        return text.toString();
    }

    private char escaped() {
        char c = next();
        if (c != 'u') {
            return c;
        }
        if (at + 4 > json.length()) {
            throw notOurs();
        }
        at += 4;
        try {
            return (char) Integer.parseInt(json.substring(at - 4, at), 16);
        } catch (NumberFormatException e) {
            throw notOurs();
        }
    }

    private char next() {
        if (at >= json.length()) {
            throw notOurs();
        }
        return json.charAt(at++);
    }

    private void take(String expected) {
        if (!json.startsWith(expected, at)) {
            throw notOurs();
        }
        at += expected.length();
    }

    private IllegalArgumentException notOurs() {
        return new IllegalArgumentException("'" + json + "' is not a list of texts");
    }
}
