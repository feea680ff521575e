package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.MappingException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.chrono.IsoEra;
import java.time.temporal.ChronoField;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Dates and times as PostgreSQL reads them. Java writes years before 1 and after 9999 in another way; the driver gives infinity as the
 * largest and smallest values that Java has.
 */
final class TimeText {

    /** 4713 BC. */
    private static final int FIRST_YEAR = -4712;

    private static final int LAST_YEAR = 294_276;
    private static final int LAST_YEAR_OF_DATES = 5_874_897;
    private static final Instant LATEST = OffsetDateTime.MAX.toInstant();
    private static final Instant EARLIEST = OffsetDateTime.MIN.toInstant();

    private static final Pattern BEFORE_CHRIST =
            Pattern.compile("(\\d+)-(\\d\\d)-(\\d\\d)(?: (\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?)([+-].+)?)? BC");

    /** After the last moment; with a minus sign, before the first one. */
    static final String INFINITY = "infinity";

    private TimeText() {}

    static boolean infinite(Instant instant) {
        return instant.equals(LATEST) || instant.equals(EARLIEST);
    }

    static boolean infinite(LocalDate date) {
        return date.equals(LocalDate.MAX) || date.equals(LocalDate.MIN);
    }

    static Instant infinity(String text) {
        return text.equals(INFINITY) ? LATEST : EARLIEST;
    }

    static String of(Instant instant) {
        if (instant.equals(LATEST)) {
            return INFINITY;
        }
        if (instant.equals(EARLIEST)) {
            return "-" + INFINITY;
        }
        if (instant.isAfter(LATEST) || instant.isBefore(EARLIEST)) {
            throw beyond(LAST_YEAR);
        }
        LocalDateTime time = LocalDateTime.ofEpochSecond(instant.getEpochSecond(), instant.getNano(), ZoneOffset.UTC);
        return text(time.toLocalDate(), time.toLocalTime(), "+00");
    }

    static String of(LocalDateTime time) {
        if (time.equals(LocalDateTime.MAX)) {
            return INFINITY;
        }
        return time.equals(LocalDateTime.MIN) ? "-" + INFINITY : text(time.toLocalDate(), time.toLocalTime(), "");
    }

    static String of(LocalDate date) {
        if (date.equals(LocalDate.MAX)) {
            return INFINITY;
        }
        return date.equals(LocalDate.MIN) ? "-" + INFINITY : day(date, LAST_YEAR_OF_DATES) + era(date);
    }

    /** A date or time before the year 1, as PostgreSQL writes it; without a zone it is one of UTC. */
    static OffsetDateTime beforeChrist(String text) {
        Matcher parts = BEFORE_CHRIST.matcher(text);
        if (!parts.matches()) {
            throw new MappingException("holds a time in a form that is not known");
        }
        return OffsetDateTime.of(
                LocalDate.of(
                        1 - Integer.parseInt(parts.group(1)),
                        Integer.parseInt(parts.group(2)),
                        Integer.parseInt(parts.group(3))),
                parts.group(4) == null ? LocalTime.MIDNIGHT : LocalTime.parse(parts.group(4)),
                parts.group(5) == null ? ZoneOffset.UTC : ZoneOffset.of(parts.group(5)));
    }

    private static String text(LocalDate date, LocalTime time, String zone) {
        return day(date, LAST_YEAR) + " " + time + zone + era(date);
    }

    private static String day(LocalDate date, int lastYear) {
        if (date.getYear() < FIRST_YEAR || date.getYear() > lastYear) {
            throw beyond(lastYear);
        }
        if (date.getYear() >= 1000 && date.getYear() <= 9999) { // nearly all, and PostgreSQL writes them as Java does
            return date.toString();
        }
        int year = date.get(ChronoField.YEAR_OF_ERA);
        String monthAndDay = MonthDay.from(date).toString().substring(1); // begins with two hyphens
        return "0".repeat(Math.max(0, 4 - Integer.toString(year).length())) + year + monthAndDay;
    }

    private static String era(LocalDate date) {
        return date.getEra() == IsoEra.CE ? "" : " BC";
    }

    private static MappingException beyond(int lastYear) {
        return new MappingException(
                "lies outside the years 4713 BC to " + lastYear + ", which PostgreSQL can hold; mend the record");
    }
}
