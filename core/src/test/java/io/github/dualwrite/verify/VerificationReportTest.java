package io.github.dualwrite.verify;

import static io.github.dualwrite.verify.VerifyRig.byHand;
import static io.github.dualwrite.verify.VerifyRig.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VerificationReportTest {

    private final VerifyRig rig = new VerifyRig();

    @AfterEach
    void close() {
        rig.close();
    }

    private VerificationReport<String> differing(UnaryOperator<VerificationSettings.Builder<String, Sample>> more)
            throws InterruptedException {
        rig.seeded(50);
        byHand(rig.secondary).save(new Sample("k3", "secret", 3));
        byHand(rig.secondary).delete("k5");
        byHand(rig.secondary).save(new Sample("quote \" back \\ line \n lone \ud800 ", "hidden", 3));
        return rig.verify(more.apply(settings()));
    }

    private static @Nullable Object parse(String json) throws Exception {
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            Object value = value(parser);
            assertThat(parser.nextToken()).as("nothing after it").isNull();
            return value;
        }
    }

    private static @Nullable Object value(JsonParser parser) throws Exception {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            Map<String, @Nullable Object> object = new HashMap<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                object.put(name, value(parser));
            }
            return object;
        }
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            List<@Nullable Object> array = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                array.add(value(parser));
            }
            return array;
        }
        return parser.currentToken() == JsonToken.VALUE_NULL ? null : parser.getText();
    }

    @Test
    void theTextNamesKeysFieldsAndCausesAndNoValues() throws Exception {
        String text = differing(settings -> settings).text();

        assertThat(text)
                .contains("verification of 'rig': DIFFERENT")
                .contains("matching    48")
                .contains("different   1 {text=1}")
                .contains("DIFFERENT k3 [text]")
                .contains("MISSING k5 (removed from the follower by hand)")
                .contains("look at    authority in memory, key k3; follower in memory, key k3")
                .doesNotContain("secret")
                .doesNotContain("hidden");
    }

    @Test
    void valuesShowIfTheyAreAskedFor() throws Exception {
        VerificationReport<String> report = differing(settings -> settings.showValues(true));

        assertThat(report.text()).contains("text 3", "secret", "hidden");
        assertThat(report.json()).contains("secret");
    }

    @Test
    void keysCanBeHashedOrRedacted() throws Exception {
        VerificationReport<String> hashed = differing(settings -> settings.keyPrivacy(KeyPrivacy.HASHED));
        assertThat(hashed.text()).doesNotContain("k3").doesNotContain("k5");
        assertThat(hashed.json()).doesNotContain("k3").doesNotContain("k5");
        assertThat(hashed.findings()).extracting(Finding::key).contains("k3", "k5");

        assertThat(rig.verify(settings().keyPrivacy(KeyPrivacy.REDACTED)).text())
                .contains("redacted")
                .doesNotContain("k3");
    }

    @Test
    void theJsonIsJsonWhateverTheKeys() throws Exception {
        VerificationReport<String> report = differing(settings -> settings);

        assertThat(parse(report.json())).isInstanceOfSatisfying(Map.class, json -> {
            assertThat(json.get("state")).isEqualTo("DIFFERENT");
            assertThat(json.get("exitCode")).isEqualTo("7");
            assertThat(json.get("matching")).isEqualTo("48");
            assertThat(json.get("rogue")).isEqualTo("1");
            assertThat(json.get("leftOut")).isNull();
            assertThat(json.get("fields")).isEqualTo(Map.of("text", "1"));
            assertThat(json.get("causes"))
                    .isEqualTo(Map.of("CHANGED_BY_OTHER_MEANS", "1", "REMOVED_BY_HAND", "1", "NEVER_APPLIED", "1"));
            assertThat(json.get("samples"))
                    .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
                    .hasSize(3)
                    .anySatisfy(sample -> assertThat(((Map<?, ?>) sample).get("key"))
                            .isEqualTo("quote \" back \\ line \n lone \ud800 "));
        });
        assertThat(parse(rig.verify(settings().samples(0)).json())).isInstanceOf(Map.class);
    }

    @Test
    void samplesAreBoundedForEachKindAndCountsAreNot() throws Exception {
        rig.seeded(100);
        for (int i = 0; i < 30; i++) {
            byHand(rig.secondary).delete("k" + i);
            byHand(rig.secondary).save(Sample.of("extra" + i, i));
        }

        VerificationReport<String> report = rig.verify(settings().samples(5));

        assertThat(report.missing()).isEqualTo(30);
        assertThat(report.extra()).isEqualTo(30);
        assertThat(report.samples()).hasSize(10);
        assertThat(report.findings()).hasSize(60);
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings().threads(0).build())
                .withMessageContaining("threads must be from 1 to 256");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings().buckets(0).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings().rowsPerSecond(0).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings().sample(0).build());
        assertThatIllegalArgumentException().isThrownBy(() -> settings().sample(101));
    }
}
