package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.ValueFree;
import io.github.dualwrite.spi.WithheldException;
import java.util.function.Supplier;

/** One record cannot be stored or read, whatever the state of the service. The message shows no value. */
final class RecordException extends RuntimeException implements ValueFree {

    private static final long serialVersionUID = 1L;

    private RecordException(String message, Throwable cause) {
        super(message, WithheldException.of(cause));
    }

    /** Calls a mapping. */
    static <T> T guard(Supplier<T> mapping) {
        try {
            return mapping.get();
        } catch (MappingException e) {
            throw new RecordException(String.valueOf(e.getMessage()), e);
        } catch (
                Throwable e) { // of somebody else, also checked ones from other languages; its message may show a value
            if (e instanceof VirtualMachineError fatal
                    && !(e instanceof StackOverflowError)) { // which is of the record
                throw fatal;
            }
            throw new RecordException(
                    "the mapping failed with " + e.getClass().getName()
                            + ", see the cause; mend the record or the mapping",
                    e);
        }
    }
}
