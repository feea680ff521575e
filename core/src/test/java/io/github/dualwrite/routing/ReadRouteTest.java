package io.github.dualwrite.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadRouteTest {

    @ParameterizedTest
    @ValueSource(strings = {"secondary", "Secondary", " SECONDARY ", "secondary\n"})
    void theTextFormIsReadInAnyCaseWithBlanksAroundIt(String text) {
        assertThat(ReadRoute.parse(text)).isEqualTo(ReadRoute.secondary()).hasToString("secondary");
    }

    @Test
    void everyRouteReadsItsOwnText() {
        for (ReadRoute route : new ReadRoute[] {ReadRoute.primary(), ReadRoute.secondary()}) {
            assertThat(ReadRoute.parse(route.toString())).isEqualTo(route).hasSameHashCodeAs(route);
        }
        assertThat(ReadRoute.primary()).isNotEqualTo(ReadRoute.secondary());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "second", "true", "primary,secondary", "secondary 10%", "authority", "null"})
    void anythingElseIsRefusedWithWhatIsAllowed(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReadRoute.parse(text))
                .withMessageContaining("'primary' or 'secondary'");
    }
}
