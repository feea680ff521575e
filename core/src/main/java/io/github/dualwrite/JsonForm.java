package io.github.dualwrite;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a document in one way: without white space, with the members of objects in the order of their names, only the escapes that are
 * needed, and numbers without exponent. Nothing is lost: the scale of a number stays, as {@code jsonb} keeps it, and so do members of one name.
 */
final class JsonForm {

    /** More would be a danger to the stack; a document that is deeper keeps its text. */
    private static final int DEEPEST = 500;

    /** Numbers with more digits than PostgreSQL can hold are left as they are written. */
    private static final int MOST_DIGITS = 131_072;

    private static final int MOST_EXPONENT_DIGITS = 7;

    private final String text;
    private int at;
    private boolean repeatsNames;

    private JsonForm(String text) {
        this.text = text;
    }

    /** A member of an object, written. */
    private record Member(String name, String value) {}

    /** What is no JSON. */
    private static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Malformed() {
            super(null, null, false, false);
        }
    }

    /** The form of a document; the text itself if it is none. */
    static String of(String text) {
        StringBuilder form = new StringBuilder(text.length());
        return new JsonForm(text).write(form) ? form.toString() : text;
    }

    /** Whether an object of a document has two members of one name; false if it is no document. */
    static boolean repeatsNames(String text) {
        JsonForm document = new JsonForm(text);
        return document.write(new StringBuilder()) && document.repeatsNames;
    }

    private boolean write(StringBuilder form) {
        try {
            value(form, 0);
            space();
            return at == text.length();
        } catch (Malformed e) {
            return false;
        }
    }

    private void value(StringBuilder form, int depth) {
        if (depth > DEEPEST) {
            throw new Malformed();
        }
        space();
        switch (next()) {
            case '{' -> object(form, depth);
            case '[' -> array(form, depth);
            case '"' -> string(form, string());
            case 't' -> word(form, "true");
            case 'f' -> word(form, "false");
            case 'n' -> word(form, "null");
            default -> number(form);
        }
    }

    private void object(StringBuilder form, int depth) {
        List<Member> members = new ArrayList<>();
        Set<String> names = new HashSet<>();
        at++;
        space();
        if (!taken('}')) {
            do {
                space();
                String name = string();
                space();
                require(':');
                StringBuilder value = new StringBuilder();
                value(value, depth + 1);
                members.add(new Member(name, value.toString()));
                repeatsNames |= !names.add(name);
                space();
            } while (taken(','));
            require('}');
        }
        members.sort(Comparator.comparing(Member::name)); // those of one name stay in their order
        form.append('{');
        for (int i = 0; i < members.size(); i++) {
            form.append(i == 0 ? "" : ",");
            string(form, members.get(i).name());
            form.append(':').append(members.get(i).value());
        }
        form.append('}');
    }

    private void array(StringBuilder form, int depth) {
        at++;
        form.append('[');
        space();
        if (!taken(']')) {
            do {
                value(form, depth + 1);
                space();
                form.append(next() == ',' ? "," : "");
            } while (taken(','));
            require(']');
        }
        form.append(']');
    }

    private String string() {
        require('"');
        StringBuilder value = new StringBuilder();
        while (!taken('"')) {
            char c = next();
            at++;
            if (c < ' ') {
                throw new Malformed();
            }
            value.append(c == '\\' ? escaped() : c);
        }
        return value.toString();
    }

    private char escaped() {
        char c = next();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int unit = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = Character.digit(next(), 16);
                    if (digit < 0 || next() > 'f') {
                        throw new Malformed();
                    }
                    unit = unit * 16 + digit;
                    at++;
                }
                yield (char) unit;
            }
            default -> throw new Malformed();
        };
    }

    private static void string(StringBuilder form, String value) {
        form.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                form.append('\\').append(c);
            } else if (c < ' ') {
                form.append(String.format("\\u%04x", (int) c));
            } else {
                form.append(c);
            }
        }
        form.append('"');
    }

    private void word(StringBuilder form, String word) {
        if (!text.startsWith(word, at)) {
            throw new Malformed();
        }
        at += word.length();
        form.append(word);
    }

    private void number(StringBuilder form) {
        int from = at;
        boolean unused = taken('-');
        if (!taken('0')) {
            digits();
        }
        if (taken('.')) {
            digits();
        }
        int exponentDigits = 0;
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            unused = taken('-') || taken('+');
            exponentDigits = digits();
        }
        String literal = text.substring(from, at);
        form.append(literal.length() > MOST_DIGITS || exponentDigits > MOST_EXPONENT_DIGITS ? literal : plain(literal));
    }

    private static String plain(String literal) {
        BigDecimal number = new BigDecimal(literal);
        if (Math.abs((long) number.scale()) > MOST_DIGITS) {
            return literal;
        }
        return (number.scale() < 0 ? number.setScale(0) : number).toPlainString();
    }

    private int digits() {
        int from = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == from) {
            throw new Malformed();
        }
        return at - from;
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char next() {
        if (at >= text.length()) {
            throw new Malformed();
        }
        return text.charAt(at);
    }

    private boolean taken(char c) {
        boolean there = at < text.length() && text.charAt(at) == c;
        at += there ? 1 : 0;
        return there;
    }

    private void require(char c) {
        if (!taken(c)) {
            throw new Malformed();
        }
    }
}
