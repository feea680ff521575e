package io.github.dualwrite.routing;

import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.RecordShape;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Walks two values side by side and names the fields in which they differ. */
final class FieldWalk {

    private static final ClassValue<Boolean> COMPARED_BY_IDENTITY = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            try {
                return type.getMethod("equals", Object.class).getDeclaringClass() == Object.class;
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException(e);
            }
        }
    };

    private final Map<String, FieldRule> rules;

    FieldWalk(Map<String, FieldRule> rules) {
        this.rules = rules;
    }

    void compare(String path, @Nullable Object a, @Nullable Object b, Set<String> differing) {
        FieldRule rule = rules.get(path);
        if (rule == FieldRule.IGNORE) {
            return;
        }
        if (a == null || b == null) {
            if (a != b) {
                differing.add(name(path));
            }
        } else if (rule != null) {
            if (!rule.same(this, a, b)) {
                differing.add(name(path));
            }
        } else if (Components.areRecords(a.getClass()) && a.getClass() == b.getClass()) {
            components(path, a, b, differing);
        } else {
            contents(path, a, b, differing);
        }
    }

    /** The fields without a comparison, if no rule gives a value another form. */
    Optional<Set<String>> leavesOutOnly() {
        return rules.values().stream().anyMatch(FieldRule::normalizes)
                ? Optional.empty()
                : Optional.of(rules.entrySet().stream()
                        .filter(rule -> rule.getValue() == FieldRule.IGNORE)
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toUnmodifiableSet()));
    }

    @Nullable
    Object normal(String path, @Nullable Object value) {
        FieldRule rule = rules.get(path);
        return rule == FieldRule.IGNORE || value == null ? null : rule == null ? value : rule.normal(value);
    }

    private void components(String path, Object a, Object b, Set<String> differing) {
        for (RecordShape.Component component : Components.of(a.getClass()).all()) {
            String inner = path.isEmpty() ? component.name() : path + "." + component.name();
            compare(inner, component.valueIn(a), component.valueIn(b), differing);
        }
    }

    private void contents(String path, Object a, Object b, Set<String> differing) {
        List<@Nullable Object> left = FieldRule.elementsOrNull(a);
        List<@Nullable Object> right = FieldRule.elementsOrNull(b);
        if (a instanceof Set && b instanceof Set) {
            if (!sameElements(path, Objects.requireNonNull(left), Objects.requireNonNull(right))) {
                differing.add(name(path));
            }
        } else if (left != null && right != null && !(a instanceof byte[])) {
            if (left.size() != right.size()) {
                differing.add(name(path));
                return;
            }
            for (int i = 0; i < left.size(); i++) {
                compareInner(path, left.get(i), right.get(i), differing);
            }
        } else if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            if (!x.keySet().equals(y.keySet())) {
                differing.add(name(path));
                return;
            }
            x.forEach((key, value) -> compareInner(path, value, y.get(key), differing));
        } else if (a instanceof Optional<?> x && b instanceof Optional<?> y) {
            compareInner(path, x.orElse(null), y.orElse(null), differing);
        } else if (!Objects.deepEquals(a, b)) {
            if (a.getClass() == b.getClass() && !a.getClass().isArray() && COMPARED_BY_IDENTITY.get(a.getClass())) {
                throw new MappingException(
                        "field '" + name(path) + "': " + a.getClass().getName()
                                + " has no equals, so that what is read twice always differs; give it one, or the repository or query a"
                                + " comparator");
            }
            differing.add(name(path));
        }
    }

    /** An element has its collection's path, whose own rule has been asked already. */
    private void compareInner(String path, @Nullable Object a, @Nullable Object b, Set<String> differing) {
        if (a == null || b == null) {
            if (a != b) {
                differing.add(name(path));
            }
        } else if (Components.areRecords(a.getClass()) && a.getClass() == b.getClass()) {
            components(path, a, b, differing);
        } else {
            contents(path, a, b, differing);
        }
    }

    /** Whether each element of either side has an equal one on the other. */
    boolean sameElements(String path, List<@Nullable Object> a, List<@Nullable Object> b) {
        return new HashSet<>(a).equals(new HashSet<>(b)) || (covers(path, a, b) && covers(path, b, a));
    }

    private boolean covers(String path, List<@Nullable Object> a, List<@Nullable Object> b) {
        return b.stream()
                .allMatch(wanted -> a.stream().anyMatch(offered -> {
                    Set<String> differing = new HashSet<>();
                    compareInner(path, offered, wanted, differing);
                    return differing.isEmpty();
                }));
    }

    private static String name(String path) {
        return path.isEmpty() ? "value" : path;
    }
}
