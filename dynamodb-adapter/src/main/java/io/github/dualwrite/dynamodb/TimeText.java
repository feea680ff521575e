package io.github.dualwrite.dynamodb;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.Locale;

/**
 * Dates and times as texts of fixed width, which sort by time. A {@code DateTimeFormatter} takes about a microsecond for each, which shows
 * in a scan: what has exactly the form in which it is stored is read and written digit by digit, and all else is left to the formatter.
 */
final class TimeText {

    private static final int LAST_YEAR = 9999;
    private static final String OTHER_YEAR =
            "lies outside the years 0000 to 9999, for which stored times sort; mend the record, or map it by hand";

    private static final DateTimeFormatter DATE = formatter("uuuu-MM-dd");
    private static final DateTimeFormatter DATE_TIME = formatter("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS");
    private static final DateTimeFormatter INSTANT = formatter("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'");

    private static final String FORM = "0000-00-00T00:00:00.000000000";

    private TimeText() {}

    private static DateTimeFormatter formatter(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withResolverStyle(ResolverStyle.STRICT);
    }

    static String of(Instant value) {
        LocalDateTime time;
        try {
            time = LocalDateTime.ofEpochSecond(value.getEpochSecond(), value.getNano(), ZoneOffset.UTC);
        } catch (DateTimeException e) { // farther away than a date and time can be
            throw new AttributeException(OTHER_YEAR);
        }
        return of(time) + "Z";
    }

    static String of(LocalDateTime value) {
        check(value.getYear());
        char[] text = FORM.toCharArray();
        write(text, 0, 4, value.getYear());
        write(text, 5, 7, value.getMonthValue());
        write(text, 8, 10, value.getDayOfMonth());
        write(text, 11, 13, value.getHour());
        write(text, 14, 16, value.getMinute());
        write(text, 17, 19, value.getSecond());
        write(text, 20, 29, value.getNano());
        return new String(text);
    }

    static String of(LocalDate value) {
        check(value.getYear());
        return DATE.format(value);
    }

    private static void check(int year) {
        if (year < 0 || year > LAST_YEAR) {
            throw new AttributeException(OTHER_YEAR);
        }
    }

    private static void write(char[] text, int from, int to, int number) {
        int rest = number;
        for (int i = to - 1; i >= from; i--) {
            text[i] = (char) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** Throws {@code DateTimeException} if it is none. */
    static Instant instant(String text) {
        int last = text.length() - 1;
        boolean stored = last == FORM.length() && text.charAt(last) == 'Z' && inForm(text);
        return (stored ? read(text) : LocalDateTime.parse(text, INSTANT)).toInstant(ZoneOffset.UTC);
    }

    /** Throws {@code DateTimeException} if it is none. */
    static LocalDateTime dateTime(String text) {
        return text.length() == FORM.length() && inForm(text) ? read(text) : LocalDateTime.parse(text, DATE_TIME);
    }

    /** Throws {@code DateTimeException} if it is none. */
    static LocalDate date(String text) {
        return LocalDate.parse(text, DATE);
    }

    /** Whether it begins with digits where digits are, and with what is between them. */
    private static boolean inForm(String text) {
        for (int i = 0; i < FORM.length(); i++) {
            char expected = FORM.charAt(i);
            char c = text.charAt(i);
            if (expected == '0' ? c < '0' || c > '9' : c != expected) {
                return false;
            }
        }
        return true;
    }

    private static LocalDateTime read(String text) {
        return LocalDateTime.of(
                number(text, 0, 4),
                number(text, 5, 7),
                number(text, 8, 10),
                number(text, 11, 13),
                number(text, 14, 16),
                number(text, 17, 19),
                number(text, 20, 29));
    }

    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = 10 * number + text.charAt(i) - '0';
        }
        return number;
    }
}
