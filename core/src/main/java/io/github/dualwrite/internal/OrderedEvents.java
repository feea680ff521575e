package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Events that belong to changes made under a lock: listeners hear of them after it, in the order of the changes, one at a time.
 *
 * <p>A thread that finds another one delivering leaves its events to it and goes on. So a listener may call back from any thread,
 * and may cause further events, which come after the one it is told of. Safe for use by many threads.
 */
final class OrderedEvents {

    private final Events events;
    private final ConcurrentLinkedQueue<DualWriteEvent> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger requests = new AtomicInteger();

    OrderedEvents(Events events) {
        this.events = events;
    }

    /** Adds an event; to be called under the lock that orders the changes. */
    void add(DualWriteEvent event) {
        waiting.add(event);
    }

    /** Delivers what was added, unless another thread does; to be called under no lock. */
    void deliver() {
        if (waiting.isEmpty() || requests.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            for (DualWriteEvent next = waiting.poll(); next != null; next = waiting.poll()) {
                events.publish(next); // does not throw
            }
            seen = requests.addAndGet(-seen);
        } while (seen != 0); // somebody has added one after the queue was seen empty
    }
}
