package io.github.dualwrite.spi;

import org.jspecify.annotations.Nullable;

/**
 * A record cannot be stored, or what is stored cannot be made into a record. The message names the field or column and what to do, never
 * the value; mappings of your own may throw it too.
 */
public class MappingException extends IllegalArgumentException implements ValueFree {

    private static final long serialVersionUID = 1L;

    /** What is wrong, without values. */
    public MappingException(String message) {
        super(message);
    }

    /** What is wrong, without values; of the cause only what {@link WithheldException} shows is kept. */
    public MappingException(String message, @Nullable Throwable cause) {
        super(message, WithheldException.orNull(cause));
    }
}
