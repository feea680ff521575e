package io.github.dualwrite.routing;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Compares what two queries found. Besides the names of differing fields: {@code size} if the lists have different lengths,
 * {@code missing} and {@code extra} for elements that the follower lacks or has too many. Immutable.
 */
public final class ListComparison<E> implements RecordComparator<List<E>> {

    private static final String SIZE = "size";

    private final RecordComparator<? super E> elements;
    private final Function<? super E, ?> identity;
    private final boolean ordered;

    private ListComparison(RecordComparator<? super E> elements, Function<? super E, ?> identity, boolean ordered) {
        this.elements = Objects.requireNonNull(elements, "elements");
        this.identity = Objects.requireNonNull(identity, "identity");
        this.ordered = ordered;
    }

    /** The same elements in the same order. */
    public static <E> ListComparison<E> ordered(RecordComparator<? super E> elements) {
        return new ListComparison<>(elements, element -> element, true);
    }

    /**
     * The same elements in any order.
     *
     * @param identity says which elements belong together, for instance their key; if several have the same, only how many
     *     there are is compared, and the last of each side
     */
    public static <E> ListComparison<E> unordered(
            RecordComparator<? super E> elements, Function<? super E, ?> identity) {
        return new ListComparison<>(elements, identity, false);
    }

    @Override
    public Set<String> differingFields(List<E> authority, List<E> follower) {
        Set<String> names = new TreeSet<>();
        if (authority.size() != follower.size()) {
            names.add(SIZE);
        }
        if (ordered) {
            for (int i = 0; names.isEmpty() && i < authority.size(); i++) {
                names.addAll(elements.differingFields(authority.get(i), follower.get(i)));
            }
            return names;
        }
        Map<Object, E> others = new HashMap<>();
        follower.forEach(element -> others.put(identity.apply(element), element));
        Map<Object, E> ours = new HashMap<>();
        authority.forEach(element -> ours.put(identity.apply(element), element));
        ours.forEach((id, element) -> {
            E other = others.remove(id);
            if (other == null) {
                names.add("missing");
            } else {
                names.addAll(elements.differingFields(element, other));
            }
        });
        if (!others.isEmpty()) {
            names.add("extra");
        }
        return names;
    }
}
