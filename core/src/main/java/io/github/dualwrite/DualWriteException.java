package io.github.dualwrite;

import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ValueFree;
import io.github.dualwrite.spi.WithheldException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An error of a store, translated once by its adapter, with the cause kept. Its subclasses say what holds after it.
 *
 * <p>The message names repository, operation, store and keys, never a value; nor do the messages of its causes, of which those that may
 * carry one are {@linkplain WithheldException withheld}.
 *
 * <p>What ends a job rather than a call of a store is none: a job that catches these also catches {@link
 * io.github.dualwrite.backfill.BackfillException} or {@link io.github.dualwrite.verify.VerificationException}, which name no store and no operation.
 */
public abstract class DualWriteException extends RuntimeException implements ValueFree {

    private static final int KEYS_SHOWN = 5;
    private static final int CHARACTERS_SHOWN = 300;

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
            return "repository '" + repository + "', " + operation + shownKeys() + " on " + store + ": ";
        }

        private String shownKeys() {
            String shown = String.join(
                    ", ", keys.stream().limit(KEYS_SHOWN).map(Context::shown).toList());
            return switch (keys.size()) {
                case 0 -> "";
                case 1 -> " of key " + shown;
                default -> " of " + keys.size() + " keys (" + shown + (keys.size() > KEYS_SHOWN ? ", …)" : ")");
            };
        }

        /** An empty key must be visible, and one of a megabyte must not fill logs and queues. */
        private static String shown(Object key) {
            String text = key.toString();
            if (text.length() > CHARACTERS_SHOWN) {
                int end = Character.isHighSurrogate(text.charAt(CHARACTERS_SHOWN - 1))
                        ? CHARACTERS_SHOWN - 1
                        : CHARACTERS_SHOWN;
                return text.substring(0, end) + "… (of " + text.length() + " characters)";
            }
            return text.isBlank() ? "'" + text + "'" : text;
        }
    }

    DualWriteException(Context context, String message, @Nullable Throwable cause) {
        super(context.describe() + message, WithheldException.orNull(cause));
        this.context = context;
    }

    /** Where it happened. */
    public Context context() {
        return context;
    }
}
