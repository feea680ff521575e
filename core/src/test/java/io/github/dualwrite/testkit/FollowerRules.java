package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;

/** A follower on an empty store, and what the rules have in common. */
abstract class FollowerRules {

    FollowerStore<String, Sample> store;
    Follower<String, Sample> follower;

    abstract FollowerContract contract();

    @BeforeEach
    void openStore() {
        store = contract().store();
        follower = open(store);
    }

    static Follower<String, Sample> open(FollowerStore<String, Sample> store) {
        return store.openFollower(new StoreContext("kit", Duration.ofSeconds(5)));
    }

    static VersionedRecord<String, Sample> record(String key, long version) {
        return new VersionedRecord<>(key, version, Sample.of(key, version));
    }

    static VersionedRecord<String, Sample> tombstone(String key, long version) {
        return new VersionedRecord<>(key, version, null);
    }

    static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(30, TimeUnit.SECONDS).join();
    }

    List<ApplyResult.Status> apply(List<VersionedRecord<String, Sample>> records) {
        List<ApplyResult> results = join(follower.apply(records));
        assertThat(results).as("one result for each record").hasSameSizeAs(records);
        return results.stream().map(ApplyResult::status).toList();
    }

    ApplyResult.Status apply(VersionedRecord<String, Sample> record) {
        return apply(List.of(record)).get(0);
    }

    Optional<Sample> read(String key) {
        return join(follower.read(key));
    }

    Map<String, Sample> readAll(Collection<String> keys) {
        return join(follower.readAll(keys));
    }
}
