package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;

/** An authority on an empty store, whose pending writes are due at once, and what the rules have in common. */
abstract class AuthorityRules {

    /** Longer than any test. */
    static final Duration LONG = Duration.ofMinutes(10);

    static final Duration SHORT = Duration.ofMillis(250);

    AuthorityStore<String, Sample> store;
    Authority<String, Sample> authority;
    ReconciliationQueue<String> queue;

    abstract AuthorityContract contract();

    @BeforeEach
    void openStore() {
        store = contract().store();
        authority = open("kit", Duration.ZERO);
        queue = authority.queue();
    }

    Authority<String, Sample> open(String repository, Duration grace) {
        return store.openAuthority(new StoreContext(repository, grace));
    }

    static KeyVersion<String> at(VersionedRecord<String, Sample> written) {
        return new KeyVersion<>(written.key(), written.version());
    }

    /** Saves a record and confirms it: known on the authority, not pending. */
    VersionedRecord<String, Sample> confirmed(Sample value) {
        VersionedRecord<String, Sample> saved = authority.save(value);
        assertThat(queue.confirm(List.of(at(saved)))).containsExactly(value.id());
        return saved;
    }

    /** Saves a record and parks its pending write. */
    VersionedRecord<String, Sample> parked(Sample value, String reason) {
        VersionedRecord<String, Sample> saved = authority.save(value);
        Lease lease = Lease.of(LONG);
        assertThat(keys(queue.claim(lease, 100))).contains(value.id());
        assertThat(queue.park(lease, List.of(new Parking<>(value.id(), saved.version(), reason))))
                .containsExactly(value.id());
        return saved;
    }

    /** The pending version and state of one key. */
    Optional<VersionedRecord<String, Sample>> pending(String key) {
        List<VersionedRecord<String, Sample>> found = authority.snapshot(List.of(key));
        assertThat(found).hasSizeLessThanOrEqualTo(1);
        return found.stream().findFirst();
    }

    void assertNothingPending() {
        assertThat(queue.statistics().depth()).isZero();
        assertThat(queue.statistics().parked()).isZero();
        assertThat(queue.claim(Lease.of(LONG), 10)).isEmpty();
    }

    List<PendingWrite<String>> claim(int limit) {
        return queue.claim(Lease.of(LONG), limit);
    }

    /** Claims again and again until something is due. */
    List<PendingWrite<String>> claimEventually(Lease lease) {
        return eventually(() -> {
            List<PendingWrite<String>> claimed = queue.claim(lease, 100);
            return claimed.isEmpty() ? Optional.empty() : Optional.of(claimed);
        });
    }

    <T> T eventually(Callable<Optional<T>> probe) {
        return Awaitility.await()
                .atMost(contract().patience())
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .until(probe, Optional::isPresent)
                .orElseThrow();
    }

    /** Waits until the clocks of this machine have moved on by so much. */
    void passTime(Duration duration) {
        long start = System.nanoTime();
        Awaitility.await()
                .atMost(duration.plus(contract().patience()))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> System.nanoTime() - start > duration.toNanos());
    }

    static List<String> keys(Collection<PendingWrite<String>> writes) {
        return writes.stream().map(PendingWrite::key).toList();
    }

    static List<Sample> samples(int count) {
        return IntStream.range(0, count).mapToObj(i -> Sample.of("k" + i, i)).toList();
    }

    static List<String> ids(Collection<Sample> samples) {
        return samples.stream().map(Sample::id).toList();
    }
}
