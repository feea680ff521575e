package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read and written by hand must be what the formatter of the same pattern reads and writes. */
class TimeTextTest {

    private static final DateTimeFormatter PATTERN = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS", Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    private static final long FIRST = LocalDateTime.of(0, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC);
    private static final long LAST = LocalDateTime.of(9999, 12, 31, 23, 59, 59).toEpochSecond(ZoneOffset.UTC);

    @Test
    void everyTimeOfTheYears0To9999IsWrittenAsThePatternSaysAndReadBack() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            long second = i == 0 ? FIRST : i == 1 ? LAST : FIRST + (long) (random.nextDouble() * (LAST - FIRST));
            int nano = i % 3 == 0 ? 0 : random.nextInt(1_000_000_000);
            LocalDateTime time = LocalDateTime.ofEpochSecond(second, nano, ZoneOffset.UTC);
            String text = TimeText.of(time);

            assertThat(text).as("seed %s", seed).isEqualTo(PATTERN.format(time));
            assertThat(TimeText.dateTime(text)).isEqualTo(time);
            Instant instant = time.toInstant(ZoneOffset.UTC);
            assertThat(TimeText.of(instant)).isEqualTo(text + "Z");
            assertThat(TimeText.instant(text + "Z")).isEqualTo(instant);
        }
    }

    /** One character of a good text is another one: whether that is a time, and which, the formatter decides. */
    @Test
    void damagedTextsAreReadAsTheFormatterReadsThem() {
        String good = "2024-02-29T23:59:58.123456789";
        for (int i = 0; i < good.length(); i++) {
            for (char c : "0369-+:.TZ \u0660/\u0000".toCharArray()) {
                String text = good.substring(0, i) + c + good.substring(i + 1);
                assertThat(outcome(text, TimeText::dateTime))
                        .as(text)
                        .isEqualTo(outcome(text, each -> LocalDateTime.parse(each, PATTERN)));
            }
        }
    }

    private static String outcome(String text, Function<String, LocalDateTime> read) {
        try {
            return read.apply(text).toString();
        } catch (DateTimeException e) {
            return "none";
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2024-01-01T00:00:00.000000000",
                "2024-01-01T00:00:00.000000000z",
                "2024-01-01T00:00:00.000000000ZZ",
                "2023-02-29T00:00:00.000000000Z",
                "2024-01-01T24:00:00.000000000Z",
                "2024-01-01T00:00:60.000000000Z",
                "2024-01-01 00:00:00.000000000Z"
            })
    void whatIsNoInstantIsRefused(String text) {
        assertThatThrownBy(() -> TimeText.instant(text)).isInstanceOf(DateTimeException.class);
    }
}
