package io.github.dualwrite.internal;

import io.github.dualwrite.spi.LineLimit;
import io.github.dualwrite.spi.WithheldException;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Logs that an application's objects of a kind fail: one line a minute, as for instance a listener can fail with every write. Safe for
 * use by many threads.
 */
final class FailingPlugIns {

    private static final Logger log = LoggingListener.log;

    private final String kind;
    private final String event;
    private final LineLimit lines;

    FailingPlugIns(String kind, LongSupplier nanos) {
        this.kind = kind;
        this.event = kind.substring(0, 1).toUpperCase(Locale.ROOT) + kind.substring(1) + "Failed";
        this.lines = new LineLimit(1, LoggingListener.MINUTE, nanos);
    }

    /** Does not throw: whoever has called it goes on, whatever becomes of the line. */
    void report(String repository, String name, Throwable error) {
        try {
            log(repository, name, error);
        } catch (Throwable e) { // of what the log goes to
            return;
        }
    }

    private void log(String repository, String name, Throwable error) {
        long others = lines.take();
        if (others >= 0) {
            log.atWarn()
                    .addKeyValue("event", event)
                    .addKeyValue("repository", repository)
                    .addKeyValue(kind, name)
                    .addKeyValue("error", error.getClass().getName())
                    .addKeyValue("suppressed", others)
                    .log("a " + kind + " fails");
        }
        log.atDebug()
                .addKeyValue("event", event)
                .addKeyValue("repository", repository)
                .setCause(WithheldException.of(error))
                .log("a " + kind + " failed");
    }
}
