package io.github.dualwrite;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a document in one way: without white space, with the members of objects in the order of their names, only the escapes that are
 * needed, and numbers as digits and an exponent. Nothing is lost: the scale of a number stays, as {@code jsonb} keeps it, and so do
 * members of one name. The form is no longer than the document by more than a factor.
 */
final class JsonForm {

    /** More would be a danger to the stack; a document that is deeper keeps its text. */
    private static final int DEEPEST = 500;

    /** No store holds a number of a larger exponent; it is left as it is written. */
    private static final int MOST_EXPONENT_DIGITS = 9;

    private static final JsonFactory OF_SOME_DEPTH = factory(DEEPEST);
    private static final JsonFactory OF_ANY_DEPTH = factory(Integer.MAX_VALUE);

    private final JsonParser parser;

    private JsonForm(JsonParser parser) {
        this.parser = parser;
    }

    /** A member of an object, written. */
    private record Member(String name, String value) {}

    /** Remembers nothing of what it reads, and has no limits but that of depth: stores have limits of their own. */
    private static JsonFactory factory(int deepest) {
        return JsonFactory.builder()
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(deepest)
                        .maxNumberLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .maxStringLength(Integer.MAX_VALUE)
                        .build())
                .build();
    }

    /** The form of a document; the text itself if it is none. */
    static String of(String text) {
        try (JsonParser parser = OF_SOME_DEPTH.createParser(text)) {
            if (parser.nextToken() == null) {
                return text;
            }
            StringBuilder form = new StringBuilder(text.length());
            new JsonForm(parser).value(form);
            return parser.nextToken() == null ? form.toString() : text;
        } catch (IOException e) { // what is no JSON, for nothing is read but the text
            return text;
        }
    }

    /** Whether an object of a document has two members of one name; false if it is no document. */
    static boolean repeatsNames(String text) {
        boolean repeats = false;
        Deque<Set<String>> names = new ArrayDeque<>();
        try (JsonParser parser = OF_ANY_DEPTH.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                switch (token) {
                    case START_OBJECT -> names.push(new HashSet<>());
                    case END_OBJECT -> names.pop();
                    case FIELD_NAME -> repeats |= !names.element().add(parser.currentName());
                    default -> {}
                }
            }
        } catch (IOException e) {
            return false;
        }
        return repeats;
    }

    private void value(StringBuilder form) throws IOException {
        switch (parser.currentToken()) {
            case START_OBJECT -> object(form);
            case START_ARRAY -> array(form);
            case VALUE_STRING -> string(form, parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(form, parser.getText());
            default -> form.append(parser.getText());
        }
    }

    private void object(StringBuilder form) throws IOException {
        List<Member> members = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            StringBuilder value = new StringBuilder();
            value(value);
            members.add(new Member(name, value.toString()));
        }
        members.sort(Comparator.comparing(Member::name)); // those of one name stay in their order
        String separator = "{";
        for (Member member : members) {
            string(form.append(separator), member.name());
            form.append(':').append(member.value());
            separator = ",";
        }
        form.append(members.isEmpty() ? "{}" : "}");
    }

    private void array(StringBuilder form) throws IOException {
        form.append('[');
        boolean first = true;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            form.append(first ? "" : ",");
            value(form);
            first = false;
        }
        form.append(']');
    }

    private static void string(StringBuilder form, String value) {
        form.append('"');
        JsonStringEncoder.getInstance().quoteAsString(value, form);
        form.append('"');
    }

    /**
     * A whole number as digits that do not end with zeros, and any other as all its digits, each with an exponent if it needs one: in time that
     * grows with the text alone, whatever the exponent.
     */
    private static void number(StringBuilder form, String literal) {
        int end = Math.max(literal.indexOf('e'), literal.indexOf('E'));
        String written = end < 0 ? literal : literal.substring(0, end);
        String exponent = end < 0 ? "0" : literal.substring(end + 1);
        if (exponent.length() > MOST_EXPONENT_DIGITS) {
            form.append(literal);
            return;
        }
        boolean negative = written.startsWith("-");
        int point = written.indexOf('.');
        int decimals = point < 0 ? 0 : written.length() - point - 1;
        String digits = written.replace("-", "").replace(".", "");
        int scale = decimals - Integer.parseInt(exponent);
        int from = 0;
        while (from < digits.length() && digits.charAt(from) == '0') {
            from++;
        }
        int to = digits.length();
        while (scale <= 0 && to > from && digits.charAt(to - 1) == '0') {
            to--;
            scale--;
        }
        boolean zero = from == to;
        form.append(negative && !zero ? "-" : "").append(zero ? "0" : digits.substring(from, to));
        if (scale > 0 || (scale < 0 && !zero)) {
            form.append('e').append(-scale);
        }
    }
}
