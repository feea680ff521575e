package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands events to listeners; a listener that throws harms nothing (DW-6). */
public final class Events {

    private static final Logger log = LoggerFactory.getLogger(Events.class);

    private final String repository;
    private final List<DualWriteListener> listeners;
    private final DualWriteListener logging = new LoggingListener(System::nanoTime);
    private final ReadCounters readCounters = new ReadCounters();

    public Events(String repository, List<DualWriteListener> listeners) {
        this.repository = repository;
        this.listeners = List.copyOf(listeners);
    }

    public String repository() {
        return repository;
    }

    /** What has become of reads so far. */
    public ReadCounters readCounters() {
        return readCounters;
    }

    /** Whether anybody wants the events that come with every single write; saves making them. */
    public boolean listening() {
        return !listeners.isEmpty();
    }

    public void publish(DualWriteEvent event) {
        deliver(event, readCounters); // before listeners, which may look at them
        deliver(event, logging);
        for (DualWriteListener listener : listeners) {
            deliver(event, listener);
        }
    }

    private static void deliver(DualWriteEvent event, DualWriteListener listener) {
        try {
            event.deliverTo(listener);
            listener.onEvent(event);
        } catch (Throwable e) { // also an AssertionError or a LinkageError of a listener must not reach a caller
            log.warn(
                    "listener {} failed with {}",
                    listener.getClass().getName(),
                    e.getClass().getName());
            log.debug("the listener failed", e); // its message may name keys
        }
    }
}
