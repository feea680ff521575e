package io.github.dualwrite.dynamodb;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The attributes that Dualwrite adds to an item.
 *
 * @param version holds the version, a number
 * @param deleted holds {@code true} in a tombstone, and is not there otherwise
 * @param expiry holds the second of the epoch after which a tombstone may go, and is not there otherwise
 */
record Marks(String version, String deleted, String expiry) {

    List<String> names() {
        return List.of(version, deleted, expiry);
    }

    boolean tombstone(Map<String, AttributeValue> item) {
        AttributeValue mark = item.get(deleted);
        return mark != null && Boolean.TRUE.equals(mark.bool());
    }

    /** The version of an item; {@code null} if it has none, also if something else is in its place or no higher one is possible. */
    @Nullable
    Long version(Map<String, AttributeValue> item) {
        Long number = number(item);
        return number == null || number == Long.MAX_VALUE ? null : number;
    }

    /** Whether something is in the place of an item's version that can be none, such as a text or a fraction. */
    boolean mistaken(Map<String, AttributeValue> item) {
        return item.containsKey(version) && number(item) == null;
    }

    private @Nullable Long number(Map<String, AttributeValue> item) {
        AttributeValue mark = item.get(version);
        if (mark == null || mark.type() != AttributeValue.Type.N) {
            return null;
        }
        try {
            return Long.valueOf(mark.n());
        } catch (NumberFormatException e) {
            return null;
        }
    }

    Map<String, AttributeValue> takenFrom(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> rest = new HashMap<>(item);
        rest.remove(version);
        rest.remove(deleted);
        rest.remove(expiry);
        return rest;
    }
}
