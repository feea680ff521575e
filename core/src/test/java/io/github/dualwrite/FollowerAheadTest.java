package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A follower that has newer versions than the authority has ever given is noticed; one that has only newer writes is not. */
@Tag("DW-6")
class FollowerAheadTest {

    private static final long LATER = 1_000_000;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    /** What the follower had before the authority came back from a backup. */
    private void onFollower(String key, long version) {
        rig.follower
                .apply(List.of(new VersionedRecord<>(key, version, Sample.of(key, 99))))
                .join();
    }

    private List<DualWriteEvent.FollowerAhead> told() {
        return rig.events.of(DualWriteEvent.FollowerAhead.class);
    }

    @Test
    void aLiveWriteThatIsTakenForAnOldOneIsTold() {
        onFollower("a", LATER);

        WriteResult<String, Sample> result = rig.open().save(Sample.of("a", 1));

        assertThat(result.secondaryApplied()).as("as the follower says").isTrue();
        eventually(() -> assertThat(told())
                .containsExactly(new DualWriteEvent.FollowerAhead(
                        Rig.NAME, "a", result.version(), LATER, DualWriteEvent.Path.LIVE)));
        eventually(() -> assertThat(rig.pending()).isZero());
    }

    /** The follower answers on a thread of its client's, while the call still has the only permit of a bulkhead that waits. */
    @Test
    void itIsToldAlsoWhereOnlyOneCallIsAllowedAtOnce() {
        onFollower("a", LATER);
        CompletableFuture<List<ApplyResult>> answer = new CompletableFuture<>();
        AtomicReference<List<ApplyResult>> results = new AtomicReference<>();
        rig.follower.now((records, real) -> {
            results.set(real.get().join());
            return answer;
        });
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(21))
                .reconcilerSettings(Rig.quickly().lease(Duration.ofSeconds(40)).build())
                .bulkheadConfig(BulkheadConfig.custom()
                        .maxConcurrentCalls(1)
                        .maxWaitDuration(Duration.ofMillis(100))
                        .build()));

        repository.save(Sample.of("a", 1));
        eventually(() -> assertThat(answer.getNumberOfDependents())
                .as("what waits for the answer: the permit and the write")
                .isEqualTo(2));
        answer.complete(results.get());

        eventually(() -> assertThat(told()).hasSize(1));
    }

    @Test
    void soIsOneThatTheReconcilerBrings() throws Exception {
        rig.follower.now(ScriptedFollower.fails(new IOException("down")));
        WriteResult<String, Sample> result = rig.open().save(Sample.of("a", 1));
        rig.follower.now(ScriptedFollower.WORKS);
        onFollower("a", LATER);

        assertThat(rig.drain().superseded()).isEqualTo(1);

        assertThat(told())
                .containsExactly(new DualWriteEvent.FollowerAhead(
                        Rig.NAME, "a", result.version(), LATER, DualWriteEvent.Path.RECONCILER));
        assertThat(rig.pending()).isZero();
    }

    @Test
    void aWriteThatIsAppliedTwiceIsNot() throws Exception {
        rig.follower.now(ScriptedFollower.LOSES_ANSWERS);
        assertThat(rig.open().save(Sample.of("a", 1)).pendingReason()).contains(PendingReason.TIMEOUT);
        rig.follower.now(ScriptedFollower.WORKS);

        assertThat(rig.drain().superseded()).isEqualTo(1);

        assertThat(told()).isEmpty();
    }

    @Test
    void aWriteThatANewerOneHasOvertakenIsNot() {
        DualWriteRepository<String, Sample> repository = rig.open();
        rig.follower.now((records, real) -> {
            rig.follower.now(ScriptedFollower.WORKS);
            repository.save(Sample.of("a", 2));
            eventually(() -> assertThat(rig.pending()).isZero());
            return real.get();
        });

        repository.save(Sample.of("a", 1));

        assertThat(rig.events.of(DualWriteEvent.Applied.class))
                .extracting(DualWriteEvent.Applied::superseded)
                .containsExactly(false, true);
        eventually(() -> assertThat(rig.pending()).isZero());
        assertThat(rig.secondary.records()).containsEntry("a", Sample.of("a", 2));
        assertThat(told()).isEmpty();
    }

    /** The newest write is still on its way to being confirmed. */
    @Test
    void norIsOneWhoseSuccessorIsStillPending() throws Exception {
        rig.follower.now(ScriptedFollower.fails(new IOException("down")));
        DualWriteRepository<String, Sample> repository = rig.open();
        repository.save(Sample.of("a", 1));
        rig.follower.now((records, real) -> { // the reconciler has read the first one
            rig.follower.now((others, apply) -> {
                CompletableFuture<List<ApplyResult>> unused = apply.get(); // takes effect, and is not confirmed
                return CompletableFuture.failedFuture(new IOException("reset"));
            });
            repository.save(Sample.of("a", 2));
            rig.follower.now(ScriptedFollower.WORKS);
            return real.get();
        });

        assertThat(rig.drain().drained()).isTrue();

        assertThat(rig.secondary.records()).containsEntry("a", Sample.of("a", 2));
        assertThat(told()).isEmpty();
    }

    @Test
    void manyAreTakenForASample() {
        DualWriteRepository<String, Sample> repository = rig.open();
        for (int i = 0; i < 50; i++) {
            onFollower("k" + i, LATER);
            repository.save(Sample.of("k" + i, 1));
        }

        eventually(() -> assertThat(rig.pending()).isZero());
        assertThat(told()).hasSize(1);
    }
}
