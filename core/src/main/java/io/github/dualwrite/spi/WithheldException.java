package io.github.dualwrite.spi;

import java.io.EOFException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Stands for an error whose message may carry values of records, such as {@code For input string: "…"}: it names that error's class and has its
 * stack trace, and the same goes for its causes. So nothing of a value reaches logs, events and the errors of the library.
 */
public final class WithheldException extends RuntimeException implements ValueFree {

    private static final long serialVersionUID = 1L;

    /** Chains of causes may be circular. */
    private static final int DEEPEST = 16;

    /** Of the network, and of the circuit breaker: they never see a record. Some of {@code java.net} do, such as those for an address that is none. */
    private static final List<String> PACKAGES =
            List.of("java.nio.channels.", "javax.net.ssl.", "io.github.resilience4j.");

    private static final Set<Class<?>> CLASSES = Set.of(
            EOFException.class,
            SocketTimeoutException.class,
            InterruptedException.class,
            TimeoutException.class,
            CancellationException.class,
            CompletionException.class,
            ExecutionException.class,
            RejectedExecutionException.class);

    private final String withheld;

    private WithheldException(Throwable error, int depth) {
        super(
                error.getClass().getName() + " (its message is withheld, because it may carry values)",
                error.getCause() == null || depth >= DEEPEST ? null : of(error.getCause(), depth + 1));
        this.withheld = error.getClass().getName();
        setStackTrace(error.getStackTrace());
        if (depth < DEEPEST) {
            for (Throwable suppressed : error.getSuppressed()) {
                addSuppressed(of(suppressed, depth + 1));
            }
        }
    }

    /** The error itself if it carries no values for certain, or what stands for it. */
    public static Throwable of(Throwable error) {
        return of(error, 0);
    }

    /** The same; {@code null} if there is none. */
    public static @Nullable Throwable orNull(@Nullable Throwable error) {
        return error == null ? null : of(error);
    }

    /** The error's message if it carries no values for certain, or the names of its class and of its root cause's. */
    public static String message(Throwable error) {
        if (free(error, 0)) {
            return error.getMessage() == null ? error.getClass().getName() : error.getMessage();
        }
        Throwable root = root(error);
        return error.getClass().getName()
                + (root == error ? "" : ", caused by " + root.getClass().getName())
                + " (the message is withheld, because it may carry values)";
    }

    /** The name of the error's class; that of the error behind it, if it is withheld. */
    public static String className(Throwable error) {
        return error instanceof WithheldException one
                ? one.withheld
                : error.getClass().getName();
    }

    /** The last of a chain of causes; of a circle, any. */
    public static Throwable root(Throwable error) {
        Throwable root = error;
        for (int depth = 0; root.getCause() != null && depth < DEEPEST; depth++) {
            root = root.getCause();
        }
        return root;
    }

    private static Throwable of(Throwable error, int depth) {
        return free(error, depth) ? error : new WithheldException(error, depth);
    }

    private static boolean free(Throwable error, int depth) {
        if (error instanceof ValueFree) {
            return true;
        }
        if (depth >= DEEPEST || !says(error)) {
            return false;
        }
        for (Throwable suppressed : error.getSuppressed()) {
            if (!free(suppressed, depth + 1)) {
                return false;
            }
        }
        return error.getCause() == null || free(error.getCause(), depth + 1);
    }

    /** Whether what it says by itself is harmless. */
    private static boolean says(Throwable error) {
        String name = error.getClass().getName();
        return error.toString().equals(name) // it says nothing
                || error instanceof VirtualMachineError
                || CLASSES.contains(error.getClass())
                || (error instanceof SocketException && name.startsWith("java.net."))
                || PACKAGES.stream().anyMatch(name::startsWith);
    }
}
