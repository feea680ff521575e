package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.spi.LineLimit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/** Logs that listeners fail: one line a minute, as a listener can fail with every write. Safe for use by many threads. */
final class FailingListeners {

    private static final Logger log = LoggingListener.log;

    private final LineLimit lines;

    FailingListeners(LongSupplier nanos) {
        this.lines = new LineLimit(1, LoggingListener.MINUTE, nanos);
    }

    /** Does not throw: whoever tells listeners goes on, whatever becomes of the line. */
    void report(String repository, DualWriteListener listener, Throwable error) {
        try {
            log(repository, listener, error);
        } catch (Throwable e) { // of what the log goes to
            return;
        }
    }

    private void log(String repository, DualWriteListener listener, Throwable error) {
        long others = lines.take();
        if (others >= 0) {
            log.atWarn()
                    .addKeyValue("event", "ListenerFailed")
                    .addKeyValue("repository", repository)
                    .addKeyValue("listener", listener.getClass().getName())
                    .addKeyValue("error", error.getClass().getName())
                    .addKeyValue("suppressed", others)
                    .log("a listener fails");
        }
        log.atDebug()
                .addKeyValue("event", "ListenerFailed")
                .addKeyValue("repository", repository)
                .setCause(error)
                .log("a listener failed");
    }
}
