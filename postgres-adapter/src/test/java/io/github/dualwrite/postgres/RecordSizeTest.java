package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.github.dualwrite.Json;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

    @Test
    void recordsThatHoldOneAnotherManyTimesHaveAnEndSoon() {
        List<Object> lines = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            lines.add(new Holding("x", lines));
        }

        RecordSize size = assertTimeoutPreemptively(Duration.ofSeconds(10), () -> RecordSize.of(lines));

        assertThat(size.whole()).isFalse();
    }

    @Test
    void howeverManyValuesAreInOneListTheyCount() {
        RecordSize size = RecordSize.of(new Holding("x", Collections.nCopies(300_000, 1L)));

        assertThat(size.bytes()).isBetween(2_400_000L, 2_400_100L);
        assertThat(size.whole()).isTrue();
    }

    record Failing(String before, String text, String after) {
        @Override
        public String text() {
            throw new AssertionError("not to be read");
        }
    }

    @Test
    void whatFailsWhenItIsReadIsNotKnownButTheRestIs() {
        RecordSize accessor = RecordSize.of(new Failing("x".repeat(500), "", "y".repeat(300)));
        assertThat(accessor.bytes()).isBetween(800L, 830L);
        assertThat(accessor.whole()).isFalse();

        Map<String, String> closed = new AbstractMap<>() {
            @Override
            public Set<Entry<String, String>> entrySet() {
                throw new IllegalStateException("closed");
            }
        };
        RecordSize map = RecordSize.of(List.of("x".repeat(500), closed));
        assertThat(map.bytes()).isBetween(500L, 530L);
        assertThat(map.whole()).isFalse();
    }
}
