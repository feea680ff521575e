package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/** A secondary as bare calls and as our repositories use it, which counts what it has taken. */
abstract class Secondary {

    private static final int READ_BATCH = 100;

    private final LongAdder taken = new LongAdder();

    /** Puts a record whatever is there, and waits for it. */
    abstract void put(Item item);

    /** Puts a record if what is there has a lower version, and waits for it. */
    abstract void putIfNewer(Item item, long version);

    abstract FollowerStore<Long, Item> uncounted();

    abstract Follower<Long, Item> reader();

    /** How many puts have taken effect until now. */
    final long taken() {
        return taken.sum();
    }

    final void count() {
        taken.increment();
    }

    /** Waits until so many puts have taken effect. */
    final void awaitTaken(long wanted) {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (taken() < wanted) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "only " + taken() + " of " + wanted + " writes have reached the secondary in two minutes");
            }
            LockSupport.parkNanos(200_000);
        }
    }

    /** Fails unless the secondary has exactly this revision of the first so many keys. */
    final void requireRevision(long revision, int keys) {
        for (long first = 0; first < keys; first += READ_BATCH) {
            List<Long> batch = LongStream.range(first, Math.min(keys, first + READ_BATCH))
                    .boxed()
                    .toList();
            Map<Long, Item> found = reader().readAll(batch).join();
            for (Long key : batch) {
                Item item = found.get(key);
                if (item == null || item.revision() != revision) {
                    throw new IllegalStateException("revision " + revision + " of key " + key + " has not arrived");
                }
            }
        }
    }

    /** The store for our repositories. */
    final FollowerStore<Long, Item> store() {
        return context -> counting(uncounted().openFollower(context));
    }

    /** Counts what is applied; everything else goes through, also what the interface will have tomorrow. */
    @SuppressWarnings("unchecked")
    private Follower<Long, Item> counting(Follower<Long, Item> follower) {
        return (Follower<Long, Item>) Proxy.newProxyInstance(
                Follower.class.getClassLoader(), new Class<?>[] {Follower.class}, (proxy, method, args) -> {
                    Object answer;
                    try {
                        answer = method.invoke(follower, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    return method.getName().equals("apply")
                            ? ((CompletableFuture<List<ApplyResult>>) answer).whenComplete(this::counted)
                            : answer;
                });
    }

    private void counted(List<ApplyResult> results, Throwable error) {
        if (error == null) {
            results.stream()
                    .filter(each -> each.status() == ApplyResult.Status.APPLIED)
                    .forEach(each -> count());
        }
    }
}
