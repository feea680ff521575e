package io.github.dualwrite.dynamodb;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    Map<String, AttributeValue> takenFrom(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> rest = new HashMap<>(item);
        names().forEach(rest::remove);
        return rest;
    }
}
