package io.github.dualwrite;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a page of Markdown says of Java: the calls in its blocks of Java and in code within the text, and members named with their type. */
final class DocumentedCalls {

    private static final Pattern FENCED = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```$");
    private static final Pattern INLINE = Pattern.compile("(?<!`)`([^`\\n]+)`(?!`)");
    private static final Pattern SQL = Pattern.compile(
            "\\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|LOCK|FROM|WHERE)\\b|attribute_not_exists|\\bhashtext\\b|count\\(\\*\\)");
    private static final Pattern NOISE = Pattern.compile("\"(?:\\\\.|[^\"\\\\])*\"|//[^\\n]*|(?<=[\\w.])<[\\w\\s,?]*>");
    private static final Pattern CALL =
            Pattern.compile("(?:\\b([A-Z]\\w*)(?:\\(\\))?\\s*\\.\\s*)?(?<![\\w$])([a-z]\\w*)\\s*\\(");
    private static final Pattern MEMBER = Pattern.compile("([A-Z][a-z]\\w*)\\.(\\w+)");

    private static final Set<String> KEYWORDS = Set.of("if", "try", "catch", "return", "while", "for", "switch");

    private DocumentedCalls() {}

    /**
     * A method or another member.
     *
     * @param type the type before the point, if one is named
     * @param arguments how many; negative if that is not said
     * @param call whether it is called, not only named
     */
    record Member(@Nullable String type, String name, int arguments, boolean call) {}

    static List<Member> of(String page) {
        List<Member> found = new ArrayList<>();
        for (MatchResult block : FENCED.matcher(page).results().toList()) {
            if (block.group(1).equals("java")) {
                calls(block.group(2), found);
            }
        }
        for (MatchResult inline :
                INLINE.matcher(FENCED.matcher(page).replaceAll("")).results().toList()) {
            String code = inline.group(1);
            Matcher member = MEMBER.matcher(code);
            if (member.matches()) {
                found.add(new Member(member.group(1), member.group(2), -1, false));
            } else if (!SQL.matcher(code).find()) {
                calls(code, found);
            }
        }
        return found;
    }

    private static void calls(String code, List<Member> found) {
        String plain = NOISE.matcher(code).replaceAll(noise -> noise.group().startsWith("\"") ? "0" : "");
        for (MatchResult call : CALL.matcher(plain).results().toList()) {
            if (!KEYWORDS.contains(call.group(2))) {
                found.add(new Member(call.group(1), call.group(2), arguments(plain, call.end()), true));
            }
        }
    }

    /** Counts what stands between two parentheses; negative if something is left out there. */
    private static int arguments(String code, int begin) {
        int depth = 0;
        int commas = 0;
        int end = begin;
        for (; end < code.length() && depth >= 0; end++) {
            char c = code.charAt(end);
            depth += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
            commas += depth == 0 && c == ',' ? 1 : 0;
        }
        String inside = code.substring(begin, Math.max(begin, end - 1));
        return inside.contains("…") ? -1 : inside.isBlank() ? 0 : commas + 1;
    }
}
