package io.github.dualwrite.routing;

import java.util.ArrayList;
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
    private static final String MISSING = "missing";
    private static final String EXTRA = "extra";

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
     * The same elements in any order, each as often.
     *
     * @param identity says which elements belong together, for instance their key. Meant for few of the same: those are compared
     *     each with each
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
        Map<Object, List<E>> others = byIdentity(follower);
        byIdentity(authority).forEach((id, ours) -> {
            List<E> theirs = others.remove(id);
            compare(ours, theirs == null ? List.of() : theirs, names);
        });
        if (!others.isEmpty()) {
            names.add(EXTRA);
        }
        return names;
    }

    private Map<Object, List<E>> byIdentity(List<E> all) {
        Map<Object, List<E>> groups = new HashMap<>();
        all.forEach(element -> groups.computeIfAbsent(identity.apply(element), id -> new ArrayList<>(1))
                .add(element));
        return groups;
    }

    /** Elements of one identity: equal ones belong together, then the others in their order. */
    private void compare(List<E> ours, List<E> theirs, Set<String> names) {
        if (ours.size() == 1 && theirs.size() == 1) {
            names.addAll(elements.differingFields(ours.get(0), theirs.get(0)));
            return;
        }
        List<E> unmatched = new ArrayList<>(theirs);
        List<E> left = new ArrayList<>();
        for (E element : ours) {
            int equal = 0;
            while (equal < unmatched.size()
                    && !elements.differingFields(element, unmatched.get(equal)).isEmpty()) {
                equal++;
            }
            if (equal < unmatched.size()) {
                unmatched.remove(equal);
            } else {
                left.add(element);
            }
        }
        for (int i = 0; i < Math.min(left.size(), unmatched.size()); i++) {
            names.addAll(elements.differingFields(left.get(i), unmatched.get(i)));
        }
        if (left.size() > unmatched.size()) {
            names.add(MISSING);
        } else if (left.size() < unmatched.size()) {
            names.add(EXTRA);
        }
    }
}
