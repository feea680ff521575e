package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Races against a write whose commit is held: always played in the same order. */
abstract class HeldWriteRules extends AuthorityRules {

    private interface Race {
        void play(HeldWrite held);
    }

    private void race(Sample value, Race race) {
        Declared.with(contract(), contract().holdWrite(authority, value), "writes that can be held", held -> {
            try {
                race.play(held);
            } finally {
                held.abandon();
            }
        });
    }

    private static <T> CompletableFuture<T> async(Supplier<T> call) {
        return CompletableFuture.supplyAsync(call, task -> new Thread(task, "second writer").start());
    }

    private static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private void awaitBlocked(HeldWrite held) {
        boolean blocked = eventually(() -> held.blocksAnother() ? Optional.of(true) : Optional.empty());
        assertThat(blocked).isTrue();
    }

    @Test // TRAPS 1, 10
    @Tag("DW-2")
    void theWriteThatCommitsLaterHasTheHigherVersion() {
        race(Sample.of("a", 1), held -> {
            CompletableFuture<VersionedRecord<String, Sample>> second = async(() -> authority.save(Sample.of("a", 2)));
            awaitBlocked(held);

            VersionedRecord<String, Sample> first = held.release();

            assertThat(join(second).version()).isGreaterThan(first.version());
            assertThat(pending("a")).contains(join(second));
            assertThat(authority.read("a")).contains(Sample.of("a", 2));
        });
    }

    @Test // TRAPS 1, 2
    @Tag("DW-2")
    @DisplayName("the same holds for a record that was there, and for a delete that waits")
    void aDeleteThatWaitsGetsTheHigherVersion() {
        authority.save(Sample.of("a", 0));
        race(Sample.of("a", 1), held -> {
            CompletableFuture<Optional<VersionedRecord<String, Sample>>> delete = async(() -> authority.delete("a"));
            awaitBlocked(held);

            VersionedRecord<String, Sample> first = held.release();

            VersionedRecord<String, Sample> deleted = join(delete).orElseThrow();
            assertThat(deleted.version()).isGreaterThan(first.version());
            assertThat(pending("a")).contains(deleted);
            assertThat(authority.read("a")).isEmpty();
        });
    }

    @Test
    @Tag("DW-1")
    void anUncommittedWriteIsNotSeen() {
        race(Sample.of("a", 1), held -> {
            CompletableFuture<List<PendingWrite<String>>> claim = async(() -> queue.claim(Lease.of(LONG), 10));

            assertThat(join(claim)).isEmpty();
            assertThat(authority.read("a")).isEmpty();
            assertThat(pending("a")).isEmpty();
            assertThat(queue.pendingAmong(List.of("a"))).isEmpty();

            VersionedRecord<String, Sample> written = held.release();

            assertThat(pending("a")).contains(written);
            assertThat(keys(claim(10))).containsExactly("a");
        });
    }

    @Test // TRAPS 5
    void aClaimDoesNotWaitForAHeldWriteAndTakesTheOthers() {
        VersionedRecord<String, Sample> committed = authority.save(Sample.of("a", 0));
        authority.save(Sample.of("b", 0));
        race(Sample.of("a", 1), held -> {
            CompletableFuture<List<PendingWrite<String>>> claim = async(() -> queue.claim(Lease.of(SHORT), 10));

            assertThat(keys(join(claim))).contains("b");
            assertThat(join(claim))
                    .filteredOn(write -> write.key().equals("a"))
                    .as("left out, or as it is committed")
                    .allMatch(write -> write.version() == committed.version());

            VersionedRecord<String, Sample> written = held.release();
            assertThat(claimEventually(Lease.of(LONG))).anySatisfy(write -> {
                assertThat(write.key()).isEqualTo("a");
                assertThat(write.version()).isEqualTo(written.version());
            });
        });
    }

    @Test // TRAPS 8
    @Tag("DW-1")
    void aConfirmNeitherWaitsForAHeldWriteNorTakesItAway() {
        VersionedRecord<String, Sample> old = authority.save(Sample.of("a", 0));
        race(Sample.of("a", 1), held -> {
            CompletableFuture<Set<String>> confirm = async(() -> queue.confirm(List.of(at(old))));
            assertThat(join(confirm))
                    .as("left out, or deleted as it is committed")
                    .isSubsetOf("a");

            VersionedRecord<String, Sample> written = held.release();

            assertThat(pending("a")).contains(written);
        });
    }

    @Test // TRAPS 6
    @Tag("DW-1")
    void aWriteThatIsRolledBackLeavesNothing() {
        VersionedRecord<String, Sample> before = authority.save(Sample.of("a", 0));
        race(Sample.of("a", 1), held -> {
            held.abandon();

            assertThat(authority.read("a")).contains(Sample.of("a", 0));
            assertThat(pending("a")).contains(before);
            assertThat(authority.save(Sample.of("a", 2)).version()).isGreaterThan(before.version());
        });
    }
}
