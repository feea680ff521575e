package io.github.dualwrite.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.routing.Normalization;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NormalFormTest {

    private static RecordDigest.Hash hash(Normalization rules, Object value) {
        return new RecordDigest(new NormalForm(rules, Map.of())).of("key", value);
    }

    private static RecordDigest.Hash hash(Object value) {
        return hash(Normalization.NONE, value);
    }

    /** The components of which some change goes unnoticed, or is taken for another change. */
    private static Set<String> unnoticed(Normalization rules) {
        Set<String> unnoticed = new TreeSet<>();
        Map<RecordDigest.Hash, String> seen = new HashMap<>();
        seen.put(hash(rules, EveryType.base()), "the base");
        EveryType.others().forEach((component, values) -> {
            for (@Nullable Object value : values) {
                if (seen.put(hash(rules, EveryType.with(component, value)), component) != null) {
                    unnoticed.add(component);
                }
            }
        });
        return unnoticed;
    }

    /** Of what is read: what both mappings read wrongly in the same way is not seen ({@code docs/verification.md}, Limits). */
    @Test
    void everyChangeOfEveryFieldOfEveryTypeIsNoticed() {
        assertThat(EveryType.others().keySet())
                .as("no component is left out")
                .containsExactlyElementsOf(EveryType.SHAPE.components().stream()
                        .map(component -> component.name())
                        .toList());

        assertThat(unnoticed(Normalization.NONE)).isEmpty();
    }

    /** The test above is worth something. */
    @Test
    void aDigestThatForgetsSomethingIsNoticed() {
        for (String component : EveryType.others().keySet()) {
            assertThat(unnoticed((path, value) -> path.equals(component) ? null : value))
                    .contains(component);
        }
        assertThat(unnoticed((path, value) -> "".equals(value) ? null : value)).contains("text");
        assertThat(unnoticed((path, value) -> value instanceof BigDecimal number ? number.stripTrailingZeros() : value))
                .contains("amount", "inner");
        assertThat(unnoticed(
                        (path, value) -> value instanceof Instant time ? time.truncatedTo(ChronoUnit.MICROS) : value))
                .contains("at");
        assertThat(unnoticed((path, value) -> value instanceof List<?> list ? new LinkedHashSet<Object>(list) : value))
                .contains("texts", "longs", "inners");
    }

    @Test
    void equalRecordsHaveTheSameDigest() {
        assertThat(hash(EveryType.base())).isEqualTo(hash(EveryType.base()));
    }

    @Test
    void theKeyIsPartOfTheDigest() {
        RecordDigest digest = new RecordDigest(new NormalForm(Normalization.NONE, Map.of()));
        assertThat(digest.of("a", "bc")).isNotEqualTo(digest.of("ab", "c")).isEqualTo(digest.of("a", "bc"));
    }

    @Test
    void setsAndMapsHaveNoOrder() {
        Map<String, Integer> there = new LinkedHashMap<>();
        there.put("a", 1);
        there.put("b", 2);
        Map<String, Integer> back = new LinkedHashMap<>();
        back.put("b", 2);
        back.put("a", 1);
        assertThat(hash(there)).isEqualTo(hash(back));
        assertThat(hash(new LinkedHashSet<>(List.of("a", "b"))))
                .isEqualTo(hash(new LinkedHashSet<>(List.of("b", "a"))));
    }

    /** Concatenations, types and containers that a careless form would take for each other. */
    @Test
    void noTwoOfTheseShareAForm() {
        List<Object> values = List.of(
                "",
                "1",
                '1',
                1,
                1L,
                (short) 1,
                (byte) 1,
                1f,
                1d,
                true,
                BigDecimal.ONE,
                java.math.BigInteger.ONE,
                List.of(),
                Set.of(),
                Map.of(),
                new byte[0],
                List.of(""),
                List.of(List.of()),
                List.of("1"),
                Set.of("1"),
                List.of("a", "b"),
                List.of("ab"),
                List.of(List.of("a"), "b"),
                List.of(List.of("a", "b")),
                List.of(List.of("a"), List.of("b")),
                Map.of("a", "b"),
                Map.of("a", List.of("b")),
                java.util.Optional.of("a"),
                java.util.Optional.empty(),
                java.util.Optional.of(java.util.Optional.empty()),
                Arrays.asList((Object) null),
                Arrays.asList(null, null),
                Collections.singleton(null),
                new EveryType.Inner("a", null, null),
                new EveryType.OtherInner("a", null, null),
                java.time.Duration.ofSeconds(1),
                java.time.Year.of(1),
                java.net.URI.create("a"),
                EveryType.Colour.RED,
                EveryType.Colour.GREEN);
        List<RecordDigest.Hash> hashes = new ArrayList<>();
        values.forEach(value -> hashes.add(hash(value)));
        assertThat(hashes).doesNotHaveDuplicates();
    }

    @Test
    void localesOfWhichTheTextIsTheSameAreToldApart() {
        List<Locale> locales = List.of(
                Locale.ROOT,
                Locale.forLanguageTag("und-Latn"),
                new Locale("", "", "POSIX"),
                Locale.forLanguageTag("zh"),
                Locale.forLanguageTag("zh-Hans"),
                Locale.forLanguageTag("de-DE"),
                Locale.forLanguageTag("de-DE-u-co-phonebk"),
                Locale.forLanguageTag("de-DE-u-co-phonebk-x-mine"),
                Locale.forLanguageTag("de-DE-x-mine"),
                new Locale("de", "", "POSIX"),
                new Locale("th", "TH", "TH"),
                new Locale("th", "TH"));
        assertThat(locales).doesNotHaveDuplicates();

        assertThat(locales).extracting(locale -> hash(locale)).doesNotHaveDuplicates();
        assertThat(hash(new Locale.Builder()
                        .setLanguageTag("de-DE-u-co-phonebk")
                        .build()))
                .isEqualTo(hash(Locale.forLanguageTag("de-DE-u-co-phonebk")));
    }

    /** What rules make the same must be equal by the comparison; and rules make these the same. */
    @Test
    void rulesOfTheComparisonTakeForTheSameWhatItTakesForTheSame() {
        FieldComparison<EveryType> comparison = FieldComparison.of(EveryType.class)
                .ignore("text")
                .byNumericValue("amount")
                .timePrecision("at", ChronoUnit.SECONDS)
                .asSet("texts")
                .byNumericValue("inner.price")
                .tolerance("large", BigDecimal.TEN)
                .build();
        Normalization rules = comparison.normalization();
        RecordDigest.Hash base = hash(rules, EveryType.base());
        Set<String> somehowEqual = new TreeSet<>();
        EveryType.others().forEach((component, values) -> {
            for (@Nullable Object value : values) {
                EveryType other = EveryType.with(component, value);
                if (hash(rules, other).equals(base)) {
                    somehowEqual.add(component);
                    assertThat(comparison.differingFields(EveryType.base(), other))
                            .as("%s = %s", component, value)
                            .isEmpty();
                }
            }
        });
        assertThat(somehowEqual).containsExactlyInAnyOrder("text", "amount", "at", "texts", "inner");
        assertThat(hash(rules, EveryType.with("large", 2L)))
                .as("a tolerance is left to the comparison")
                .isNotEqualTo(base);
    }

    /** A class that no one knows here. */
    static final class Point {
        final int x;

        Point(int x) {
            this.x = x;
        }
    }

    record Holder(Point where) {}

    @Test
    void aClassWithoutNormalFormIsRefusedWithItsField() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> hash(new Holder(new Point(1))))
                .withMessageContaining("'where'")
                .withMessageContaining("Point")
                .withMessageContaining("VerificationSettings.form");
    }

    @Test
    void aClassCanBeGivenAForm() {
        NormalForm form = new NormalForm(Normalization.NONE, Map.of(Point.class, point -> ((Point) point).x));
        RecordDigest digest = new RecordDigest(form);
        assertThat(digest.of("k", new Holder(new Point(1))))
                .isEqualTo(digest.of("k", new Holder(new Point(1))))
                .isNotEqualTo(digest.of("k", new Holder(new Point(2))));
    }

    private interface A {}

    private interface B {}

    private interface C {}

    private interface D {}

    private interface E {}

    private interface F {}

    private interface G {}

    private interface H {}

    private static final class All implements A, B, C, D, E, F, G, H {}

    private static List<Class<?>> interfaces() {
        return List.of(A.class, B.class, C.class, D.class, E.class, F.class, G.class, H.class);
    }

    private static VerificationSettings<String, All> formsInOrder(List<Class<?>> types) {
        VerificationSettings.Builder<String, All> builder = VerificationSettings.builder();
        types.forEach(type -> builder.form(type, any -> type.getSimpleName()));
        return builder.build();
    }

    private static RecordDigest.Hash hash(VerificationSettings<?, ?> settings) {
        return new RecordDigest(new NormalForm(Normalization.NONE, settings.forms)).of("key", new All());
    }

    @Test
    void ofFormsThatFitTheFirstOneIsUsedUnlessThereIsOneForTheVeryClass() {
        for (Class<?> first : interfaces()) {
            List<Class<?>> types = new ArrayList<>(List.of(first));
            interfaces().stream().filter(type -> type != first).forEach(types::add);

            assertThat(hash(formsInOrder(types))).isEqualTo(hash(formsInOrder(List.of(first))));
            assertThat(formsInOrder(types).formNames()).startsWith(first.getName());

            types.add(All.class);
            assertThat(hash(formsInOrder(types))).isEqualTo(hash(formsInOrder(List.of(All.class))));
        }
    }
}
