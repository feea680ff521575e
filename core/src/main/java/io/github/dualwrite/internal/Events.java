package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.StoreCall;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.spi.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Hands events, and beginnings and ends of calls, to listeners; a listener that throws harms nothing (DW-6). Safe for use by many
 * threads.
 */
public final class Events {

    private final String repository;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile List<DualWriteListener> listeners;
    private final DualWriteListener logging = new LoggingListener(System::nanoTime);
    private final FailingPlugIns failing = new FailingPlugIns("listener", System::nanoTime);
    private final FailingPlugIns failingBreakers = new FailingPlugIns("breaker", System::nanoTime);
    private final FailingPlugIns failingBulkheads = new FailingPlugIns("bulkhead", System::nanoTime);
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
        for (DualWriteListener listener : listeners) {
            if (listens(listener)) {
                return true;
            }
        }
        return false;
    }

    private boolean listens(DualWriteListener listener) {
        try {
            return listener.listens();
        } catch (Throwable e) { // as of every method of a listener
            failing.report(repository, listener.getClass().getName(), e);
            return true;
        }
    }

    /** An application's own circuit breaker threw instead of taking a result, or one of its consumers did. Does not throw. */
    public void breakerFails(String name, Throwable error) {
        failingBreakers.report(repository, name, error);
    }

    /** An application's own bulkhead threw, or one of its consumers did. Does not throw. */
    public void bulkheadFails(String name, Throwable error) {
        failingBulkheads.report(repository, name, error);
    }

    /** Adds a listener, which gets what happens from now on. */
    public void add(DualWriteListener listener) {
        change(now -> now.add(listener));
    }

    /** Removes a listener; one event may still be on its way to it. */
    public void remove(DualWriteListener listener) {
        change(now -> now.removeIf(each -> each == listener));
    }

    private interface Change {
        void apply(List<DualWriteListener> now);
    }

    private void change(Change change) {
        lock.lock();
        try {
            List<DualWriteListener> now = new ArrayList<>(listeners);
            change.apply(now);
            listeners = List.copyOf(now);
        } finally {
            lock.unlock();
        }
    }

    public void publish(DualWriteEvent event) {
        deliver(event, readCounters); // before listeners, which may look at them
        deliver(event, logging);
        for (DualWriteListener listener : listeners) {
            deliver(event, listener);
        }
    }

    private void deliver(DualWriteEvent event, DualWriteListener listener) {
        try {
            event.deliverTo(listener);
            listener.onEvent(event);
        } catch (Throwable e) { // also an AssertionError or a LinkageError of a listener must not reach a caller
            failing.report(repository, listener.getClass().getName(), e);
        }
    }

    /** A call of a store begins. Gives what is to be told of its end, which does not throw, or {@code null} if nobody watches it. */
    public @Nullable StoreCall begins(StoreRole store, Operation operation, int records) {
        WatchedCall watched = null;
        for (DualWriteListener listener : listeners) {
            try {
                StoreCall call = listener.onCall(repository, store, operation, records);
                if (call != null) {
                    watched = new WatchedCall(
                            call,
                            watched,
                            e -> failing.report(repository, listener.getClass().getName(), e));
                }
            } catch (Throwable e) { // as above
                failing.report(repository, listener.getClass().getName(), e);
            }
        }
        return watched;
    }

    /** The same executor for work that goes on from the thread that hands it over. */
    public Executor carrying(Executor executor) {
        return work -> executor.execute(listening() ? carried(work) : work);
    }

    private Runnable carried(Runnable work) {
        Runnable carried = work;
        for (DualWriteListener listener : listeners) {
            try {
                Runnable next = listener.onHandOver(carried);
                if (next != null) {
                    carried = next;
                } else { // the work must go on, whatever a listener has become of it
                    failing.report(
                            repository, listener.getClass().getName(), new IllegalStateException("no work was given"));
                }
            } catch (Throwable e) { // as above
                failing.report(repository, listener.getClass().getName(), e);
            }
        }
        return carried;
    }
}
