package io.github.dualwrite.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FieldComparisonTest {

    record Address(@Nullable String city, List<byte[]> photos) {}

    record Anything(Object value) {}

    record Line(String article, BigDecimal price) {}

    record Order(
            long id,
            BigDecimal total,
            @Nullable Instant at,
            Address address,
            List<Line> lines,
            Set<String> labels,
            Map<String, Line> byName,
            Optional<Line> gift,
            double weight) {}

    private static final Instant NOON = Instant.parse("2024-05-01T12:00:00.123456Z");

    private static Order order() {
        return order(b -> b);
    }

    /** A mutable order; each call gives one with equal but not identical content. */
    private static Order order(UnaryOperator<Parts> change) {
        return change.apply(new Parts()).order();
    }

    private static final class Parts {
        BigDecimal total = new BigDecimal("10.00");

        @Nullable
        Instant at = NOON;

        Address address = new Address("Bern", List.of(new byte[] {1, 2}));
        List<Line> lines = List.of(new Line("a", BigDecimal.ONE), new Line("b", BigDecimal.TEN));
        Set<String> labels = Set.of("x", "y");
        Map<String, Line> byName = Map.of("k", new Line("a", BigDecimal.ONE));
        Optional<Line> gift = Optional.of(new Line("g", BigDecimal.ZERO));
        double weight = 1;

        Order order() {
            return new Order(1, total, at, address, lines, labels, byName, gift, weight);
        }
    }

    private static Set<String> differing(FieldComparison<Order> comparison, UnaryOperator<Parts> change) {
        return comparison.differingFields(order(), order(change));
    }

    private static Set<String> strictly(UnaryOperator<Parts> change) {
        return differing(FieldComparison.strict(), change);
    }

    @Test
    void equalContentIsEqualAlsoInArraysAndNestedRecords() {
        assertThat(strictly(parts -> parts)).isEmpty();
    }

    @Test
    void differencesAreNamedByTheirPath() {
        assertThat(strictly(parts -> {
                    parts.address = new Address("Thun", List.of(new byte[] {1, 3}));
                    parts.weight = 2;
                    return parts;
                }))
                .containsExactly("address.city", "address.photos", "weight");
        assertThat(strictly(parts -> {
                    parts.address = new Address(null, List.of(new byte[] {1, 2}));
                    return parts;
                }))
                .containsExactly("address.city");
        assertThat(strictly(parts -> {
                    parts.lines = List.of(new Line("a", BigDecimal.ONE), new Line("b", BigDecimal.ONE));
                    parts.byName = Map.of("k", new Line("z", BigDecimal.ONE));
                    parts.gift = Optional.empty();
                    return parts;
                }))
                .containsExactly("byName.article", "gift", "lines.price");
        assertThat(strictly(parts -> {
                    parts.lines = List.of();
                    parts.labels = Set.of("x");
                    parts.byName = Map.of();
                    return parts;
                }))
                .containsExactly("byName", "labels", "lines");
    }

    @Test
    void scaleAndOrderAndPrecisionCountUnlessARuleSaysOtherwise() {
        UnaryOperator<Parts> change = parts -> {
            parts.total = new BigDecimal("10.0");
            parts.at = NOON.truncatedTo(ChronoUnit.MILLIS);
            parts.lines = List.of(new Line("b", BigDecimal.TEN), new Line("a", BigDecimal.ONE));
            parts.weight = 1.0000001;
            return parts;
        };
        assertThat(strictly(change)).containsExactly("at", "lines.article", "lines.price", "total", "weight");

        FieldComparison<Order> lenient = FieldComparison.of(Order.class)
                .byNumericValue("total")
                .timePrecision("at", ChronoUnit.MILLIS)
                .asSet("lines")
                .tolerance("weight", new BigDecimal("0.001"))
                .build();
        assertThat(differing(lenient, change)).isEmpty();
        assertThat(differing(lenient, parts -> {
                    parts.total = new BigDecimal("10.01");
                    parts.at = NOON.plusMillis(1);
                    parts.lines = List.of(new Line("a", BigDecimal.ONE));
                    parts.weight = 1.002;
                    return parts;
                }))
                .containsExactly("at", "lines", "total", "weight");
    }

    @Test
    void rulesReachNestedFields() {
        FieldComparison<Order> lenient = FieldComparison.of(Order.class)
                .tolerance("lines.price", BigDecimal.TEN)
                .ignore("address.city")
                .timeTolerance("at", Duration.ofSeconds(1))
                .sameWhen("gift", (a, b) -> true)
                .build();
        assertThat(differing(lenient, parts -> {
                    parts.lines = List.of(new Line("a", BigDecimal.TEN), new Line("b", BigDecimal.ONE));
                    parts.address = new Address(null, List.of(new byte[] {1, 2}));
                    parts.at = NOON.plusMillis(999);
                    parts.gift = Optional.empty();
                    return parts;
                }))
                .isEmpty();
    }

    @Test
    void whatIsMissingOnOneSideDiffersUnlessTheFieldIsIgnored() {
        UnaryOperator<Parts> withoutTime = parts -> {
            parts.at = null;
            return parts;
        };
        assertThat(differing(
                        FieldComparison.of(Order.class)
                                .timePrecision("at", ChronoUnit.DAYS)
                                .build(),
                        withoutTime))
                .containsExactly("at");
        assertThat(differing(FieldComparison.of(Order.class).ignore("at").build(), withoutTime))
                .isEmpty();
    }

    @Test
    void aFieldThatTheRecordHasNotIsRefusedWithThoseThatItHas() {
        for (String field : List.of("totl", "lines.prize", "address.", "", "TOTAL", "total.scale")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FieldComparison.of(Order.class).ignore(field))
                    .withMessageContaining("Order has no field '" + field + "'")
                    .withMessageContaining("lines.price")
                    .withMessageContaining("total");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FieldComparison.of(Order.class).ignore("at").timePrecision("at", ChronoUnit.MILLIS))
                .withMessageContaining("two rules");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FieldComparison.of(Order.class).timePrecision("at", ChronoUnit.MONTHS));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FieldComparison.of(Order.class).tolerance("total", new BigDecimal("-1")));
        assertThatIllegalArgumentException().isThrownBy(() -> FieldComparison.of(String.class));
    }

    @Test
    void aRuleThatDoesNotFitTheValueSaysSoWithoutTheValue() {
        FieldComparison<Anything> wrong = FieldComparison.of(Anything.class)
                .tolerance("value", BigDecimal.ONE)
                .build();
        assertThatThrownBy(() -> wrong.differingFields(new Anything(NOON), new Anything(NOON)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("numbers")
                .hasMessageNotContaining("2024");
    }

    @Test
    void valuesThatAreNoRecordsAreComparedAsOneField() {
        assertThat(FieldComparison.<String>strict().differingFields("a", "a")).isEmpty();
        assertThat(FieldComparison.<String>strict().differingFields("a", "b")).containsExactly("value");
    }

    @Test
    void listsAreComparedWithOrWithoutOrder() {
        Line a = new Line("a", BigDecimal.ONE);
        Line b = new Line("b", BigDecimal.TEN);
        Line cheap = new Line("b", BigDecimal.ONE);
        ListComparison<Line> ordered = ListComparison.ordered(FieldComparison.strict());
        ListComparison<Line> unordered = ListComparison.unordered(FieldComparison.strict(), Line::article);

        assertThat(ordered.differingFields(List.of(a, b), List.of(a, b))).isEmpty();
        assertThat(ordered.differingFields(List.of(a, b), List.of(b, a))).containsExactly("article", "price");
        assertThat(ordered.differingFields(List.of(a, b), List.of(a))).containsExactly("size");
        assertThat(unordered.differingFields(List.of(a, b), List.of(b, a))).isEmpty();
        assertThat(unordered.differingFields(List.of(a, b), List.of(cheap, a))).containsExactly("price");
        assertThat(unordered.differingFields(List.of(a, b), List.of(a))).containsExactly("missing", "size");
        assertThat(unordered.differingFields(List.of(a), List.of(b))).containsExactly("extra", "missing");
        assertThat(unordered.differingFields(List.of(a, a, b), List.of(a, b, b)))
                .containsExactly("extra", "missing");
        assertThat(unordered.differingFields(List.of(a, a, b), List.of(a, b))).containsExactly("missing", "size");
        assertThat(unordered.differingFields(List.of(b, cheap), List.of(cheap, b)))
                .isEmpty();
        assertThat(unordered.differingFields(List.of(b, cheap), List.of(cheap, cheap)))
                .containsExactly("price");
    }

    sealed interface Shape permits Circle, Square {}

    record Circle(double radius) implements Shape {}

    record Square(double side) implements Shape {}

    record Box<T>(T content, String label) {}

    @SuppressWarnings("ArrayRecordComponent") // what a mapping may have
    record Drawing<S extends Shape>(
            List<? extends Line> lines,
            Shape shape,
            List<S> shapes,
            Box<Line> box,
            Box<? extends Box<Circle>> boxes,
            Line[] array,
            Map<String, ? extends Line> byName,
            Comparable<?> anything,
            String text,
            Optional<BigDecimal> perhaps,
            java.time.LocalDate day,
            int[] numbers,
            int number) {}

    @Test
    void aFieldThatCanBeNamedAsDifferentCanHaveARule() {
        for (String field : List.of(
                "lines.price",
                "shape.radius",
                "shape.side",
                "shapes.radius",
                "box.content.price",
                "box.label",
                "boxes.content.content.radius",
                "array.price",
                "byName.price",
                "anything.whatever.it.is")) {
            assertThat(FieldComparison.of(Drawing.class).ignore(field)).isNotNull();
        }
        for (String field : List.of("lines.prize", "shape.corner", "box.content.prize", "text.length", "lines.")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FieldComparison.of(Drawing.class).ignore(field))
                    .withMessageContaining("has no field '" + field + "'");
        }
    }

    @Test
    void aRuleForValuesThatAFieldCannotHoldIsRefusedAtOnce() {
        FieldComparison.Builder<?> rules = FieldComparison.of(Drawing.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rules.tolerance("text", BigDecimal.ONE))
                .withMessageContaining("numbers")
                .withMessageContaining("text")
                .withMessageContaining("String");
        assertThatIllegalArgumentException().isThrownBy(() -> rules.byNumericValue("lines"));
        assertThatIllegalArgumentException().isThrownBy(() -> rules.byNumericValue("perhaps"));
        assertThatIllegalArgumentException().isThrownBy(() -> rules.timePrecision("day", ChronoUnit.MILLIS));
        assertThatIllegalArgumentException().isThrownBy(() -> rules.timeTolerance("day", Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> rules.asSet("number"));
        assertThatIllegalArgumentException().isThrownBy(() -> rules.asSet("shape"));

        assertThat(rules.byNumericValue("number")
                        .byNumericValue("lines.price")
                        .byNumericValue("shape.radius")
                        .byNumericValue("anything")
                        .asSet("numbers")
                        .asSet("array")
                        .asSet("shapes")
                        .build())
                .isNotNull();
    }
}
