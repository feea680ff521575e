package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.RecordShape;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the codec of a Java type, to any depth. For one mapping; not safe for use by many threads. */
final class AttributeCodecs {

    private final Deque<Class<?>> surrounding = new ArrayDeque<>();

    /** The codec of a record and of all that is in it. */
    <R> RecordCodec<R> record(Class<R> type) {
        if (surrounding.contains(type)) {
            throw new IllegalArgumentException(
                    "record " + type.getName() + " contains itself; map it by hand with an ItemMapping");
        }
        RecordShape<R> shape = RecordShape.of(type);
        surrounding.push(type);
        try {
            List<AttributeCodec> codecs = shape.components().stream()
                    .map(component -> component(type, component))
                    .toList();
            return new RecordCodec<>(shape, codecs);
        } finally {
            surrounding.pop();
        }
    }

    private AttributeCodec component(Class<?> owner, RecordShape.Component component) {
        AttributeCodec codec = of(component.type());
        if (codec == null) {
            throw new IllegalArgumentException("component " + component.name() + " of " + owner.getName()
                    + " has the type " + component.type().getTypeName()
                    + ", for which there is no convention; use one of"
                    + " short, int, long, float, double, boolean and their wrappers, BigInteger, BigDecimal, String, UUID,"
                    + " Instant, LocalDate, LocalDateTime, byte[], an enum, Json, a record, or a List, Set or"
                    + " Map<String, ...> of them; or map the record by hand with an ItemMapping");
        }
        return codec;
    }

    private @Nullable AttributeCodec of(Type type) {
        if (type instanceof ParameterizedType p) {
            return container(p);
        }
        if (type instanceof Class<?> c && c.isRecord() && ScalarCodecs.of(c) == null) {
            return record(c);
        }
        return ScalarCodecs.of(type);
    }

    private @Nullable AttributeCodec container(ParameterizedType type) {
        Type[] arguments = type.getActualTypeArguments();
        AttributeCodec element = of(arguments[arguments.length - 1]);
        if (element == null) {
            return null;
        }
        if (type.getRawType() == List.class) {
            return new ListCodec(element, Collections::unmodifiableList);
        }
        if (type.getRawType() == Set.class) {
            return new ListCodec(element, elements -> Collections.unmodifiableSet(new LinkedHashSet<>(elements)));
        }
        return type.getRawType() == Map.class && arguments[0] == String.class ? new MapCodec(element) : null;
    }
}
