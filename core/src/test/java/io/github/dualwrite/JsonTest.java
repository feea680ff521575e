package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.routing.FieldComparison;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents are compared by what they say, because stores write them in their own way. */
@Tag("DW-3")
class JsonTest {

    record Document(String id, Json json) {}

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"b":1,"a":2}                 | {"a": 2, "b": 1}
            {"a":[1,{"c":1,"b":[]}],"b":{}} | {"a": [1, {"b": [], "c": 1}], "b": {}}
            [1e2, 1.5E-1, 1.0e1, -0, -0.0, 1e0] | [100, 0.15, 10, 0, 0.0, 1]
            "\\u00e9\\/\\t\\u001f\\ud83d\\udd11" | "é/\\u0009\\u001F🔑"
            {"a\\u0062": true}            | {"ab":true}
            [0e5, -12e3, 0.0e-1, 120]     | [0, -12000, 0.00, 12e1]
            ` null `                      | null
            """)
    void whatIsWrittenInAnotherWayIsEqual(String one, String other) {
        assertThat(new Json(one)).isEqualTo(new Json(other)).hasSameHashCodeAs(new Json(other));
        assertThat(FieldComparison.<Document>strict()
                        .differingFields(new Document("a", new Json(one)), new Document("a", new Json(other))))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"a":1.0}       | {"a":1.00}
            {"a":1}         | {"a":"1"}
            {"a":1}         | {"a":1,"a":1}
            {"a":1,"a":2}   | {"a":2,"a":1}
            [1,2]           | [2,1]
            {"a":null}      | {}
            [1e-1]          | [1e-2]
            ["a,b"]         | ["a","b"]
            {"a": 1         | {"a":1
            {"a":01}        | {"a": 01}
            [1,]            | [1, ]
            "\\u00e"        | "\\u00e "
            {"a":1} x       | {"a": 1} x
            nul             | ` nul`
            """)
    void whatSaysSomethingElseAndWhatIsNoJsonIsNot(String one, String other) {
        assertThat(new Json(one)).isNotEqualTo(new Json(other));
        assertThat(FieldComparison.<Document>strict()
                        .differingFields(new Document("a", new Json(one)), new Document("a", new Json(other))))
                .containsExactly("json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"[1e999999999]", "[1e9999999999999]", "[1e-999999999]", "[", "", "\"\\", "{\"a\"", "-", "1."})
    void whatNoStoreHoldsIsLeftAsItIs(String text) {
        assertThat(new Json(text)).isEqualTo(new Json(text));
        assertThat(new Json(text).normalForm()).isEqualTo(text);
        assertThat(new Json(text).repeatsNames()).isFalse();
    }

    @Test
    void aNumberWithALargeExponentStaysShort() {
        String numbers = "[" + "1e131071,".repeat(10_000) + "1e-131071]";

        assertThat(new Json(numbers).normalForm()).isEqualTo(numbers);
        assertThat(new Json(numbers.replace("1e131071", "10e131070"))).isEqualTo(new Json(numbers));
    }

    @Test
    void aDocumentThatIsNestedVeryDeepIsComparedByItsText() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        assertThat(new Json(deep).normalForm()).isEqualTo(deep);
    }

    @Test
    void membersOfOneNameAreSeenAtAnyDepth() {
        String deep = "[".repeat(2_000) + "{\"a\":1,\"a\":1}" + "]".repeat(2_000);
        assertThat(List.of("{\"a\":1,\"\\u0061\":1}", "[{\"b\":{\"a\":1,\"a\":1}}]", deep))
                .allMatch(text -> new Json(text).repeatsNames());
        assertThat(List.of("{\"a\":{\"a\":1}}", "[{\"a\":1},{\"a\":1}]"))
                .noneMatch(text -> new Json(text).repeatsNames());
    }
}
