package io.github.dualwrite.internal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A route's text for a log line: how many keys are allowed and denied, and not which. */
final class ShortRoute {

    private static final String QUOTED = "\"(?:[^\"\\\\]|\\\\.)*+\"";
    private static final Pattern KEY = Pattern.compile(QUOTED + "|[^\\s,\"]++", Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("\\s*+((?:" + QUOTED + "|[^\\s\"])++)", Pattern.DOTALL);

    private ShortRoute() {}

    /** The text as it is but for its keys. A key that is one of the words is quoted, so that no word is taken for a key. */
    static String of(String route) {
        StringBuilder out = new StringBuilder();
        Matcher word = WORD.matcher(route);
        boolean keys = false;
        int end = 0;
        while (word.lookingAt()) {
            out.append(out.isEmpty() ? "" : " ").append(keys ? counted(word.group(1)) : word.group(1));
            keys = word.group(1).equals("allow") || word.group(1).equals("deny");
            end = word.end();
            word.region(end, route.length());
        }
        return route.substring(end).isBlank() ? out.toString() : "unreadable";
    }

    private static String counted(String keys) {
        long count = KEY.matcher(keys).results().count();
        return "(" + count + (count == 1 ? " key)" : " keys)");
    }
}
