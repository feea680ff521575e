package io.github.dualwrite.routing;

import java.lang.invoke.MethodType;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a declared type says of the values of a field: of which classes they are, which records are in them (elements of collections,
 * arrays, {@code Optional} and values of maps included), and whether there may be others.
 */
final class FieldTypes {

    /** A record class with its type arguments. */
    record Bound(Class<?> type, Map<TypeVariable<?>, Type> arguments) {}

    private final Set<Class<?>> values = new LinkedHashSet<>();
    private final List<Bound> records = new ArrayList<>();
    private final Set<Type> seen = new HashSet<>(); // a bound may name itself
    private boolean open;

    private FieldTypes() {}

    static FieldTypes of(Type declared, Map<TypeVariable<?>, Type> arguments) {
        FieldTypes types = new FieldTypes();
        types.look(declared, arguments, true);
        return types;
    }

    Set<Class<?>> values() {
        return values;
    }

    List<Bound> records() {
        return records;
    }

    boolean open() {
        return open;
    }

    private void look(Type type, Map<TypeVariable<?>, Type> arguments, boolean itself) {
        if (type instanceof Class<?> c) {
            look(c, Map.of(), itself);
        } else if (type instanceof WildcardType wildcard) {
            look(wildcard.getUpperBounds()[0], arguments, itself);
        } else if (type instanceof TypeVariable<?> variable) {
            Type bound = arguments.get(variable);
            if (seen.add(variable)) {
                look(bound != null ? bound : variable.getBounds()[0], bound != null ? Map.of() : arguments, itself);
            }
        } else if (type instanceof GenericArrayType array) {
            value(Object[].class, itself);
            look(array.getGenericComponentType(), arguments, false);
        } else if (type instanceof ParameterizedType several && several.getRawType() instanceof Class<?> raw) {
            if (holdsOthers(raw)) {
                value(raw, itself);
                Type[] inner = several.getActualTypeArguments();
                look(inner[inner.length - 1], arguments, false); // of a map, the values
            } else {
                look(raw, FieldNames.arguments(several, raw, arguments), itself);
            }
        }
    }

    private void look(Class<?> c, Map<TypeVariable<?>, Type> arguments, boolean itself) {
        Class<?> boxed = MethodType.methodType(c).wrap().returnType();
        if (Components.areRecords(c)) {
            value(c, itself);
            records.add(new Bound(c, arguments));
        } else if (c.isArray()) {
            value(c, itself);
            look(c.getComponentType(), Map.of(), false);
        } else if (c.isSealed()) {
            for (Class<?> permitted : c.getPermittedSubclasses()) {
                look(permitted, Map.of(), itself);
            }
            if (!c.isInterface() && !Modifier.isAbstract(c.getModifiers())) {
                value(c, itself);
            }
        } else {
            value(boxed, itself);
            // a record extends no class, but may implement any interface
            open |= c == Object.class || c == Record.class || c.isInterface();
        }
    }

    private void value(Class<?> c, boolean itself) {
        if (itself) {
            values.add(c);
        }
    }

    /** Whether elements or values of it have its path. */
    static boolean holdsOthers(Class<?> raw) {
        return Collection.class.isAssignableFrom(raw)
                || Map.class.isAssignableFrom(raw)
                || raw == Optional.class
                || raw == Iterable.class;
    }
}
