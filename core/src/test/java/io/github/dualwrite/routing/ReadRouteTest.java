package io.github.dualwrite.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadRouteTest {

    private static final String ANY = "customers";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            primary                                        | primary
            ' SECONDARY '                                  | secondary
            secondary 100%                                 | secondary
            secondary 0%                                   | primary
            Secondary  25.0%                               | secondary 25%
            secondary 0.0001%                              | secondary 0.0001%
            primary shadow 1%                              | primary shadow 1%
            primary shadow 0%                              | primary
            no-fallback                                    |
            secondary NO-FALLBACK shadow 1.5%              | secondary shadow 1.5% no-fallback
            primary allow tenant-a                         | primary allow tenant-a
            secondary 25% shadow 1% allow b , a deny x     | secondary 25% shadow 1% allow a,b deny x
            secondary deny "a b","c,d","say \\"x\\" \\\\"   | secondary deny "a b","c,d","say \\"x\\" \\\\"
            secondary deny deny allow "allow"              | secondary allow "allow" deny "deny"
            secondary allow Tenant                         | secondary allow Tenant
            secondary allow ""                             | secondary allow ""
            """)
    void aTextIsReadStrictlyAndWrittenInOneForm(String text, String written) {
        if (written == null) {
            assertRefused(text);
            return;
        }
        ReadRoute route = ReadRoute.parse(text);
        assertThat(route).hasToString(written);
        assertThat(ReadRoute.parse(written)).isEqualTo(route).hasSameHashCodeAs(route);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "second",
                "true",
                "null",
                "authority",
                "primary,secondary",
                "primary 25%",
                "secondary 25",
                "secondary 25 %",
                "secondary 25%%",
                "secondary 101%",
                "secondary 100.0001%",
                "secondary -1%",
                "secondary 0,5%",
                "secondary .5%",
                "secondary 1.00001%",
                "secondary 1e1%",
                "secondary 007%",
                "secondary 00.5%",
                "secondary 00%",
                "secondary 25% 30%",
                "secondary 25% secondary",
                "secondary shadow",
                "secondary shadow x",
                "secondary shadow 1% shadow 2%",
                "secondary allow",
                "secondary allow ,a",
                "secondary allow a,",
                "secondary allow a b",
                "secondary allow \"a",
                "secondary allow \"a\"shadow 1%",
                "secondary allow \"a\"\"b\"",
                "secondary allow\"a\"",
                "secondary no-fallbac\u212a",
                "\u017fecondary",
                "secondary allow \"a\\b\"",
                "secondary allow a allow b",
                "secondary allow-when pilots",
                "secondary fallback"
            })
    void anythingElseIsRefusedWithWhatIsAllowed(String text) {
        assertRefused(text);
    }

    private static void assertRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReadRoute.parse(text))
                .withMessageContaining("'primary', 'secondary' or 'secondary 25%'")
                .withMessageContaining(text.strip());
    }

    @Test
    void theMessageSaysWhereTheTextGoesWrong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReadRoute.parse("secondary 25% shadow lots deny x"))
                .withMessageContaining("at 'lots deny x'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReadRoute.parse("secondary shadow"))
                .withMessageContaining("ends too early");
    }

    @Test
    void routesWithoutPredicatesReadTheirOwnTextWhateverTheKeys() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            ReadRoute route = ReadRoute.builder()
                    .secondary(random.nextInt(1_000_001) / 10_000.0)
                    .shadow(random.nextInt(1_000_001) / 10_000.0)
                    .allow(keys(random))
                    .deny(keys(random))
                    .fallback(random.nextBoolean())
                    .build();
            assertThat(ReadRoute.parse(route.toString())).as("seed " + seed).isEqualTo(route);
            assertThat(route.toBuilder().build()).isEqualTo(route);
        }
    }

    private static List<String> keys(Random random) {
        String alphabet = "ab-,\" \\\n\tßA%\u00a0\u2003x";
        return IntStream.range(0, random.nextInt(3))
                .mapToObj(i -> random.ints(random.nextInt(6), 0, alphabet.length())
                        .mapToObj(c -> String.valueOf(alphabet.charAt(c)))
                        .reduce("", String::concat))
                .toList();
    }

    @Test
    void aKeyThatIsInStaysInWhenThePercentageGrows() {
        double[] steps = {0, 0.01, 0.5, 1, 5, 10, 25, 50, 75, 99, 100};
        List<ReadRoute> ramp = IntStream.range(0, steps.length)
                .mapToObj(i -> ReadRoute.builder().secondary(steps[i]).build())
                .toList();
        for (int key = 0; key < 20_000; key++) {
            boolean before = false;
            for (ReadRoute route : ramp) {
                boolean now = route.readsSecondary(ANY, (long) key);
                assertThat(now || !before).isTrue();
                before = now;
            }
        }
        assertThat(ramp.get(0).readsSecondary(ANY, 1L)).isFalse();
        assertThat(ramp.get(steps.length - 1).readsSecondary(ANY, 1L)).isTrue();
    }

    @Test
    void thePercentageIsThatOfTheKeysWhateverTheirShape() {
        ReadRoute route = ReadRoute.parse("secondary 10%");
        Random random = new Random(7);
        assertThat(share(route, ANY, i -> (long) i)).isCloseTo(0.10, within(0.01));
        assertThat(share(route, ANY, i -> 1_000_000_007L * i)).isCloseTo(0.10, within(0.01));
        assertThat(share(route, ANY, i -> "tenant-" + i)).isCloseTo(0.10, within(0.01));
        assertThat(share(route, ANY, i -> "x".repeat(i % 50) + i)).isCloseTo(0.10, within(0.01));
        assertThat(share(route, ANY, i -> new UUID(random.nextLong(), random.nextLong())))
                .isCloseTo(0.10, within(0.01));
    }

    private static double share(ReadRoute route, String repository, IntFunction<Object> key) {
        int keys = 50_000;
        long in = IntStream.range(0, keys)
                .filter(i -> route.readsSecondary(repository, key.apply(i)))
                .count();
        return in / (double) keys;
    }

    @Test
    void anotherRepositoryPicksOtherKeys() {
        ReadRoute route = ReadRoute.parse("secondary 10%");
        long both = IntStream.range(0, 50_000)
                .filter(i -> route.readsSecondary("customers", (long) i) && route.readsSecondary("orders", (long) i))
                .count();
        assertThat(both / 50_000.0).isCloseTo(0.01, within(0.004));
    }

    @Test
    void denyWinsOverAllowAndAllowOverThePercentage() {
        ReadRoute route = ReadRoute.parse("primary allow a,b,42 deny b");
        assertThat(route.readsSecondary(ANY, "a")).isTrue();
        assertThat(route.readsSecondary(ANY, "b")).isFalse();
        assertThat(route.readsSecondary(ANY, "c")).isFalse();
        assertThat(route.readsSecondary(ANY, 42L)).isTrue();
        assertThat(route.readsSecondary(ANY, 42)).isTrue();
        assertThat(ReadRoute.parse("secondary deny b").readsSecondary(ANY, "b")).isFalse();
        assertThat(ReadRoute.parse("secondary deny b").readsSecondary(ANY, "c")).isTrue();
    }

    @Test
    void aPredicateDecidesLikeAListAndShowsByItsName() {
        Predicate<Object> ofTenantA = key -> key.toString().startsWith("a/");
        ReadRoute route = ReadRoute.builder()
                .allowWhen("tenant a", ofTenantA)
                .denyWhen("archived", key -> key.toString().endsWith("/old"))
                .build();
        assertThat(route.readsSecondary(ANY, "a/1")).isTrue();
        assertThat(route.readsSecondary(ANY, "a/old")).isFalse();
        assertThat(route.readsSecondary(ANY, "b/1")).isFalse();
        assertThat(route).hasToString("primary allow-when \"tenant a\" deny-when archived");
        assertThat(route).isEqualTo(route.toBuilder().build());
        assertThat(ReadRoute.builder().allowWhen("p", ofTenantA).build())
                .isEqualTo(ReadRoute.builder().allowWhen("p", ofTenantA).build())
                .isNotEqualTo(ReadRoute.builder().allowWhen("p", key -> true).build());
        assertRefused(route.toString());
    }

    @Test
    void shadowedIsAShareOfTheReads() {
        assertThat(shadowed("primary")).isZero();
        assertThat(shadowed("primary shadow 100%")).isEqualTo(20_000);
        assertThat(shadowed("primary shadow 10%") / 20_000.0).isCloseTo(0.10, within(0.03));
    }

    @Test
    void aRouteThatIsTakenBackKeepsWhatIsShadowedAndWhoIsDenied() {
        ReadRoute route = ReadRoute.parse("secondary 25% shadow 1% allow a deny b,c no-fallback").toBuilder()
                .allowWhen("pilots", key -> true)
                .denyWhen("archived", key -> key.equals("old"))
                .build()
                .withoutSecondary();
        assertThat(route).hasToString("primary shadow 1% deny b,c deny-when archived");
        assertThat(route.mayReadSecondary()).isFalse();
        assertThat(route.toBuilder().secondary(100).build().readsSecondary(ANY, "old"))
                .isFalse();
    }

    private static long shadowed(String text) {
        ReadRoute route = ReadRoute.parse(text);
        return IntStream.range(0, 20_000).filter(i -> route.shadows()).count();
    }

    @Test
    void whetherAnyReadMayGoToTheSecondaryIsKnown() {
        assertThat(ReadRoute.parse("primary shadow 5% deny a").mayReadSecondary())
                .isFalse();
        assertThat(ReadRoute.parse("primary allow a").mayReadSecondary()).isTrue();
        assertThat(ReadRoute.parse("secondary 1%").mayReadSecondary()).isTrue();
        assertThat(ReadRoute.parse("secondary 1%").secondaryPercent()).isEqualTo(1);
        assertThat(ReadRoute.parse("primary shadow 0.5%").shadowPercent()).isEqualTo(0.5);
        assertThat(ReadRoute.parse("primary").fallback()).isTrue();
        assertThat(ReadRoute.parse("secondary no-fallback").fallback()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 100.1, Double.NaN, Double.POSITIVE_INFINITY, 0.00001})
    void percentagesOutOfRangeAreRefusedByTheBuilderToo(double percent) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReadRoute.builder().secondary(percent))
                .withMessageContaining("percentage");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReadRoute.builder().shadow(percent))
                .withMessageContaining("percentage");
    }
}
