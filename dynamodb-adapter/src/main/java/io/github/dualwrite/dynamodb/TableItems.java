package io.github.dualwrite.dynamodb;

import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The items of a table: what a mapping says of them, with Dualwrite's marks. Immutable. */
final class TableItems<K, V> {

    /** More than any number of DynamoDB has before or behind its point. */
    private static final int MOST_DIGITS = 200;

    private final ItemMapping<K, V> mapping;
    private final Marks marks;
    private final Duration tombstoneTtl;
    private final Clock clock;
    private final List<String> keyAttributes = new ArrayList<>();
    private final @Nullable OwnAttributes own;

    /** Items that are the mapping's as a whole. */
    TableItems(ItemMapping<K, V> mapping, Marks marks, Duration tombstoneTtl, Clock clock) {
        this(mapping, marks, tombstoneTtl, clock, null);
    }

    private TableItems(
            ItemMapping<K, V> mapping, Marks marks, Duration tombstoneTtl, Clock clock, @Nullable Set<String> owned) {
        this.mapping = mapping;
        this.marks = marks;
        this.tombstoneTtl = tombstoneTtl;
        this.clock = clock;
        keyAttributes.add(mapping.partitionKey());
        mapping.sortKey().ifPresent(keyAttributes::add);
        this.own = owned == null ? null : new OwnAttributes(owned, keyAttributes, marks);
    }

    /** The same items, of which only a part is the mapping's. */
    TableItems<K, V> owning(Set<String> owned) {
        return new TableItems<>(mapping, marks, tombstoneTtl, clock, owned);
    }

    /** The mapping's part of an item; {@code null} if it is the whole. */
    @Nullable
    OwnAttributes own() {
        return own;
    }

    ItemMapping<K, V> mapping() {
        return mapping;
    }

    Marks marks() {
        return marks;
    }

    /** Partition key and, if there is one, sort key. */
    List<String> keyAttributes() {
        return keyAttributes;
    }

    /**
     * The statement by which a person looks at an item by hand; empty if PartiQL has no text for a part of the key. Nothing here runs it, so the key may
     * stand in it.
     */
    Optional<String> lookup(String table, K key) {
        Map<String, AttributeValue> attributes = key(key);
        List<String> conditions = new ArrayList<>();
        for (String attribute : keyAttributes) {
            AttributeValue value = Objects.requireNonNull(attributes.get(attribute));
            if (value.s() == null && value.n() == null) {
                return Optional.empty();
            }
            conditions.add(quoted("\"", attribute) + " = " + (value.s() != null ? quoted("'", value.s()) : value.n()));
        }
        return Optional.of("SELECT * FROM " + quoted("\"", table) + " WHERE " + String.join(" AND ", conditions));
    }

    private static String quoted(String quote, String text) {
        return quote + text.replace(quote, quote + quote) + quote;
    }

    Map<String, AttributeValue> key(K key) {
        Map<String, AttributeValue> attributes = mapping.key(key);
        if (attributes.size() != keyAttributes.size() || !attributes.keySet().containsAll(keyAttributes)) {
            throw new AttributeException("the mapping must give the key attributes " + keyAttributes
                    + " for a key, and nothing else; mend the mapping");
        }
        return attributes;
    }

    Map<String, AttributeValue> record(K key, long version, V value) {
        Map<String, AttributeValue> item = unversioned(key, value);
        item.put(marks.version(), AttributeValue.fromN(Long.toString(version)));
        return item;
    }

    /** A record without a version, which is lower than every version; as a map of its own. */
    Map<String, AttributeValue> unversioned(K key, V value) {
        Map<String, AttributeValue> item = new HashMap<>(mapping.item(value));
        Map<String, AttributeValue> keyOfRecord = key(key);
        for (String attribute : keyAttributes) {
            AttributeValue inItem = item.get(attribute);
            AttributeValue inKey = keyOfRecord.get(attribute);
            if (inItem != null && inKey != null && !canonical(inItem).equals(canonical(inKey))) {
                throw new AttributeException(
                                "of the record is another key than the one under which it was committed; mend the mapping")
                        .in(attribute);
            }
        }
        for (String mark : marks.names()) {
            if (item.containsKey(mark)) {
                throw new AttributeException(
                                "is also the name of a mark of Dualwrite; name the mark differently when the"
                                        + " store is built")
                        .in(mark);
            }
        }
        if (own != null) {
            own.check(item);
        }
        item.putAll(keyOfRecord);
        return item;
    }

    /** The key attributes of an item that has them, as a map of its own. */
    Map<String, AttributeValue> keyOf(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> key = new HashMap<>(item);
        key.keySet().retainAll(keyAttributes);
        return key;
    }

    /** The time by the store's clock. */
    Instant now() {
        return clock.instant();
    }

    /** The same item at another version. */
    Map<String, AttributeValue> withVersion(Map<String, AttributeValue> item, long version) {
        Map<String, AttributeValue> versioned = new HashMap<>(item);
        versioned.put(marks.version(), AttributeValue.fromN(Long.toString(version)));
        return versioned;
    }

    Map<String, AttributeValue> tombstone(K key, long version) {
        Map<String, AttributeValue> item = new HashMap<>(key(key));
        item.put(marks.version(), AttributeValue.fromN(Long.toString(version)));
        item.put(marks.deleted(), AttributeValue.fromBool(true));
        item.put(
                marks.expiry(),
                AttributeValue.fromN(
                        Long.toString(clock.instant().plus(tombstoneTtl).getEpochSecond())));
        return item;
    }

    /** The record in a stored item, or {@code null} if the item is a tombstone. */
    @Nullable
    V value(Map<String, AttributeValue> item) {
        return marks.tombstone(item) ? null : present(item);
    }

    /** The record in a stored item that is no tombstone. */
    V present(Map<String, AttributeValue> item) {
        return mapping.value(own == null ? marks.takenFrom(item) : own.of(item));
    }

    /** Equal for items with the same key, however DynamoDB writes its numbers. */
    List<Object> identity(Map<String, AttributeValue> item) {
        List<Object> identity = new ArrayList<>(keyAttributes.size());
        for (String attribute : keyAttributes) {
            AttributeValue value = item.get(attribute);
            identity.add(value == null ? AttributeValue.fromNul(true) : canonical(value));
        }
        return identity;
    }

    /** The same attributes with their numbers as DynamoDB gives them back: without a sign of plus, an exponent, or zeros that say nothing. */
    static Map<String, AttributeValue> asGivenBack(Map<String, AttributeValue> attributes) {
        Map<String, AttributeValue> givenBack = new HashMap<>(attributes);
        givenBack.replaceAll((name, value) -> value.type() == AttributeValue.Type.N ? plain(value) : value);
        return givenBack;
    }

    private static AttributeValue plain(AttributeValue value) {
        BigDecimal number = new BigDecimal(value.n()).stripTrailingZeros();
        return Math.abs((long) number.scale()) > MOST_DIGITS
                ? value // DynamoDB refuses it
                : AttributeValue.fromN(number.toPlainString());
    }

    private static Object canonical(AttributeValue value) {
        return value.type() == AttributeValue.Type.N ? new BigDecimal(value.n()).stripTrailingZeros() : value;
    }
}
