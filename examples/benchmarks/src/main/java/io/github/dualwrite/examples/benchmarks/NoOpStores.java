package io.github.dualwrite.examples.benchmarks;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Two stores that give one record under every key, at once; the authority takes no writes, the follower forgets them. */
final class NoOpStores {

    static final Optional<Item> ANSWER = Optional.of(Item.of(1, 1));

    private static final CompletableFuture<Optional<Item>> FOLLOWERS_ANSWER = CompletableFuture.completedFuture(ANSWER);

    private NoOpStores() {}

    static AuthorityStore<Long, Item> authority() {
        return context -> new NoOpAuthority(
                InMemoryStore.keyedBy(Item::id).openAuthority(context).queue());
    }

    static FollowerStore<Long, Item> follower() {
        return context -> new NoOpFollower(() -> FOLLOWERS_ANSWER);
    }

    /** Each read gets its answer after 30 s. */
    static FollowerStore<Long, Item> stalledFollower() {
        return context ->
                new NoOpFollower(() -> new CompletableFuture<Optional<Item>>().completeOnTimeout(ANSWER, 30, SECONDS));
    }

    static Authority<Long, Item> plain() {
        return authority().openAuthority(new StoreContext("plain", Duration.ZERO));
    }

    private static final class NoOpAuthority implements Authority<Long, Item> {
        private final ReconciliationQueue<Long> queue;

        NoOpAuthority(ReconciliationQueue<Long> queue) {
            this.queue = queue;
        }

        @Override
        public String description() {
            return "authority that does nothing";
        }

        @Override
        public Optional<Item> read(Long key) {
            return ANSWER;
        }

        @Override
        public Map<Long, Item> readAll(Collection<? extends Long> keys) {
            return Map.of();
        }

        @Override
        public ReconciliationQueue<Long> queue() {
            return queue;
        }

        @Override
        public List<VersionedRecord<Long, Item>> snapshot(Collection<? extends Long> keys) {
            return List.of();
        }

        @Override
        public VersionedRecord<Long, Item> create(Item value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public VersionedRecord<Long, Item> update(Item value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public VersionedRecord<Long, Item> save(Item value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<VersionedRecord<Long, Item>> delete(Long key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<VersionedRecord<Long, Item>> saveAll(Collection<? extends Item> values) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<VersionedRecord<Long, Item>> deleteAll(Collection<? extends Long> keys) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void markPending(Collection<? extends Long> keys) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class NoOpFollower implements Follower<Long, Item> {
        private final Supplier<CompletableFuture<Optional<Item>>> answer;

        NoOpFollower(Supplier<CompletableFuture<Optional<Item>>> answer) {
            this.answer = answer;
        }

        @Override
        public String description() {
            return "follower that does nothing";
        }

        @Override
        public CompletableFuture<Void> check() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<Long, Item>> records) {
            return CompletableFuture.completedFuture(
                    records.stream().map(each -> ApplyResult.applied()).toList());
        }

        @Override
        public CompletableFuture<Optional<Item>> read(Long key) {
            return answer.get();
        }

        @Override
        public CompletableFuture<Map<Long, Item>> readAll(Collection<? extends Long> keys) {
            return CompletableFuture.completedFuture(Map.of());
        }
    }
}
