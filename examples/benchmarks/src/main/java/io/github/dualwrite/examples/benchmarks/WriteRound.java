package io.github.dualwrite.examples.benchmarks;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One round of writes: clients that begin together write each key once, and then the round waits until the secondary has all of
 * them, which is checked key by key when the time is taken.
 */
final class WriteRound {

    static final String ACKNOWLEDGED = "acknowledged";
    static final String DELIVERED = "delivered";
    static final String BACKLOG = "not yet delivered when the last was acknowledged";

    private static final AtomicLong REVISIONS = new AtomicLong();

    private final Writer writer;
    private final @Nullable Secondary secondary;
    private final int clients;
    private final int writes;

    /** Without a secondary nothing is to arrive. */
    WriteRound(Writer writer, @Nullable Secondary secondary, int clients, int writes) {
        this.writer = writer;
        this.secondary = secondary;
        this.clients = clients;
        this.writes = writes;
    }

    /** Writes a second, and latencies in microseconds. */
    Map<String, Double> measure(ExecutorService threads) throws Exception {
        long revision = REVISIONS.incrementAndGet();
        long[] nanos = new long[writes];
        long before = secondary == null ? 0 : secondary.taken();
        CyclicBarrier start = new CyclicBarrier(clients + 1);
        List<Future<?>> running = new ArrayList<>();
        for (int client = 0; client < clients; client++) {
            int first = client;
            running.add(threads.submit(() -> {
                start.await();
                for (int i = first; i < writes; i += clients) {
                    Item item = Item.of(i, revision);
                    long begin = System.nanoTime();
                    writer.write(item, revision);
                    nanos[i] = System.nanoTime() - begin;
                }
                return null;
            }));
        }
        start.await();
        long begin = System.nanoTime();
        for (Future<?> each : running) {
            await(each);
        }
        double acknowledged = (System.nanoTime() - begin) / 1e9;
        Map<String, Double> metrics = new HashMap<>(Sample.ofNanos(nanos).metrics());
        metrics.put(ACKNOWLEDGED, writes / acknowledged);
        if (secondary != null) {
            metrics.put(BACKLOG, (double) (before + writes - secondary.taken()));
            secondary.awaitTaken(before + writes);
            metrics.put(DELIVERED, writes / ((System.nanoTime() - begin) / 1e9));
            secondary.requireRevision(revision, writes);
        }
        return metrics;
    }

    private static void await(Future<?> client) throws Exception {
        try {
            client.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a write failed", e.getCause());
        }
    }
}
