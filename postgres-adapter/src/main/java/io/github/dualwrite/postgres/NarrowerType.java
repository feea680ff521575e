package io.github.dualwrite.postgres;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Compares types as {@code format_type} writes them: whether one cannot hold, or not keep as it is, what another one holds. */
final class NarrowerType {

    private static final Pattern TYPE = Pattern.compile("([a-z ]+?)(?:\\((\\d+)(?:,(-?\\d+))?\\))?( with.*)?(\\[])*");

    private static final int MICROS = 6;

    private NarrowerType() {}

    /**
     * Whether a column of the second type holds less than one of the first. Types that cannot be compared are not narrower: what such a
     * column cannot hold is found with the record.
     */
    static boolean than(String wide, String own) {
        Matcher there = TYPE.matcher(wide);
        Matcher here = TYPE.matcher(own);
        if (!there.matches() || !here.matches()) {
            return false;
        }
        return switch (here.group(1)) {
            case "character varying" -> text(there) && less(number(here, 2), number(there, 2));
            case "character" ->
                text(there)
                        && !(there.group(1).equals("character")
                                && there.group(2).equals(here.group(2)));
            case "numeric" -> numeric(here, there);
            case "smallint", "integer", "bigint" -> integer(here.group(1), there);
            case "real", "double precision" -> bits(there.group(1)) > bits(here.group(1));
            case "timestamp", "time" ->
                there.group(1).equals(here.group(1))
                        && number(here, 2).orElse(MICROS) < number(there, 2).orElse(MICROS);
            default -> false;
        };
    }

    /** How many decimal digits an integer type can need; 0 for other types. */
    private static int digits(String type) {
        return switch (type) {
            case "smallint" -> 5;
            case "integer" -> 10;
            case "bigint" -> 19;
            default -> 0;
        };
    }

    /** How many binary digits a floating-point type keeps; 0 for other types. */
    private static int bits(String type) {
        return switch (type) {
            case "real" -> 24;
            case "double precision" -> 53;
            default -> 0;
        };
    }

    private static boolean text(Matcher type) {
        return switch (type.group(1)) {
            case "text", "citext", "character varying", "character" -> true;
            default -> false;
        };
    }

    private static boolean integer(String own, Matcher there) {
        if (there.group(1).equals("numeric")) {
            return number(there, 3).orElse(0) > 0 // without a scale it is 0 if there is a precision
                    || number(there, 2).isEmpty()
                    || number(there, 2).getAsInt() - number(there, 3).orElse(0) >= digits(own);
        }
        return digits(there.group(1)) > digits(own);
    }

    private static boolean numeric(Matcher here, Matcher there) {
        if (number(here, 2).isEmpty()) {
            return false;
        }
        int scale = number(here, 3).orElse(0);
        int before = number(here, 2).getAsInt() - scale;
        if (there.group(1).equals("numeric")) {
            return number(there, 2).isEmpty()
                    || number(there, 3).orElse(0) > scale
                    || number(there, 2).getAsInt() - number(there, 3).orElse(0) > before;
        }
        return digits(there.group(1)) > before;
    }

    private static boolean less(OptionalInt own, OptionalInt other) {
        return own.isPresent() && (other.isEmpty() || own.getAsInt() < other.getAsInt());
    }

    private static OptionalInt number(Matcher type, int group) {
        String digits = type.group(group);
        return digits == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(digits));
    }
}
