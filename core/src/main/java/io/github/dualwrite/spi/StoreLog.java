package io.github.dualwrite.spi;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import org.slf4j.spi.NOPLoggingEventBuilder;

/**
 * The log of a store, in the form that the library's own lines have: the keys {@code event} and {@code repository}, what varies in keys and
 * not in the message, and {@code suppressed}, which says how many lines of this event were left out since the one before. At most {@value
 * #LINES} lines of an event are written in a minute. Values of records must not come into it, and keys of records only at DEBUG. Safe for
 * use by many threads.
 */
public final class StoreLog {

    private static final int LINES = 10;
    private static final Duration PERIOD = Duration.ofMinutes(1);

    private final Logger log;
    private final String repository;
    private final ConcurrentHashMap<String, LineLimit> limits = new ConcurrentHashMap<>();

    /** The log of a store that a repository has opened. */
    public StoreLog(Logger log, String repository) {
        this.log = log;
        this.repository = repository;
    }

    /**
     * Begins a line at WARN, to which keys can be added and which ends with the message. If there were too many, nothing is written.
     *
     * @param event the name of what happened; there must be few of them
     */
    public LoggingEventBuilder warn(String event) {
        return line(Level.WARN, event);
    }

    /** The same at INFO. */
    public LoggingEventBuilder info(String event) {
        return line(Level.INFO, event);
    }

    private LoggingEventBuilder line(Level level, String event) {
        if (!log.isEnabledForLevel(level)) {
            return NOPLoggingEventBuilder.singleton();
        }
        long leftOut = limits.computeIfAbsent(event, e -> new LineLimit(LINES, PERIOD, System::nanoTime))
                .take();
        return leftOut < 0
                ? NOPLoggingEventBuilder.singleton()
                : log.atLevel(level)
                        .addKeyValue("event", event)
                        .addKeyValue("repository", repository)
                        .addKeyValue("suppressed", leftOut);
    }
}
