package io.github.dualwrite.routing;

import io.github.dualwrite.spi.RecordShape;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The paths of all fields of a record class with the types that a value there can have, for telling a misspelt one and an unfit
 * rule when the comparison is built. Below a field whose type says nothing (an interface that anybody may implement) every path
 * may be one.
 */
final class FieldNames {

    private static final int DEPTH = 8; // a record may hold itself

    private final String type;
    private final Map<String, Set<Class<?>>> types = new TreeMap<>();
    private final Set<String> open = new HashSet<>();

    private FieldNames(String type) {
        this.type = type;
    }

    static FieldNames of(Class<?> record) {
        RecordShape.of(record); // refuses what is none
        FieldNames known = new FieldNames(record.getSimpleName());
        known.collect("", record, Map.of(), 1);
        return known;
    }

    private void collect(String path, Class<?> record, Map<TypeVariable<?>, Type> arguments, int depth) {
        for (RecordShape.Component component : Components.of(record).all()) {
            String name = path + component.name();
            FieldTypes found = FieldTypes.of(component.type(), arguments);
            types.computeIfAbsent(name, n -> new HashSet<>()).addAll(found.values());
            if (found.open() || depth == DEPTH) {
                open.add(name);
            }
            if (depth < DEPTH) {
                for (FieldTypes.Bound inner : found.records()) {
                    collect(name + ".", inner.type(), inner.arguments(), depth + 1);
                }
            }
        }
    }

    /** Refuses a field that cannot be there. */
    void require(String field) {
        if (!types.containsKey(field) && !belowAnOpenOne(field)) {
            throw new IllegalArgumentException("record " + type + " has no field '" + field + "'; it has "
                    + String.join(", ", types.keySet().stream().limit(100).toList()));
        }
    }

    /** Refuses a rule for values of one of these classes for a field that cannot hold any. */
    void requireType(String field, String wanted, List<Class<?>> fit) {
        Set<Class<?>> declared = types.get(field);
        if (declared != null && declared.stream().noneMatch(c -> canHold(c, fit))) {
            throw new IllegalArgumentException("a rule for " + wanted + " does not fit field '" + field + "' of record "
                    + type + ", which is a "
                    + String.join(
                            " or a ",
                            declared.stream().map(Class::getSimpleName).sorted().toList()));
        }
    }

    private static boolean canHold(Class<?> declared, List<Class<?>> fit) {
        if (declared.isInterface() && !FieldTypes.holdsOthers(declared)) { // a number may be Comparable too
            return true;
        }
        return fit.stream().anyMatch(c -> c.isAssignableFrom(declared) || declared.isAssignableFrom(c));
    }

    private boolean belowAnOpenOne(String field) {
        for (int dot = field.lastIndexOf('.'); dot > 0; dot = field.lastIndexOf('.', dot - 1)) {
            if (open.contains(field.substring(0, dot))) {
                return true;
            }
        }
        return false;
    }

    /** The type arguments of a generic record. */
    static Map<TypeVariable<?>, Type> arguments(
            ParameterizedType type, Class<?> raw, Map<TypeVariable<?>, Type> outer) {
        Map<TypeVariable<?>, Type> bound = new HashMap<>();
        List<TypeVariable<?>> variables = new ArrayList<>(List.of(raw.getTypeParameters()));
        for (int i = 0; i < variables.size(); i++) {
            Type argument = type.getActualTypeArguments()[i];
            bound.put(variables.get(i), outer.getOrDefault(argument, argument));
        }
        return bound;
    }
}
