package io.github.dualwrite.routing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** JSON that is one object of strings. */
final class FlatJson {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private FlatJson() {}

    static Map<String, String> read(String text) throws IOException {
        Map<String, String> entries = new TreeMap<>();
        try (JsonParser parser = FACTORY.createParser(text)) {
            expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "an object");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                expect(parser, parser.nextToken(), JsonToken.VALUE_STRING, "a text for '" + name + "'");
                entries.put(name, parser.getText());
            }
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("there is something after the object");
            }
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("it is not JSON: " + e.getMessage(), e);
        }
        return entries;
    }

    private static void expect(JsonParser parser, JsonToken token, JsonToken expected, String what) {
        if (token != expected) {
            throw new IllegalArgumentException("expected " + what + " in line "
                    + parser.currentLocation().getLineNr() + "; it must be one object of texts");
        }
    }
}
