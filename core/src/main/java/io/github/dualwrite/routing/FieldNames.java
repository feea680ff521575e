package io.github.dualwrite.routing;

import io.github.dualwrite.spi.RecordShape;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The paths of all fields of a record class, for telling a misspelt one when the comparison is built. */
final class FieldNames {

    private static final int DEPTH = 8; // a record may hold itself

    private final String type;
    private final Set<String> names = new TreeSet<>();

    private FieldNames(String type) {
        this.type = type;
    }

    static FieldNames of(Class<?> record) {
        RecordShape.of(record); // refuses what is none
        FieldNames known = new FieldNames(record.getSimpleName());
        known.collect("", record, 1);
        return known;
    }

    private void collect(String path, Class<?> record, int depth) {
        for (RecordShape.Component component : Components.of(record).all()) {
            String name = path + component.name();
            names.add(name);
            Class<?> inner = recordIn(component.type());
            if (inner != null && depth < DEPTH) {
                collect(name + ".", inner, depth + 1);
            }
        }
    }

    private static @Nullable Class<?> recordIn(Type type) {
        if (type instanceof Class<?> c) {
            return c.isArray() ? recordIn(c.getComponentType()) : c.isRecord() ? c : null;
        }
        if (type instanceof GenericArrayType array) {
            return recordIn(array.getGenericComponentType());
        }
        if (type instanceof ParameterizedType several) {
            Type raw = several.getRawType();
            if (raw instanceof Class<?> c && c.isRecord()) {
                return c;
            }
            Type[] arguments = several.getActualTypeArguments();
            return recordIn(arguments[arguments.length - 1]); // of a map, the values
        }
        return null;
    }

    void require(String field) {
        if (!names.contains(field)) {
            throw new IllegalArgumentException("record " + type + " has no field '" + field + "'; it has "
                    + String.join(", ", names.stream().limit(100).toList()));
        }
    }
}
