package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.Json;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordSizeTest {

    private record Order(UUID id, String text, List<Line> lines, Optional<byte[]> picture, Map<String, String> more) {}

    private record Line(int number, @Nullable BigDecimal price, Instant at, Json json) {}

    private record Holding(String text, Object closed) {}

    private enum Colour {
        RED
    }

    private static final class Closed {}

    @Test
    void whatIsLongCountsWithItsLength() {
        Line line = new Line(1, null, Instant.EPOCH, new Json("\"" + "x".repeat(1_000) + "\""));
        Order order = new Order(
                new UUID(1, 2),
                "y".repeat(5_000),
                List.of(line, line, line),
                Optional.of(new byte[700]),
                Map.of("a".repeat(50), "b".repeat(50)));

        RecordSize size = RecordSize.of(order);

        assertThat(size.bytes()).isBetween(8_800L, 9_100L);
        assertThat(size.whole()).isTrue();
    }

    @Test
    void valuesOfTheLanguageCountAsLittle() {
        for (Object value : new Object[] {1L, true, 'x', Colour.RED, Instant.EPOCH, new UUID(1, 2), List.of()}) {
            RecordSize size = RecordSize.of(value);
            assertThat(size.bytes()).as("%s", value).isBetween(0L, 16L);
            assertThat(size.whole()).as("%s", value).isTrue();
        }
        assertThat(RecordSize.of(new long[100]).bytes()).isBetween(800L, 820L);
        assertThat(RecordSize.of(new String[] {"abc", "d".repeat(100)}).bytes()).isBetween(103L, 130L);
        assertThat(RecordSize.of(Arrays.asList("abc", null)).bytes()).isBetween(3L, 20L);
    }

    @Test
    void whatIsInsideOtherClassesIsNotKnownButTheRestIs() {
        RecordSize size = RecordSize.of(new Holding("x".repeat(500), new Closed()));

        assertThat(size.bytes()).isBetween(500L, 530L);
        assertThat(size.whole()).isFalse();
    }

    @Test
    void aRecordThatHoldsItselfHasAnEnd() {
        List<Object> list = new ArrayList<>();
        list.add(new Holding("x", list));

        assertThat(RecordSize.of(list).whole()).isFalse();
    }
}
