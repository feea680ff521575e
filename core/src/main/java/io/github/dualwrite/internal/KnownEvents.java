package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import org.jspecify.annotations.Nullable;

/**
 * Tells when it becomes unknown what is pending, and when it is known again: each once, in the order in which it is told here. At first it is
 * known. Safe for use by many threads; telling what was told last costs a look.
 */
final class KnownEvents {

    private final String repository;
    private final OrderedEvents events;
    private volatile boolean known = true;

    KnownEvents(Events events) {
        this.repository = events.repository();
        this.events = new OrderedEvents(events);
    }

    void tell(boolean nowKnown, String detail, @Nullable Throwable cause) {
        if (known == nowKnown) { // as a rule; a read that finds it so must not wait for others
            return;
        }
        synchronized (events) {
            if (known != nowKnown) {
                known = nowKnown;
                events.add(new DualWriteEvent.PendingKeysKnown(repository, nowKnown, detail, cause));
            }
        }
        events.deliver();
    }
}
