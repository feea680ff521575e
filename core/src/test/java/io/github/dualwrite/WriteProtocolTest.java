package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the caller sees and what is in the stores then, row by row, with a synchronous follower. */
class WriteProtocolTest {

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aWriteThatSucceedsIsOnBothStoresAndConfirmed() {
        DualWriteRepository<String, Sample> repository = rig.open();

        WriteResult<String, Sample> result = repository.create(Sample.of("a", 1));

        assertThat(result.secondaryApplied()).isTrue();
        assertThat(result.pendingReason()).isEmpty();
        assertThat(result.value()).contains(Sample.of("a", 1));
        assertThat(rig.secondary.records()).containsEntry("a", Sample.of("a", 1));
        eventually(() -> assertThat(rig.pending()).isZero());
        assertThat(rig.events.of(DualWriteEvent.Committed.class))
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.operation()).isEqualTo(Operation.CREATE);
                    assertThat(e.version()).isEqualTo(result.version());
                });
        assertThat(rig.events.of(DualWriteEvent.Applied.class)).singleElement().satisfies(e -> {
            assertThat(e.superseded()).isFalse();
            assertThat(e.path()).isEqualTo(DualWriteEvent.Path.LIVE);
        });
    }

    @Test
    void everyVerbReachesTheFollower() {
        DualWriteRepository<String, Sample> repository = rig.open();
        repository.create(Sample.of("a", 1));
        repository.update(Sample.of("a", 2));
        repository.save(Sample.of("b", 1));
        assertThat(repository.saveAll(List.of(Sample.of("c", 1), Sample.of("d", 1), Sample.of("c", 2))))
                .hasSize(2);
        assertThat(repository.delete("b")).isPresent();
        assertThat(repository.delete("b")).isEmpty();
        assertThat(repository.deleteAll(List.of("d", "missing"))).hasSize(1);
        repository.markPending(List.of("a"));

        assertThat(rig.secondary.records())
                .containsOnly(Map.entry("a", Sample.of("a", 2)), Map.entry("c", Sample.of("c", 2)))
                .isEqualTo(rig.primary.records());
        eventually(() -> assertThat(rig.pending()).isZero());
    }

    @Test
    void aLargeWriteIsAsManyCallsAsTheFollowerWantsOneAfterAnother() {
        DualWriteRepository<String, Sample> repository = rig.open();
        rig.follower.saysItsBatchLimit(10);
        rig.follower.now(
                (records, real) -> records.stream().anyMatch(r -> r.key().equals("k15"))
                        ? CompletableFuture.failedFuture(new IOException("connection refused"))
                        : real.get());

        List<WriteResult<String, Sample>> results = repository.saveAll(
                IntStream.range(10, 35).mapToObj(i -> Sample.of("k" + i, i)).toList());

        assertThat(rig.follower.batchSizes).containsExactly(10, 10, 5);
        assertThat(results)
                .filteredOn(result -> !result.secondaryApplied())
                .as("those of the call that failed")
                .hasSize(10)
                .allMatch(result -> result.pendingReason().equals(Optional.of(PendingReason.FAILED)))
                .anyMatch(result -> result.key().equals("k15"));
        assertThat(rig.secondary.records()).hasSize(15);
        eventually(() -> assertThat(rig.pending()).isEqualTo(10));
    }

    @Test
    @DisplayName("what has arrived of a large write when its caller stops waiting is told as applied")
    void aLargeWriteWhoseCallerStopsWaiting() {
        DualWriteRepository<String, Sample> repository = rig.open();
        rig.follower.saysItsBatchLimit(10);
        rig.follower.now((records, real) ->
                records.stream().anyMatch(r -> r.key().equals("k10")) ? real.get() : new CompletableFuture<>());

        List<WriteResult<String, Sample>> results = repository.saveAll(
                IntStream.range(10, 35).mapToObj(i -> Sample.of("k" + i, i)).toList());

        assertThat(results).filteredOn(WriteResult::secondaryApplied).hasSize(10);
        assertThat(results)
                .filteredOn(result -> result.pendingReason().equals(Optional.of(PendingReason.TIMEOUT)))
                .hasSize(15);
    }

    @Test
    void aFollowerThatWantsNothingInACallGetsOneByOne() {
        DualWriteRepository<String, Sample> repository = rig.open();
        rig.follower.saysItsBatchLimit(0);

        assertThat(repository.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1))))
                .allMatch(WriteResult::secondaryApplied);

        assertThat(rig.follower.batchSizes).containsExactly(1, 1);
    }

    @Test
    @DisplayName("what an executor does not take of a large write stays pending")
    void aLargeWriteWhoseExecutorTakesNoMore() {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().executor(task -> {
            throw new RejectedExecutionException("full");
        }));
        rig.follower.saysItsBatchLimit(10);

        List<WriteResult<String, Sample>> results = repository.saveAll(
                IntStream.range(10, 35).mapToObj(i -> Sample.of("k" + i, i)).toList());

        assertThat(rig.follower.batchSizes).containsExactly(10);
        assertThat(results)
                .filteredOn(result -> result.pendingReason().equals(Optional.of(PendingReason.EXECUTOR_FULL)))
                .hasSize(15);
        eventually(() -> assertThat(rig.pending()).isEqualTo(15));
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(SecondaryMode.class)
    @Tag("DW-4")
    @DisplayName("an executor that runs tasks on the thread that gives them counts as full")
    void anExecutorThatRunsTasksOnTheThreadThatGivesThem(SecondaryMode mode) {
        rig.follower.saysThatItMayBlock();
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder().secondaryMode(mode).executor(Runnable::run));

        repository.save(Sample.of("a", 1));
        List<WriteResult<String, Sample>> many = repository.saveAll(List.of(Sample.of("b", 1), Sample.of("c", 1)));

        assertThat(many).allMatch(result -> result.pendingReason().equals(Optional.of(PendingReason.EXECUTOR_FULL)));
        eventually(() -> assertThat(rig.events.of(DualWriteEvent.LeftPending.class))
                .extracting(DualWriteEvent.LeftPending::key)
                .containsExactlyInAnyOrder("a", "b", "c"));
        assertThat(rig.follower.applyCalls).hasValue(0);
    }

    @Test
    @DisplayName("authority rejects: the exception, nothing written, nothing pending, follower untouched")
    void authorityRejects() {
        DualWriteRepository<String, Sample> repository = rig.open();

        assertThatThrownBy(() -> repository.update(Sample.of("a", 1))).isInstanceOf(RecordNotFoundException.class);

        assertThat(rig.primary.records()).isEmpty();
        assertThat(rig.pending()).isZero();
        assertThat(rig.follower.applyCalls).hasValue(0);
        assertThat(rig.events.of(DualWriteEvent.AuthorityFailed.class)).hasSize(1);
        assertThat(rig.events.of(DualWriteEvent.Committed.class)).isEmpty();
    }

    @ParameterizedTest(name = "committed before the answer was lost: {0}")
    @EnumSource(LossyAuthority.Loss.class)
    @Tag("DW-1")
    @DisplayName("authority's answer lost: OutcomeUnknown, and pending exactly if the record committed")
    void outcomeUnknown(LossyAuthority.Loss loss) throws Exception {
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new LossyAuthority(rig.primary.openAuthority(context), loss)));

        assertThatThrownBy(() -> repository.save(Sample.of("a", 1))).isInstanceOf(OutcomeUnknownException.class);

        boolean committed = loss == LossyAuthority.Loss.AFTER_COMMIT;
        assertThat(rig.primary.records().containsKey("a")).isEqualTo(committed);
        assertThat(rig.pending()).isEqualTo(committed ? 1 : 0);
        assertThat(rig.follower.applyCalls).hasValue(0);

        rig.drain();
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    @Test
    @DisplayName("follower slow: success, pending TIMEOUT, later reconciled")
    void followerSlow() throws Exception {
        rig.follower.now(ScriptedFollower.HANGS);
        assertLeftPendingThenReconciled(rig.open(), PendingReason.TIMEOUT);
    }

    @Test
    @DisplayName("follower's answer lost after its effect: success, pending TIMEOUT, re-applied without harm")
    void answerLost() throws Exception {
        rig.follower.now(ScriptedFollower.LOSES_ANSWERS);
        assertLeftPendingThenReconciled(rig.open(), PendingReason.TIMEOUT);
    }

    @Test
    @DisplayName("follower down: success, pending FAILED, later reconciled")
    void followerDown() throws Exception {
        rig.follower.now(ScriptedFollower.fails(new IOException("connection refused")));
        assertLeftPendingThenReconciled(rig.open(), PendingReason.FAILED);
    }

    @Test
    @DisplayName("follower throttling: success, pending FAILED, later reconciled")
    void followerThrottling() throws Exception {
        rig.follower.now(ScriptedFollower.answers(ApplyResult.transientFailure("throttled", null)));
        assertLeftPendingThenReconciled(rig.open(), PendingReason.FAILED);
    }

    @Test
    @DisplayName("breaker open: success, pending BREAKER_OPEN, follower not called")
    void breakerOpen() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("test");
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().circuitBreaker(breaker));
        breaker.transitionToForcedOpenState();

        assertLeftPendingThenReconciled(repository, PendingReason.BREAKER_OPEN);

        assertThat(rig.events.of(DualWriteEvent.BreakerChanged.class)).isNotEmpty();
        assertThat(rig.events.of(DualWriteEvent.Applied.class))
                .extracting(DualWriteEvent.Applied::path)
                .containsExactly(DualWriteEvent.Path.RECONCILER);
    }

    @Test
    @Tag("DW-2")
    @DisplayName("follower has this or a newer version: success, applied, confirmed")
    void followerHasANewerVersion() {
        DualWriteRepository<String, Sample> repository = rig.open();
        rig.follower
                .apply(List.of(new VersionedRecord<>("a", 1_000, Sample.of("a", 1_000))))
                .join();

        assertThat(repository.save(Sample.of("a", 1)).secondaryApplied()).isTrue();

        assertThat(rig.secondary.records()).containsEntry("a", Sample.of("a", 1_000));
        assertThat(rig.events.of(DualWriteEvent.Applied.class))
                .singleElement()
                .matches(DualWriteEvent.Applied::superseded);
        eventually(() -> assertThat(rig.pending()).isZero());
    }

    @Test
    @Tag("DW-6")
    @DisplayName("follower rejects for good: success, pending REJECTED, then parked and an event")
    void followerRejects() throws Exception {
        rig.follower.now(ScriptedFollower.rejects("a"));
        DualWriteRepository<String, Sample> repository = rig.open();

        WriteResult<String, Sample> result = repository.save(Sample.of("a", 1));
        assertThat(result.pendingReason()).contains(PendingReason.REJECTED);
        assertThat(rig.drain().parked()).isEqualTo(1);

        assertThat(rig.events.of(DualWriteEvent.Parked.class)).singleElement().satisfies(e -> {
            assertThat(e.key()).isEqualTo("a");
            assertThat(e.reason()).isEqualTo("too large: split it");
        });
        assertThat(repository.reconciler().findParked("a")).isPresent();
    }

    @Test
    @Tag("DW-4")
    void anAnswerOfTheWrongFormIsAFailureOfTheFollowerOnly() throws Exception {
        List<ScriptedFollower.Script> malformed = List.of(
                (records, real) -> CompletableFuture.completedFuture(List.of()),
                (records, real) ->
                        CompletableFuture.completedFuture(List.of(ApplyResult.applied(), ApplyResult.applied())),
                ScriptedFollower.answers(nothing()),
                (records, real) -> CompletableFuture.completedFuture(nothing()),
                (records, real) -> nothing());
        DualWriteRepository<String, Sample> repository = rig.open();
        for (ScriptedFollower.Script script : malformed) {
            rig.follower.now(script);
            assertThat(repository.save(Sample.of("a", 1)).pendingReason()).contains(PendingReason.FAILED);
            assertThat(rig.pending()).isEqualTo(1);
        }

        rig.follower.now(ScriptedFollower.WORKS);
        assertThat(rig.drain().drained()).isTrue();
    }

    /** What a follower that is not checked for nulls may return. */
    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // breaks the SPI on purpose
    private static <T> T nothing() {
        return null;
    }

    @Test
    @Tag("DW-3")
    void aProcessThatDiesBetweenCommitAndApplyLeavesAWriteThatTheNextOneApplies() throws Exception {
        DualWriteRepository<String, Sample> dying =
                rig.open(rig.builder().secondaryMode(SecondaryMode.ASYNCHRONOUS).executor(task -> {}));
        dying.save(Sample.of("a", 1));
        dying.save(Sample.of("a", 2));
        dying.save(Sample.of("b", 1));
        dying.delete("b");
        assertThat(rig.follower.applyCalls).hasValue(0);

        assertThat(rig.drain().drained()).isTrue();

        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
        assertThat(rig.pending()).isZero();
    }

    @Test
    @Tag("DW-1")
    void aProcessThatDiesBeforeTheConfirmCostsOneIdempotentApply() throws Exception {
        DualWriteRepository<String, Sample> dying =
                rig.open(rig.builder(context -> new UnconfirmingAuthority(rig.primary.openAuthority(context))));
        assertThat(dying.save(Sample.of("a", 1)).secondaryApplied()).isTrue();
        assertThat(rig.pending()).isEqualTo(1);

        assertThat(rig.drain().superseded()).isEqualTo(1);

        assertThat(rig.pending()).isZero();
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    @Test
    @Tag("DW-6")
    void aConfirmThatFailsIsAnEventAndHarmsNothing() throws Exception {
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new UnconfirmingAuthority(rig.primary.openAuthority(context))));

        assertThat(repository.save(Sample.of("a", 1)).secondaryApplied()).isTrue();

        eventually(() ->
                assertThat(rig.events.of(DualWriteEvent.ConfirmFailed.class)).isNotEmpty());
    }

    private void assertLeftPendingThenReconciled(DualWriteRepository<String, Sample> repository, PendingReason reason)
            throws Exception {
        WriteResult<String, Sample> result = repository.save(Sample.of("a", 1));

        assertThat(result.secondaryApplied()).isFalse();
        assertThat(result.pendingReason()).contains(reason);
        assertThat(rig.primary.records()).containsEntry("a", Sample.of("a", 1));
        assertThat(rig.pending()).isEqualTo(1);
        assertThat(rig.events.of(DualWriteEvent.LeftPending.class))
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.key()).isEqualTo("a");
                    assertThat(e.version()).isEqualTo(result.version());
                    assertThat(e.reason()).isEqualTo(reason);
                });

        rig.follower.now(ScriptedFollower.WORKS);
        assertThat(rig.drain().drained()).isTrue();
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
        assertThat(rig.pending()).isZero();
    }
}
