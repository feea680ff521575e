package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Takes a record in less than a microsecond, so that what is left is the cost of the way there. */
final class MemorySecondary extends Secondary {

    private final InMemoryStore<Long, Item> store = InMemoryStore.keyedBy(Item::id);
    private final Follower<Long, Item> follower = store.openFollower(new StoreContext("bare", Duration.ZERO));
    private final AtomicLong versions = new AtomicLong();

    @Override
    void put(Item item) {
        putIfNewer(item, versions.incrementAndGet());
    }

    @Override
    void putIfNewer(Item item, long version) {
        List<ApplyResult> results = follower.apply(List.of(new VersionedRecord<>(item.id(), version, item)))
                .join();
        if (results.get(0).status() == ApplyResult.Status.APPLIED) {
            count();
        }
    }

    @Override
    FollowerStore<Long, Item> uncounted() {
        return store;
    }

    @Override
    Follower<Long, Item> reader() {
        return follower;
    }
}
