package io.github.dualwrite.dynamodb;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * Maps a Java record by convention: each component is an attribute, named in snake case ({@code lastOrderAt} is stored as
 * {@code last_order_at}). Nothing is lost:
 *
 * <table>
 * <caption>How types are stored</caption>
 * <tr><th>Java</th><th>attribute</th></tr>
 * <tr><td>short, int, long, BigInteger of up to 38 digits</td><td>N</td></tr>
 * <tr><td>float, double</td><td>N; NaN, infinities, negative zero and what is beyond 1E-130 to 9.99E+125 are rejected</td></tr>
 * <tr><td>BigDecimal</td><td>S, because N forgets the scale</td></tr>
 * <tr><td>boolean</td><td>BOOL</td></tr>
 * <tr><td>String, UUID, {@link io.github.dualwrite.Json}, enum (by name)</td><td>S</td></tr>
 * <tr><td>Instant, LocalDateTime, LocalDate</td><td>S of fixed width with nine digits of a second, which sorts by time;
 * years 0000 to 9999</td></tr>
 * <tr><td>byte[]</td><td>B</td></tr>
 * <tr><td>List, Set (read back in the stored order)</td><td>L</td></tr>
 * <tr><td>Map with String keys, records</td><td>M</td></tr>
 * <tr><td>{@code null}</td><td>no attribute; NUL is read as {@code null} too</td></tr>
 * <tr><td>{@code null} in a List or Map, or in a record inside the record</td><td>NUL</td></tr>
 * </table>
 *
 * <p>Collections and maps are read back unmodifiable. Attributes that belong to no component are ignored when read. They stay when the
 * record is written to a table that is the authority, and are lost when it is applied to a follower, unless the store is told otherwise ({@link
 * UnmappedAttributes}). That goes for top-level attributes: a record inside the record is one attribute, which is written as a whole, and what its class does not
 * know is lost. A component that is the key of a secondary index may be {@code null}, the record is not in the index then; it
 * must not be an empty string, which DynamoDB refuses there.
 *
 * <p>Immutable and safe for use by many threads.
 */
public final class RecordItemMapping<K, V> implements ItemMapping<K, V> {

    private final RecordCodec<V> codec;
    private final KeyComponents<K> keys;
    private final @Nullable Predicate<Map<String, AttributeValue>> recognised; // all if there is none
    private final @Nullable Predicate<Map<String, AttributeValue>> recognisedKeys; // as the items if there is none

    private RecordItemMapping(
            RecordCodec<V> codec,
            KeyComponents<K> keys,
            @Nullable Predicate<Map<String, AttributeValue>> recognised,
            @Nullable Predicate<Map<String, AttributeValue>> recognisedKeys) {
        this.codec = codec;
        this.keys = keys;
        this.recognised = recognised;
        this.recognisedKeys = recognisedKeys;
    }

    /**
     * Starts the mapping of a record class, which need not be public.
     *
     * @throws IllegalArgumentException if the class is not a record, or has a component for which there is no convention
     */
    public static <V> Builder<V> of(Class<V> type) {
        return new Builder<>(new AttributeCodecs().record(type));
    }

    /** Says which components are the key. Not safe for use by many threads. */
    public static final class Builder<V> {

        private final RecordCodec<V> codec;
        private @Nullable String partitionKey;
        private @Nullable String sortKey;
        private @Nullable Predicate<Map<String, AttributeValue>> recognised;
        private @Nullable Predicate<Map<String, AttributeValue>> recognisedKeys;

        private Builder(RecordCodec<V> codec) {
            this.codec = codec;
        }

        /** The component that is the table's partition key, by its name in Java. Required. */
        public Builder<V> partitionKey(String component) {
            this.partitionKey = Objects.requireNonNull(component, "component");
            return this;
        }

        /** The component that is the table's sort key, by its name in Java. Default: the table has none. */
        public Builder<V> sortKey(String component) {
            this.sortKey = Objects.requireNonNull(component, "component");
            return this;
        }

        /**
         * Which items of a table with items of several kinds are records of this class; see {@link ItemMapping#recognises}. Default:
         * every item.
         */
        public Builder<V> recognising(Predicate<Map<String, AttributeValue>> items) {
            this.recognised = Objects.requireNonNull(items, "items");
            return this;
        }

        /**
         * Which tombstones, of which there is nothing but the key attributes, are of records of this class; see {@link
         * ItemMapping#recognisesKey}. Default: those whose key attributes {@link #recognising} takes for an item, so it is needed where
         * that looks at others.
         */
        public Builder<V> recognisingKeys(Predicate<Map<String, AttributeValue>> keys) {
            this.recognisedKeys = Objects.requireNonNull(keys, "keys");
            return this;
        }

        /**
         * The mapping.
         *
         * @param keyType the type of the partition key's component; or a record whose components have the names and types
         *     of the key's components, which a table with a sort key needs
         * @throws IllegalArgumentException if the components do not exist or cannot be a key, or if the key type does not fit
         *     them
         */
        public <K> RecordItemMapping<K, V> build(Class<K> keyType) {
            List<String> components = new ArrayList<>();
            if (partitionKey == null) {
                throw new IllegalArgumentException(
                        "the mapping of " + codec.shape().type().getName()
                                + " needs a partition key: call partitionKey with the name of a component");
            }
            components.add(partitionKey);
            if (sortKey != null) {
                components.add(sortKey);
            }
            return new RecordItemMapping<>(
                    codec, KeyComponents.of(codec, components, keyType), recognised, recognisedKeys);
        }
    }

    @Override
    public String partitionKey() {
        return keys.attributes().get(0);
    }

    @Override
    public Optional<String> sortKey() {
        return keys.attributes().size() > 1 ? Optional.of(keys.attributes().get(1)) : Optional.empty();
    }

    @Override
    public Map<String, ScalarAttributeType> keyTypes() {
        return keys.types();
    }

    @Override
    public Set<String> attributes() {
        return Set.copyOf(codec.codecs().keySet());
    }

    @Override
    public Optional<Set<String>> ownedAttributes() {
        return Optional.of(attributes());
    }

    @Override
    public Map<String, AttributeValue> key(K key) {
        return keys.encode(key);
    }

    @Override
    public Optional<Function<Map<String, AttributeValue>, K>> keyReader() {
        return Optional.of(keys::decode);
    }

    @Override
    public Map<String, AttributeValue> item(V value) {
        Map<String, AttributeValue> item = new HashMap<>(codec.attributes(value));
        keys.check(item);
        item.values().removeIf(AttributeCodec.NULL::equals); // a secondary index takes no NUL
        return item;
    }

    /** The type of an attribute; empty if no component is stored in it. */
    Optional<AttributeValue.Type> storedType(String attribute) {
        return Optional.ofNullable(codec.codecs().get(attribute)).map(AttributeCodec::stored);
    }

    @Override
    public boolean recognisesKey(Map<String, AttributeValue> key) {
        return recognisedKeys != null ? recognisedKeys.test(key) : recognises(key);
    }

    /** Whether {@link #recognises} looks at nothing. */
    boolean recognisesAll() {
        return recognised == null;
    }

    /** The key of an item; what else is there is ignored. */
    K keyIn(Map<String, AttributeValue> item) {
        return keys.decode(item);
    }

    /** Whether an item has the attributes of a key as they are written. */
    boolean hasKey(K key, Map<String, AttributeValue> item) {
        return keys.encodes(key, item);
    }

    @Override
    public boolean recognises(Map<String, AttributeValue> item) {
        return recognised == null || recognised.test(item);
    }

    @Override
    public V value(Map<String, AttributeValue> item) {
        return codec.record(item);
    }
}
