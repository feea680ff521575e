package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.routing.ReadRoute;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("DW-6")
class ShortRouteTest {

    @ParameterizedTest
    @ValueSource(strings = {"primary", "secondary 25%", "secondary 0.5% shadow 100% no-fallback"})
    void aRouteWithoutKeysIsAsItIs(String route) {
        assertThat(ShortRoute.of(route)).isEqualTo(route);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "secondary 5% allow a deny b,c,d | secondary 5% allow (1 key) deny (3 keys)",
                "primary allow \"a b\",\"c,d\",\"e\\\"f g\" no-fallback | primary allow (3 keys) no-fallback",
                "primary allow \"deny\" deny \"allow\",\"\" | primary allow (1 key) deny (2 keys)",
            })
    void keysAreCounted(String route, String shown) {
        assertThat(ShortRoute.of(route)).isEqualTo(shown);
    }

    @Test
    void aKeyMayHaveLinesAndBackslashes() {
        assertThat(ShortRoute.of("primary deny \"a\nb\\\\\" shadow 1%")).isEqualTo("primary deny (1 key) shadow 1%");
    }

    @Test
    void ofATextThatIsNoRouteNothingIsShown() {
        assertThat(ShortRoute.of("primary allow secret\"")).isEqualTo("unreadable");
    }

    @Test
    void theNameOfAPredicateStays() {
        ReadRoute route = ReadRoute.builder()
                .allow(List.of("secret", "deny"))
                .deny(List.of("a secret"))
                .denyWhen("is odd", key -> true)
                .build();
        assertThat(ShortRoute.of(route.toString()))
                .isEqualTo("primary allow (2 keys) deny (1 key) deny-when \"is odd\"");
    }

    @Test
    void manyKeysAreCountedWithoutDeepRecursion() {
        String keys = "\"k e y\",".repeat(100_000) + "last";
        assertThat(ShortRoute.of("secondary allow " + keys)).isEqualTo("secondary allow (100001 keys)");
    }
}
