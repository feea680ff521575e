package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.RecordShape;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The components of a record that are its key, and how a key of its own type gives their values. Immutable. */
final class KeyComponents<K> {

    private final Map<String, AttributeCodec> codecs;
    private final Map<String, ScalarAttributeType> types;
    private final BiFunction<K, String, @Nullable Object> valueOf;
    private final Function<Map<String, Object>, K> keyOf;

    private KeyComponents(
            Map<String, AttributeCodec> codecs,
            Map<String, ScalarAttributeType> types,
            BiFunction<K, String, @Nullable Object> valueOf,
            Function<Map<String, Object>, K> keyOf) {
        this.codecs = codecs;
        this.types = types;
        this.valueOf = valueOf;
        this.keyOf = keyOf;
    }

    static <K> KeyComponents<K> of(RecordCodec<?> record, List<String> names, Class<K> keyType) {
        if (new HashSet<>(names).size() < names.size()) {
            throw new IllegalArgumentException(
                    "component " + names.get(0) + " cannot be partition key and sort key at once");
        }
        Map<String, AttributeCodec> codecs = new LinkedHashMap<>();
        Map<String, ScalarAttributeType> types = new LinkedHashMap<>();
        List<RecordShape.Component> components = new ArrayList<>();
        for (String name : names) {
            RecordShape.Component component = component(record, name);
            AttributeCodec codec = record.codec(component.snakeCaseName());
            components.add(component);
            codecs.put(component.snakeCaseName(), codec);
            types.put(
                    component.snakeCaseName(),
                    codec.keyType()
                            .orElseThrow(() -> new IllegalArgumentException("component " + name + " of "
                                    + record.shape().type().getName() + " has the type "
                                    + component.type().getTypeName()
                                    + ", which cannot be a key here; use one of String, short, int, long, BigInteger, UUID,"
                                    + " Instant, LocalDate, LocalDateTime or an enum, or map it by hand with an"
                                    + " ItemMapping")));
        }
        return new KeyComponents<>(codecs, Map.copyOf(types), values(record, components, keyType), keys(keyType));
    }

    @SuppressWarnings("unchecked") // the component's type was found to be the key's
    private static <K> Function<Map<String, Object>, K> keys(Class<K> keyType) {
        if (!keyType.isRecord()) {
            return values -> (K) values.values().iterator().next();
        }
        RecordShape<K> shape = RecordShape.of(keyType);
        return values -> shape.construct(shape.components().stream()
                .map(component -> values.get(component.snakeCaseName()))
                .toArray());
    }

    private static RecordShape.Component component(RecordCodec<?> record, String name) {
        return record.shape().components().stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException(record.shape().type().getName() + " has no component "
                                + name + "; its components are "
                                + record.shape().components().stream()
                                        .map(RecordShape.Component::name)
                                        .collect(Collectors.joining(", "))));
    }

    private static <K> BiFunction<K, String, @Nullable Object> values(
            RecordCodec<?> record, List<RecordShape.Component> wanted, Class<K> keyType) {
        if (!keyType.isRecord()) {
            if (wanted.size() > 1) {
                throw new IllegalArgumentException(
                        "the key of " + record.shape().type().getName() + " has the components " + describe(wanted)
                                + "; its type must be a record with these components, not " + keyType.getName());
            }
            if (!ScalarCodecs.boxed(wanted.get(0).type()).equals(ScalarCodecs.boxed(keyType))) {
                throw new IllegalArgumentException("the key type " + keyType.getName() + " is not that of component "
                        + describe(wanted) + " of " + record.shape().type().getName());
            }
            return (key, attribute) -> key;
        }
        Map<String, RecordShape.Component> offered = new HashMap<>();
        RecordShape<K> shape = RecordShape.of(keyType);
        if (!types(shape.components()).equals(types(wanted))) {
            throw new IllegalArgumentException("the key record " + keyType.getName()
                    + " must have exactly the components " + describe(wanted) + " of "
                    + record.shape().type().getName());
        }
        shape.components().forEach(c -> offered.put(c.snakeCaseName(), c));
        return (key, attribute) ->
                Objects.requireNonNull(offered.get(attribute)).valueIn(key);
    }

    private static Map<String, Type> types(List<RecordShape.Component> components) {
        Map<String, Type> types = new HashMap<>();
        components.forEach(c -> types.put(c.snakeCaseName(), ScalarCodecs.boxed(c.type())));
        return types;
    }

    private static String describe(List<RecordShape.Component> components) {
        return components.stream()
                .map(c -> c.type().getTypeName() + " " + c.name())
                .collect(Collectors.joining(", "));
    }

    /** Partition key and, if there is one, sort key. */
    List<String> attributes() {
        return List.copyOf(codecs.keySet());
    }

    Map<String, ScalarAttributeType> types() {
        return types;
    }

    Map<String, AttributeValue> encode(K key) {
        Map<String, AttributeValue> encoded = new HashMap<>();
        codecs.forEach((attribute, codec) -> {
            try {
                encoded.put(attribute, codec.encodeNullable(valueOf.apply(key, attribute)));
            } catch (AttributeException e) {
                throw e.in(attribute);
            }
        });
        check(encoded);
        return encoded;
    }

    /** Whether an item has exactly the attributes that {@link #encode} gives for a key. Cheaper than to compare them. */
    boolean encodes(K key, Map<String, AttributeValue> item) {
        for (Map.Entry<String, AttributeCodec> entry : codecs.entrySet()) {
            AttributeValue encoded;
            try {
                encoded = entry.getValue().encodeNullable(valueOf.apply(key, entry.getKey()));
            } catch (AttributeException e) { // encode says which attribute it is
                return false;
            }
            if (!encoded.equals(item.get(entry.getKey()))) {
                return false;
            }
        }
        return true;
    }

    /** The key in the attributes that {@link #encode} gave for it; others are ignored. */
    K decode(Map<String, AttributeValue> attributes) {
        Map<String, Object> values = new HashMap<>(4);
        for (Map.Entry<String, AttributeCodec> entry : codecs.entrySet()) {
            String attribute = entry.getKey();
            AttributeValue value = attributes.get(attribute);
            if (value == null) {
                throw new AttributeException("is a key and is not there").in(attribute);
            }
            try {
                values.put(attribute, entry.getValue().decode(value));
            } catch (AttributeException e) {
                throw e.in(attribute);
            }
        }
        return keyOf.apply(values);
    }

    /** Refuses what DynamoDB takes in other attributes, but not in those of a key. */
    void check(Map<String, AttributeValue> item) {
        for (String attribute : codecs.keySet()) {
            AttributeValue value = item.get(attribute);
            if (value == null || value.type() == AttributeValue.Type.NUL) {
                throw new AttributeException("is a key and must not be null; mend the record").in(attribute);
            }
            if (value.type() == AttributeValue.Type.S && value.s().isEmpty()) {
                throw new AttributeException(
                                "is a key and must not be an empty string in DynamoDB; give the record another"
                                        + " key, or map the key by hand with an ItemMapping that stores it differently")
                        .in(attribute);
            }
        }
    }
}
