package io.github.dualwrite.dynamodb;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Which attributes of an item are the mapping's, where a write leaves all others as they are ({@link UnmappedAttributes#KEEP}). Immutable.
 *
 * <p>The mapping makes records of these alone: of whatever else it read there, a write that has just been made would not know, and one version would
 * be two states.
 */
final class OwnAttributes {

    /** As many operators and functions as DynamoDB allows in an expression, and well below the 4 KB that it may be long. */
    static final int MOST = 300;

    private final Set<String> ownAndKey;
    private final Marks marks;
    private final Map<String, String> names;
    private final Map<String, String> namesWithKey;
    private final Map<String, String> values = new LinkedHashMap<>(); // placeholders by the names

    OwnAttributes(Set<String> owned, List<String> keyAttributes, Marks marks) {
        Set<String> all = new HashSet<>(owned);
        all.addAll(keyAttributes);
        this.ownAndKey = Set.copyOf(all);
        this.marks = marks;
        Map<String, String> used = new HashMap<>();
        used.put("#version", marks.version());
        used.put("#deleted", marks.deleted());
        used.put("#expiry", marks.expiry());
        int next = 0;
        for (String attribute : ownAndKey) {
            if (!keyAttributes.contains(attribute)) {
                used.put("#" + next, attribute);
                values.put("#" + next, ":" + next);
                next++;
            }
        }
        this.names = Map.copyOf(used);
        used.put("#key", keyAttributes.get(0));
        this.namesWithKey = Map.copyOf(used);
    }

    /** What a mapping says; refuses one that does not say it. */
    static Set<String> named(ItemMapping<?, ?> mapping, DynamoDbErrors errors) {
        String instead =
                "; or let every write replace the whole item, so that attributes which are not the mapping's are lost, with"
                        + " unmappedAttributes(UnmappedAttributes.DROP)";
        Set<String> owned = mapping.ownedAttributes()
                .orElseThrow(() -> errors.unfit(
                        "its mapping does not say which attributes are the record's, so that a write can leave all others:"
                                + " implement ownedAttributes in "
                                + mapping.getClass().getName() + instead,
                        null));
        if (owned.size() > MOST) {
            throw errors.unfit(
                    "its mapping has " + owned.size() + " attributes, and an update of DynamoDB changes at most " + MOST
                            + ": put some of them into a map" + instead,
                    null);
        }
        return owned;
    }

    /** Refuses an item with an attribute that a later write could not take out again, and that no reading would show. */
    void check(Map<String, AttributeValue> item) {
        for (String attribute : item.keySet()) {
            if (!ownAndKey.contains(attribute) && !marks.names().contains(attribute)) {
                throw new AttributeException(
                                "is not among the ownedAttributes of the mapping, which must name all that item"
                                        + " can give; mend the mapping, or let the store replace whole items with"
                                        + " unmappedAttributes(DROP)")
                        .in(attribute);
            }
        }
    }

    /** The mapping's part of an item, as a map of its own. */
    Map<String, AttributeValue> of(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> own = new HashMap<>(item);
        own.keySet().retainAll(ownAndKey);
        return own;
    }

    /** The same with Dualwrite's marks. */
    Map<String, AttributeValue> withMarks(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> own = new HashMap<>(item);
        own.keySet()
                .removeIf(name -> !ownAndKey.contains(name) && !marks.names().contains(name));
        return own;
    }

    /** The names that {@link #change} uses; with {@code #key}, the partition key, if a condition uses that. */
    Map<String, String> names(boolean withKey) {
        return withKey ? namesWithKey : names;
    }

    /**
     * The expression that gives an item the version {@code :version} and makes the mapping's part of it what it is to be, whatever it was: a record,
     * no tombstone. Adds to the values.
     */
    String change(Map<String, AttributeValue> item, Map<String, AttributeValue> expressionValues) {
        StringBuilder set = new StringBuilder("SET #version = :version");
        StringBuilder remove = new StringBuilder(" REMOVE #deleted, #expiry");
        values.forEach((name, placeholder) -> {
            AttributeValue value = item.get(names.get(name));
            if (value == null) {
                remove.append(", ").append(name);
            } else {
                set.append(", ").append(name).append(" = ").append(placeholder);
                expressionValues.put(placeholder, value);
            }
        });
        return set.append(remove).toString();
    }
}
