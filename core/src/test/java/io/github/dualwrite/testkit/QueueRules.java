package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the queue tells about itself, restarts, and repositories side by side. */
@Tag("DW-1")
abstract class QueueRules extends AuthorityRules {

    @Test
    void anEmptyQueueIsEmpty() {
        assertThat(queue.statistics().depth()).isZero();
        assertThat(queue.statistics().parked()).isZero();
        assertThat(queue.statistics().oldest()).isEmpty();
        assertThat(queue.parked(0, 10)).isEmpty();
        assertThat(queue.pendingAmong(List.of("a"))).isEmpty();
        assertNothingPending();
    }

    @Test
    void statisticsCountWhatIsPendingAndWhatIsParked() {
        parked(Sample.of("parked", 1), "invalid");
        authority.save(Sample.of("leased", 1));
        queue.claim(Lease.of(LONG), 10);
        open("kit", LONG).save(Sample.of("in grace", 1));
        authority.save(Sample.of("due", 1));
        confirmed(Sample.of("confirmed", 1));

        assertThat(queue.statistics().depth()).isEqualTo(3);
        assertThat(queue.statistics().parked()).isEqualTo(1);
    }

    @Test
    void theOldestPendingWriteTellsTheLag() {
        VersionedRecord<String, Sample> first = authority.save(Sample.of("a", 1));
        Instant oldest = queue.statistics().oldest().orElseThrow();
        passTime(Duration.ofMillis(20));
        authority.save(Sample.of("b", 1));
        assertThat(queue.statistics().oldest()).contains(oldest);

        queue.confirm(List.of(at(first)));

        assertThat(queue.statistics().oldest().orElseThrow()).isAfter(oldest);
    }

    @Test
    void pendingAmongGivesThoseThatArePending() {
        confirmed(Sample.of("confirmed", 1));
        parked(Sample.of("parked", 1), "invalid");
        authority.save(Sample.of("deleted", 1));
        authority.delete("deleted");
        authority.save(Sample.of("saved", 1));

        assertThat(queue.pendingAmong(List.of("confirmed", "parked", "deleted", "saved", "missing")))
                .containsExactlyInAnyOrder("parked", "deleted", "saved");
    }

    @Test
    @Tag("DW-5")
    void pendingKeysAreAllOfThemOrNone() {
        Optional<Set<String>> none = queue.pendingKeys(3);
        assertThat(none).isIn(Optional.of(Set.of()), Optional.empty());
        confirmed(Sample.of("confirmed", 1));
        parked(Sample.of("parked", 1), "invalid");
        authority.save(Sample.of("leased", 1));
        queue.claim(Lease.of(LONG), 10);
        authority.save(Sample.of("deleted", 1));
        authority.delete("deleted");
        open("other", Duration.ZERO).save(Sample.of("of another repository", 1));

        // a queue that cannot list its keys says so by being empty, which is always right; one that can must not forget
        // any
        assertThat(queue.pendingKeys(3)).isEqualTo(none.map(listed -> Set.of("parked", "leased", "deleted")));
        assertThat(queue.pendingKeys(2)).isEmpty();
    }

    @Test
    @Tag("DW-7")
    void aRestartFindsEverythingAsItWas() {
        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", 1));
        VersionedRecord<String, Sample> parked = parked(Sample.of("b", 1), "invalid");
        queue.release(Lease.of(LONG), List.of("a"));

        Authority<String, Sample> restarted = open("kit", Duration.ZERO);

        assertThat(restarted.read("a")).contains(Sample.of("a", 1));
        assertThat(restarted.snapshot(List.of("a"))).containsExactly(saved);
        assertThat(restarted.queue().pendingAmong(List.of("a", "b"))).containsExactlyInAnyOrder("a", "b");
        assertThat(restarted.queue().findParked("b").orElseThrow().version()).isEqualTo(parked.version());
        assertThat(restarted.queue().confirm(List.of(at(saved)))).containsExactly("a");
        assertThat(queue.pendingAmong(List.of("a"))).isEmpty();
    }

    @Test
    void twoRepositoriesOnOneStoreDoNotMix() {
        Authority<String, Sample> other = open("other", Duration.ZERO);
        VersionedRecord<String, Sample> mine = authority.save(Sample.of("a", 1));
        assertThat(other.queue().pendingAmong(List.of("a"))).isEmpty();
        assertThat(other.snapshot(List.of("a"))).isEmpty();
        assertThat(other.queue().claim(Lease.of(LONG), 10)).isEmpty();
        assertThat(other.queue().confirm(List.of(at(mine)))).isEmpty();
        assertThat(other.queue().statistics().depth()).isZero();

        other.markPending(List.of("a"));
        assertThat(pending("a")).as("pending in its own repository as before").contains(mine);

        parked(Sample.of("b", 1), "invalid");
        assertThat(other.queue().findParked("b")).isEmpty();
        assertThat(other.queue().parked(0, 10)).isEmpty();
        assertThat(other.queue().retryAllParked()).isZero();
        assertThat(other.queue().discardParked("b")).isEmpty();
        assertThat(queue.findParked("b")).isPresent();
    }
}
