package io.github.dualwrite.postgres;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.AuthorityStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A repository from PostgreSQL to memory whose reconciler runs only when asked. */
final class TestRepository<K, V> implements AutoCloseable {

    final InMemoryStore<K, V> follower;
    final DualWriteRepository<K, V> repository;
    final List<DualWriteEvent> events = new CopyOnWriteArrayList<>();

    TestRepository(AuthorityStore<K, V> authority, Function<V, K> key) {
        this(InMemoryStore.keyedBy(key), authority, Duration.ofSeconds(1));
    }

    TestRepository(InMemoryStore<K, V> follower, AuthorityStore<K, V> authority, Duration grace) {
        this(follower, authority, grace, ReadRoute.primary());
    }

    TestRepository(InMemoryStore<K, V> follower, AuthorityStore<K, V> authority, Duration grace, ReadRoute route) {
        this.follower = follower;
        DualWriteRepositoryBuilder<K, V> builder = DualWriteRepository.builder("test", authority, follower)
                .secondaryTimeout(grace.multipliedBy(9).dividedBy(10))
                .grace(grace)
                .readRoute(route)
                .reconcileInBackground(false)
                .listener(new DualWriteListener() {
                    @Override
                    public void onEvent(DualWriteEvent event) {
                        events.add(event);
                    }
                });
        repository = builder.build();
    }

    <E extends DualWriteEvent> List<E> events(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public void close() {
        repository.close();
    }
}
