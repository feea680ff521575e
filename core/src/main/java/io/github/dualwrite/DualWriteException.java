package io.github.dualwrite;

import io.github.dualwrite.spi.Operation;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An error of a store, translated once by its adapter, with the cause kept. Its subclasses say what holds after it.
 *
 * <p>The message names repository, operation, store and keys, never a value.
 */
public abstract class DualWriteException extends RuntimeException {

    private static final int KEYS_SHOWN = 5;

    private final transient Context context;

    /**
     * Where an error happened.
     *
     * @param repository the repository's name
     * @param operation what was being done
     * @param store which store, as it describes itself
     * @param keys the keys, as far as they are known
     */
    public record Context(String repository, Operation operation, String store, Collection<?> keys) {

        /** Copies the keys. */
        public Context {
            keys = List.copyOf(keys);
        }

        private String describe() {
            String shown = keys.isEmpty()
                    ? ""
                    : keys.size() == 1
                            ? " of key " + keys.iterator().next()
                            : " of " + keys.size() + " keys ("
                                    + String.join(
                                            ", ",
                                            keys.stream()
                                                    .limit(KEYS_SHOWN)
                                                    .map(Object::toString)
                                                    .toList())
                                    + (keys.size() > KEYS_SHOWN ? ", …)" : ")");
            return "repository '" + repository + "', " + operation + shown + " on " + store + ": ";
        }
    }

    DualWriteException(Context context, String message, @Nullable Throwable cause) {
        super(context.describe() + message, cause);
        this.context = context;
    }

    /** Where it happened. */
    public Context context() {
        return context;
    }
}
