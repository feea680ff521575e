package io.github.dualwrite.fake;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Remembers every event. */
public final class Recorder implements DualWriteListener {

    private final ConcurrentLinkedQueue<DualWriteEvent> events = new ConcurrentLinkedQueue<>();

    @Override
    public void onEvent(DualWriteEvent event) {
        events.add(event);
    }

    public <E extends DualWriteEvent> List<E> of(Class<E> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    public void forget() {
        events.clear();
    }
}
