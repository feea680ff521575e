package io.github.dualwrite.routing;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The text form of a route.
 *
 * <pre>
 * route   = ( "primary" | "secondary" [ percent ] ) { option }
 * option  = "shadow" percent | "allow" keys | "deny" keys | "no-fallback"       each at most once, in any order
 * percent = 0% to 100%, without leading zeros, with up to four decimals after a point
 * keys    = key { "," key }
 * key     = a word without blanks, commas and double quotes | '"' anything, with \" and \\ '"'
 * </pre>
 */
final class RouteText {

    static final String ALLOWED = "A read route is 'primary', 'secondary' or 'secondary 25%', then any of"
            + " 'shadow 1%', 'allow key,\"another key\"', 'deny key', 'no-fallback', each once;"
            + " percentages go from 0% to 100% with up to four decimals";

    private static final Set<String> WORDS =
            Set.of("primary", "secondary", "shadow", "allow", "deny", "no-fallback", "allow-when", "deny-when");
    private static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{N}._:@/+#=~-]+");

    private final String text;
    private int position;

    private RouteText(String text) {
        this.text = text;
    }

    static ReadRoute parse(String text) {
        return new RouteText(text).route();
    }

    static String of(ReadRoute route) {
        StringBuilder out = new StringBuilder(route.secondaryShare().none() ? "primary" : "secondary");
        if (!route.secondaryShare().none() && !route.secondaryShare().all()) {
            out.append(' ').append(route.secondaryShare());
        }
        if (!route.shadowShare().none()) {
            out.append(" shadow ").append(route.shadowShare());
        }
        append(out, "allow", route.allowed());
        append(out, "deny", route.denied());
        route.allowRules().forEach(rule -> append(out, "allow-when", List.of(rule.name())));
        route.denyRules().forEach(rule -> append(out, "deny-when", List.of(rule.name())));
        return out.append(route.fallback() ? "" : " no-fallback").toString();
    }

    private static void append(StringBuilder out, String word, Collection<String> keys) {
        if (!keys.isEmpty()) {
            out.append(' ').append(word).append(' ');
            out.append(keys.stream().sorted().map(RouteText::quoted).collect(Collectors.joining(",")));
        }
    }

    private static String quoted(String key) {
        boolean plain = PLAIN.matcher(key).matches() && !WORDS.contains(lowerCase(key));
        return plain ? key : '"' + key.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private ReadRoute route() {
        ReadRoute.Builder route = ReadRoute.builder();
        switch (word()) {
            case "primary" -> {}
            case "secondary" -> {
                boolean share = !atEnd() && Character.isDigit(text.charAt(position));
                route.secondary(share ? percent() : Percent.of(100));
            }
            default -> throw refused(0);
        }
        Set<String> seen = new HashSet<>();
        while (!atEnd()) {
            int start = position;
            String option = word();
            if (!seen.add(option)) {
                throw refused(start);
            }
            switch (option) {
                case "shadow" -> route.shadow(percent());
                case "allow" -> keys(route::allow);
                case "deny" -> keys(route::deny);
                case "no-fallback" -> route.fallback(false);
                default -> throw refused(start);
            }
        }
        return route.build();
    }

    private Percent percent() {
        int start = position;
        return Percent.parse(word()).orElseThrow(() -> refused(start));
    }

    private void keys(Consumer<Collection<String>> to) {
        do {
            to.accept(List.of(key()));
        } while (comma());
    }

    private boolean comma() {
        if (!atEnd() && text.charAt(position) == ',') {
            position++;
            return true;
        }
        return false;
    }

    private String key() {
        if (atEnd() || text.charAt(position) != '"') {
            return run(c -> !Character.isWhitespace(c) && c != ',' && c != '"');
        }
        int start = position++;
        StringBuilder key = new StringBuilder();
        while (position < text.length()) {
            char c = text.charAt(position++);
            if (c == '"') {
                boolean ends = position == text.length()
                        || text.charAt(position) == ','
                        || Character.isWhitespace(text.charAt(position));
                if (!ends) {
                    throw refused(position);
                }
                return key.toString();
            }
            if (c == '\\') {
                if (position == text.length() || "\\\"".indexOf(text.charAt(position)) < 0) {
                    throw refused(position - 1);
                }
                c = text.charAt(position++);
            }
            key.append(c);
        }
        throw refused(start);
    }

    private String word() {
        int start = position;
        String word = run(c -> !Character.isWhitespace(c) && c != ',' && c != '"');
        if (position < text.length() && !Character.isWhitespace(text.charAt(position - 1))) {
            throw refused(start); // a comma or a quote right after it
        }
        return lowerCase(word);
    }

    /** Of ASCII alone: there are other letters whose lower case is one of these. */
    private static String lowerCase(String word) {
        StringBuilder lower = new StringBuilder(word.length());
        word.chars().forEach(c -> lower.append((char) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)));
        return lower.toString();
    }

    private String run(Predicate<Character> belongs) {
        atEnd();
        int start = position;
        while (position < text.length() && belongs.test(text.charAt(position))) {
            position++;
        }
        if (position == start) {
            throw refused(start);
        }
        String found = text.substring(start, position);
        atEnd();
        return found;
    }

    /** Also goes past blanks. */
    private boolean atEnd() {
        while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
            position++;
        }
        return position == text.length();
    }

    private IllegalArgumentException refused(int at) {
        String rest = text.substring(Math.min(at, text.length())).strip();
        String where = rest.isEmpty() ? "it ends too early" : "at '" + shortened(rest) + "'";
        return new IllegalArgumentException(
                "not a read route: '" + shortened(text.strip()) + "', " + where + ". " + ALLOWED);
    }

    private static String shortened(String s) {
        return s.length() <= 80 ? s : s.substring(0, 80) + "…";
    }
}
