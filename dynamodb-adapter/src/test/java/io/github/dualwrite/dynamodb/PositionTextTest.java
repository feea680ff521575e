package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

@Tag("DW-7")
class PositionTextTest {

    @Test
    void keysOfEveryTypeComeBackWhateverIsInThem() {
        for (String text : List.of("c-17", "", "a|b=c~d", "~0~1~2~3", "zero\0byte", "S:x", "鍵 🔑\n")) {
            for (AttributeValue sort : List.of(
                    AttributeValue.fromS(text),
                    AttributeValue.fromN("-1.50E+3"),
                    AttributeValue.fromB(SdkBytes.fromByteArray(new byte[] {0, -1, '|', '='})))) {
                Map<String, AttributeValue> key = Map.of("p|k=~", AttributeValue.fromS(text), "sk", sort);

                String position = PositionText.of(key, List.of("p|k=~", "sk"));

                assertThat(PositionText.read(position, List.of("p|k=~", "sk"))).isEqualTo(key);
                assertThat(position).doesNotContain("\0");
            }
        }
    }

    /** Positions are kept: this form is for good. */
    @Test
    void theFormIsTheOneThatIsKept() {
        assertThat(PositionText.of(
                        Map.of("customer", AttributeValue.fromS("c-17"), "number", AttributeValue.fromN("3")),
                        List.of("customer", "number")))
                .isEqualTo("customer=S:c-17|number=N:3");
    }

    @Test
    void whatIsNoPositionInThisTableIsRefused() {
        for (String text : List.of("", "id", "id=", "id=S", "id=X:1", "id=B:#", "other=S:1", "id=S:1|other=S:1")) {
            assertThatIllegalArgumentException().as(text).isThrownBy(() -> PositionText.read(text, List.of("id")));
        }
    }
}
