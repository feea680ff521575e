package io.github.dualwrite.examples.watched;

import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A secondary in memory that can be down, and that rejects orders of nothing for good. */
final class UnsteadyFollower implements FollowerStore<Long, Order> {

    private final InMemoryStore<Long, Order> data;
    private volatile boolean down;

    UnsteadyFollower(InMemoryStore<Long, Order> data) {
        this.data = data;
    }

    void down(boolean isDown) {
        down = isDown;
    }

    @Override
    public Follower<Long, Order> openFollower(StoreContext context) {
        Follower<Long, Order> real = data.openFollower(context);
        return new Follower<>() {
            private <T> CompletableFuture<T> answer(Supplier<CompletableFuture<T>> call) {
                return down
                        ? CompletableFuture.failedFuture(new IllegalStateException("the secondary is down"))
                        : call.get();
            }

            @Override
            public String description() {
                return "unsteady " + real.description();
            }

            @Override
            public CompletableFuture<Void> check() {
                return real.check();
            }

            @Override
            public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<Long, Order>> records) {
                List<VersionedRecord<Long, Order>> good =
                        records.stream().filter(each -> !rejected(each)).toList();
                return answer(() -> (good.isEmpty()
                                ? CompletableFuture.completedFuture(List.<ApplyResult>of())
                                : real.apply(good))
                        .thenApply(results -> merged(records, results)));
            }

            private List<ApplyResult> merged(List<VersionedRecord<Long, Order>> records, List<ApplyResult> results) {
                Iterator<ApplyResult> next = results.iterator();
                return records.stream()
                        .map(each -> rejected(each)
                                ? ApplyResult.permanentFailure("an order of nothing", null)
                                : next.next())
                        .toList();
            }

            private boolean rejected(VersionedRecord<Long, Order> each) {
                Order order = each.value();
                return order != null && order.count() == 0;
            }

            @Override
            public CompletableFuture<Optional<Order>> read(Long key) {
                return answer(() -> real.read(key));
            }

            @Override
            public CompletableFuture<Map<Long, Order>> readAll(Collection<? extends Long> keys) {
                return answer(() -> real.readAll(keys));
            }

            @Override
            public Optional<Baseline<Long, Order>> baseline() {
                return real.baseline();
            }

            @Override
            public Optional<RecordScan<Long, Order>> scan() {
                return real.scan();
            }

            @Override
            public Optional<String> scanNeeds() {
                return real.scanNeeds();
            }
        };
    }
}
