package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.Operation;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Where statements run: each call in a transaction of its own, or all in one that the caller runs. Translates errors. */
interface Sessions {

    /** A snapshot of all rows: what row security would hide is an error, because it would be taken for deleted. */
    String SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL row_security = off";

    /** Runs one statement that is an atomic unit by itself: one round trip. */
    <T> T statement(Operation operation, Collection<?> keys, SqlWork<T> work);

    /** Runs several statements as one atomic unit. */
    <T> T transaction(Operation operation, Collection<?> keys, SqlWork<T> work);

    /** The error for a write that took effect, but not as it should, or whose stored row cannot be read back. */
    DualWriteException tookEffect(Operation operation, Collection<?> keys, String problem, @Nullable Throwable cause);

    /** Runs several reading statements that all see the same snapshot. */
    <T> T snapshot(Operation operation, Collection<?> keys, SqlWork<T> work);
}
