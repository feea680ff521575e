package io.github.dualwrite;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an application hands over: nothing of it may be null, and the error names the repository.
 *
 * @param repository the repository's name
 */
record Arguments(String repository) {

    void notNull(String what, @Nullable Object given) {
        Objects.requireNonNull(given, () -> "repository '" + repository + "': the " + what + " must not be null");
    }

    <T> List<T> copy(String what, Collection<? extends T> given) {
        notNull("collection of " + what, given);
        for (T element : given) {
            notNull("collection of " + what + " holds a null; each", element);
        }
        return List.copyOf(given);
    }
}
