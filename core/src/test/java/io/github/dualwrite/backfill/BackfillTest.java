package io.github.dualwrite.backfill;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.SimulatedRepositories;
import io.github.dualwrite.backfill.BackfillRig.Step;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.internal.RealMachine;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.SplitProgress;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BackfillTest {

    private static final int ROWS = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final BackfillRig rig = new BackfillRig();
    private final BackfillRig.Node process = rig.process();

    @AfterEach
    void close() {
        rig.close();
    }

    private BackfillReport run(BackfillSettings.Builder<Sample> settings) throws InterruptedException {
        return process.repository.backfill(settings.build()).run(PATIENCE);
    }

    @Test
    void copiesWhatWasThereAndLeavesWhatTheFollowerHas() throws Exception {
        rig.before(500);
        process.repository.save(Sample.of("k3", 1_000));
        process.repository.delete("k4");

        BackfillReport report = run(BackfillRig.quickly().threads(4).splits(7));

        assertThat(rig.onFollower()).isEqualTo(rig.primary.records()).hasSize(499);
        assertThat(report.complete()).isTrue();
        assertThat(report.state()).isEqualTo(JobState.RUNNING);
        assertThat(report.splitsDone()).isEqualTo(report.splits()).isEqualTo(7);
        assertThat(report.read()).isEqualTo(499);
        assertThat(report.applied()).isEqualTo(498);
        assertThat(report.skipped()).isEqualTo(1);
        assertThat(report.failed() + report.failuresLeft()).isZero();
        assertThat(report.bytes()).isPositive();
        assertThat(report.duration()).isPositive();
        assertThat(report.warnings()).isEmpty();
        assertThat(process.events.of(DualWriteEvent.BackfillBegan.class))
                .containsExactly(new DualWriteEvent.BackfillBegan(BackfillRig.NAME, BackfillSettings.JOB, 7, 0, 499));
        assertThat(process.events.of(DualWriteEvent.BackfillSplitDone.class)).hasSize(7);
        assertThat(process.events.of(DualWriteEvent.BackfillEnded.class))
                .singleElement()
                .matches(DualWriteEvent.BackfillEnded::complete)
                .matches(e -> e.rows() == 499 && e.error() == null);
        assertThat(process.backfill().report().orElseThrow().complete()).isTrue();
    }

    /** What runs it until it is complete would never end. */
    @Test
    void aClosedRepositoryRunsNone() {
        Backfill<String, Sample> backfill = process.backfill();
        process.repository.close();

        for (ThrowingCallable run :
                List.<ThrowingCallable>of(() -> backfill.run(PATIENCE), backfill::dryRun, backfill::retryFailures)) {
            assertThatIllegalStateException().isThrownBy(run).withMessageContaining("is closed");
        }
    }

    @Test
    void anEmptyStoreIsCompleteAtOnceAndADoneJobIsNotDoneAgain() throws Exception {
        assertThat(process.backfill().run(PATIENCE).complete()).isTrue();
        rig.before(3);

        assertThat(process.backfill().run(PATIENCE).read()).isZero();
        assertThat(process.backfill().remove()).isTrue();
        assertThat(process.backfill().remove()).isFalse();
        assertThat(process.events.of(DualWriteEvent.BackfillStateChanged.class))
                .singleElement()
                .matches(e -> e.state().equals("REMOVED"));
        assertThat(process.backfill().run(PATIENCE).read()).isEqualTo(3);
    }

    @Test
    @Tag("DW-6")
    void aRecordThatCannotBeStoredIsKeptAndTheRestGoesOn() throws Exception {
        rig.before(ROWS);
        process.follower(record -> record.key().equals("k7") ? ApplyResult.permanentFailure("too large", null) : null);

        Backfill<String, Sample> backfill = process.backfill();
        BackfillReport report = backfill.run(PATIENCE);

        assertThat(rig.onFollower()).hasSize(ROWS - 1).doesNotContainKey("k7");
        assertThat(report.complete()).isFalse();
        assertThat(report.splitsDone()).isEqualTo(report.splits());
        assertThat(report.failed()).isEqualTo(1);
        assertThat(report.failuresLeft()).isEqualTo(1);
        assertThat(report.read()).isEqualTo(ROWS);
        assertThat(report.applied()).isEqualTo(ROWS - 1);
        assertThat(backfill.failures(0, 10)).extracting(JobFailure::key).containsExactly("k7");
        assertThat(backfill.failures(0, 10)).extracting(JobFailure::reason).containsExactly("too large");
        assertThat(process.events.of(DualWriteEvent.BackfillRecordFailed.class))
                .extracting(DualWriteEvent.BackfillRecordFailed::key)
                .containsExactly("k7");

        assertThat(backfill.retryFailures().failuresLeft()).as("it fails again").isEqualTo(1);
        process.follower(null);
        BackfillReport retried = backfill.retryFailures();

        assertThat(retried.complete()).isTrue();
        assertThat(process.events.of(DualWriteEvent.BackfillBegan.class))
                .as("each trial begins and ends, as a run does")
                .hasSize(3);
        assertThat(process.events.of(DualWriteEvent.BackfillEnded.class))
                .extracting(DualWriteEvent.BackfillEnded::failures)
                .containsExactly(1L, 1L, 0L);
        assertThat(retried.failed()).as("that it failed once is history").isEqualTo(1);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    @Tag("DW-6")
    void whatFailedAndWasWrittenOrDeletedMeanwhileIsSettledByATrialToo() throws Exception {
        rig.before(ROWS);
        process.follower(record ->
                List.of("k7", "k8").contains(record.key()) ? ApplyResult.permanentFailure("too large", null) : null);
        process.backfill().run(PATIENCE);
        process.repository.save(Sample.of("k7", 1_000));
        process.repository.delete("k8");

        process.follower(record -> record.key().equals("k8") ? ApplyResult.permanentFailure("?", null) : null);
        assertThat(process.backfill().retryFailures().complete()).isTrue();

        assertThat(rig.onFollower()).isEqualTo(rig.primary.records()).containsEntry("k7", Sample.of("k7", 1_000));
    }

    @Test
    @Tag("DW-6")
    void aFailureIsGivenUpWithAReasonOnly() throws Exception {
        rig.before(ROWS);
        process.follower(record -> record.key().equals("k7") ? ApplyResult.permanentFailure("too large", null) : null);
        Backfill<String, Sample> backfill = process.backfill();
        backfill.run(PATIENCE);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> backfill.discardFailure("k7", " "))
                .withMessageContaining("k7");
        assertThat(backfill.discardFailure("k8", "no failure")).isFalse();
        assertThat(process.events.of(DualWriteEvent.BackfillRecordDiscarded.class))
                .as("what is not noted is not given up")
                .isEmpty();
        assertThat(backfill.discardFailure("k7", "test data")).isTrue();
        assertThat(backfill.discardFailure("k7", "again")).isFalse();

        assertThat(backfill.report().orElseThrow().complete()).isTrue();
        assertThat(process.events.of(DualWriteEvent.BackfillRecordDiscarded.class))
                .containsExactly(new DualWriteEvent.BackfillRecordDiscarded(
                        BackfillRig.NAME, BackfillSettings.JOB, "k7", "test data", 0));
    }

    @Test
    @Tag("DW-6")
    void anUnreadableRowIsKeptAsAFailureWithItsSplit() throws Exception {
        rig.before(ROWS);
        process.pages(BackfillTest::withUnreadableK9);

        BackfillReport report = process.backfill().run(PATIENCE);

        assertThat(report.complete()).isFalse();
        assertThat(report.read()).isEqualTo(ROWS);
        assertThat(process.backfill().failures(0, 10))
                .containsExactly(new JobFailure(0, "k9", "column number holds no number"));
        assertThat(rig.onFollower()).hasSize(ROWS - 1);
        process.pages(page -> page);
        assertThat(process.backfill().retryFailures().complete()).isTrue();
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    /** As adapters do whose text of a key is not the one that a readable key has. */
    @Test
    @Tag("DW-6")
    void anUnreadableRowUnderAnotherTextIsCopiedWhenItIsMendedAndNotForgotten() throws Exception {
        rig.before(ROWS);
        process.pages(page -> withUnreadableK9(page, "raw|k9"));
        process.backfill().run(PATIENCE);
        assertThat(process.backfill().failures(0, 10))
                .extracting(JobFailure::key)
                .containsExactly("raw|k9");
        process.pages(page -> page);

        process.follower(record -> record.key().equals("k9") ? ApplyResult.permanentFailure("too large", null) : null);
        BackfillReport rejected = process.backfill().retryFailures();

        assertThat(rejected.complete()).isFalse();
        assertThat(process.backfill().failures(0, 10))
                .as("as it fails now, and once")
                .containsExactly(new JobFailure(0, "k9", "too large"));
        assertThat(process.events.of(DualWriteEvent.BackfillRecordFailed.class))
                .extracting(DualWriteEvent.BackfillRecordFailed::key)
                .containsExactly("raw|k9", "k9");

        process.follower(null);
        BackfillReport retried = process.backfill().retryFailures();

        assertThat(retried.complete()).isTrue();
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    @Tag("DW-7")
    void aTrialThatEndsInTheMiddleOfASplitForgetsNothing() throws Exception {
        rig.before(ROWS);
        process.pages(page -> withUnreadableK9(page, "raw|k9"));
        process.backfill().run(PATIENCE);
        process.pages(page -> page);
        process.at((step, keys) -> {
            if (step == Step.BEFORE_STORE) {
                process.repository.close();
            }
        });

        process.backfill().retryFailures();

        assertThat(rig.process().backfill().failures(0, 10))
                .extracting(JobFailure::key)
                .containsExactly("raw|k9");
    }

    @Test
    @Tag("DW-6")
    void whereMoreFailAgainThanFitIntoMemoryNothingIsForgottenAndThatIsTold() throws Exception {
        int many = 100_001;
        rig.before(many);
        Backfill<String, Sample> backfill = process.repository.backfill(
                BackfillRig.quickly().splits(1).pageSize(10_000).build());
        process.follower(record -> ApplyResult.permanentFailure("too large", null));
        process.pages(page -> withUnreadableK9(page, "raw|k9"));
        assertThat(backfill.run(PATIENCE).failuresLeft()).isEqualTo(many);
        process.pages(page -> page);

        BackfillReport report = backfill.retryFailures();

        assertThat(report.failuresLeft()).as("k9 under both texts").isEqualTo(many + 1);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("more than 100000 records fail again", "split 0", "try again");
        process.follower(null);
        assertThat(backfill.retryFailures().complete()).isTrue();
    }

    private static ScanPage<String, Sample> withUnreadableK9(ScanPage<String, Sample> page) {
        return withUnreadableK9(page, "k9");
    }

    private static ScanPage<String, Sample> withUnreadableK9(ScanPage<String, Sample> page, String text) {
        List<ScanPage.Scanned<String, Sample>> readable = page.records().stream()
                .filter(found -> !found.key().equals("k9"))
                .toList();
        return readable.size() == page.records().size()
                ? page
                : new ScanPage<>(
                        readable,
                        List.of(new ScanPage.Unreadable(text, "column number holds no number")),
                        page.bytes(),
                        page.next());
    }

    @Test
    void aFilterLeavesRecordsOutAndOneThatThrowsIsAFailure() throws Exception {
        rig.before(ROWS);

        BackfillReport report = run(BackfillRig.quickly().filter("even", sample -> {
            if (sample.number() == 5) {
                throw new IllegalStateException("odd number 5");
            }
            return sample.number() % 2 == 0;
        }));

        assertThat(rig.onFollower()).hasSize(ROWS / 2);
        assertThat(report.applied()).isEqualTo(ROWS / 2);
        assertThat(report.skipped()).isZero();
        assertThat(report.filtered()).isEqualTo(ROWS / 2 - 1);
        assertThat(report.failuresLeft()).isEqualTo(1);
        assertThat(process.repository
                        .backfill(BackfillRig.quickly()
                                .filter("even", sample -> true)
                                .build())
                        .failures(0, 10))
                .singleElement()
                .satisfies(failure -> assertThat(failure.reason())
                        .contains("filter 'even'", "IllegalStateException")
                        .doesNotContain("number 5"));
    }

    @Test
    void transientFailuresAreRepeated() throws Exception {
        rig.before(ROWS);
        AtomicInteger calls = new AtomicInteger();
        process.follower(
                record -> calls.incrementAndGet() % 3 == 0 ? ApplyResult.transientFailure("throttled", null) : null);

        BackfillReport report = process.backfill().run(PATIENCE);

        assertThat(report.complete()).isTrue();
        assertThat(report.applied()).isEqualTo(ROWS);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    void aFollowerThatHangsIsAskedForLessAndThenForMoreAgain() throws Exception {
        rig.before(ROWS);
        process.hanging.set(2);

        BackfillReport report = run(BackfillRig.quickly().splits(1).pageSize(16).batchTimeout(Duration.ofMillis(200)));

        assertThat(report.complete()).isTrue();
        assertThat(report.applied()).isEqualTo(ROWS);
        assertThat(process.sizes).startsWith(16, 8, 4, 8);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    /** Some records of each call run out of time, as single requests do that wait behind others. */
    @Test
    void aFollowerThatTakesOnlyAPartOfEachCallIsAskedForLessAndThenForMoreAgain() throws Exception {
        rig.before(400);
        AtomicBoolean overloaded = new AtomicBoolean(true);
        AtomicInteger inThisCall = new AtomicInteger();
        process.at((step, keys) -> {
            if (step == Step.BEFORE_STORE) {
                inThisCall.set(0);
                overloaded.set(process.sizes.size() < 8);
            }
        });
        process.follower(record -> overloaded.get() && inThisCall.incrementAndGet() > 16
                ? ApplyResult.transientFailure("timed out", null)
                : null);

        BackfillReport report = run(BackfillRig.quickly().splits(1).pageSize(64));

        assertThat(report.complete()).isTrue();
        assertThat(report.applied()).isEqualTo(400);
        assertThat(process.sizes).startsWith(64, 32, 16, 16, 32, 16, 16, 16);
        assertThat(process.sizes)
                .filteredOn(size -> size == 64)
                .as("again when it can")
                .hasSizeGreaterThan(1);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    void warnsIfNobodyBringsPendingWritesToTheFollower() throws Exception {
        rig.pass(Duration.ofMinutes(-10));
        rig.process(builder -> builder.secondaryMode(SecondaryMode.ASYNCHRONOUS).executor(task -> {}))
                .repository
                .save(Sample.of("a", 1));

        assertThat(process.backfill().run(PATIENCE).warnings())
                .singleElement()
                .asString()
                .contains("pending since", "start a reconciler");
    }

    @Test
    @Tag("DW-6")
    @Tag("DW-7")
    void aFollowerThatGoesOnRefusingIsToldWithSplitKeyAndReasonAndTheStateIsKept() throws Exception {
        rig.before(ROWS);
        process.follower(record ->
                record.key().equals("k7") ? ApplyResult.transientFailure("write capacity exceeded", null) : null);

        BackfillReport report = process.backfill().run(Duration.ofSeconds(1));

        assertThat(report.complete()).isFalse();
        assertThat(report.failuresLeft()).as("it may be stored yet").isZero();
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("follower in memory", "key k7 of split ", "write capacity exceeded", "run again");
        List<DualWriteEvent.BackfillHeldUp> told = process.events.of(DualWriteEvent.BackfillHeldUp.class);
        assertThat(told).allMatch(e -> e.key().equals("k7") && e.reason().equals("write capacity exceeded"));
        assertThat(told).extracting(DualWriteEvent.BackfillHeldUp::attempts).startsWith(2, 4, 8);

        process.follower(null);
        BackfillReport mended = process.backfill().run(PATIENCE);
        assertThat(mended.complete()).isTrue();
        assertThat(mended.warnings()).isEmpty();
        assertThat(mended.read()).isEqualTo(ROWS);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    void aFollowerThatThrottlesMakesTheBackfillRestBeforeItReadsMore() throws Exception {
        rig.before(ROWS);
        AtomicInteger calls = new AtomicInteger();
        process.follower(record -> calls.incrementAndGet() <= 14 * 5
                ? ApplyResult.transientFailure("write capacity exceeded", null)
                : null);

        BackfillReport report = process.repository
                .backfill(BackfillRig.quickly()
                        .maxDelay(Duration.ofDays(1))
                        .maxBackoff(Duration.ofMillis(10))
                        .build())
                .run(Duration.ofSeconds(2));

        // doubled fourteen times, to more than the run has left
        assertThat(report.read()).as("the page that was throttled at the most").isLessThanOrEqualTo(5);
        assertThat(process.backfill().run(PATIENCE).complete()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLimitOfRowsOrBytesLetsOnePageThroughAndThenWaitsUntilItIsPaidFor(boolean rows) throws Exception {
        rig.before(ROWS);
        BackfillSettings.Builder<Sample> settings = BackfillRig.quickly();

        BackfillReport report = process.repository
                .backfill((rows ? settings.rowsPerSecond(0.001) : settings.bytesPerSecond(0.001)).build())
                .run(Duration.ofMillis(500));

        assertThat(report.complete()).isFalse();
        assertThat(report.read()).as("a page").isEqualTo(5);
        assertThat(process.backfill().run(PATIENCE).read()).isEqualTo(ROWS);
    }

    @Test
    void nothingIsCalledWhileTheBreakerIsOpen() throws Exception {
        rig.before(ROWS);
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("own");
        BackfillRig.Node guarded = rig.process(builder -> builder.circuitBreaker(breaker));
        breaker.transitionToForcedOpenState();

        BackfillReport meanwhile = guarded.backfill().run(Duration.ofMillis(300));
        assertThat(guarded.stored).isEmpty();
        assertThat(meanwhile.read()).isZero();
        assertThat(meanwhile.warnings()).singleElement().asString().contains("circuit breaker is open");
        breaker.transitionToClosedState();

        assertThat(guarded.backfill().run(PATIENCE).complete()).isTrue();
        assertThat(breaker.getMetrics().getNumberOfSuccessfulCalls()).isPositive();
    }

    @Test
    @Tag("DW-7")
    void anAuthorityThatGoesOnFailingEndsTheRunWithTheSplitAndTheStateIsKept() throws Exception {
        rig.before(ROWS);
        AtomicInteger pages = new AtomicInteger();
        process.pages(page -> {
            if (pages.incrementAndGet() > 5) {
                throw new MappingException("column text is gone");
            }
            return page;
        });

        assertThatThrownBy(() -> run(BackfillRig.quickly().attempts(3)))
                .isInstanceOf(BackfillException.class)
                .hasMessageContaining("repository 'rig'")
                .hasMessageContaining("split ")
                .hasMessageContaining("failed 3 times")
                .hasMessageContaining("column text is gone")
                .hasMessageContaining("run again");
        assertThat(process.backfill().report().orElseThrow().read()).isEqualTo(25);
        assertThat(process.events.of(DualWriteEvent.BackfillEnded.class))
                .singleElement()
                .matches(e -> e.error() instanceof BackfillException && !e.complete());

        process.pages(page -> page);
        assertThat(process.backfill().run(PATIENCE).read()).isEqualTo(ROWS);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    void oneProcessPausesResumesAndCancelsAll() throws Exception {
        rig.before(ROWS);
        Backfill<String, Sample> operator = rig.process().backfill();
        assertThat(operator.pause()).as("there is no job yet").isFalse();
        CountDownLatch paused = new CountDownLatch(1);
        AtomicInteger pages = new AtomicInteger();
        process.at((at, keys) -> {
            if (at == Step.AFTER_STORE && pages.incrementAndGet() == 3) {
                operator.pause();
                paused.countDown();
            }
            if (at == Step.AFTER_STORE && pages.get() == 6) {
                operator.cancel();
            }
        });

        CompletableFuture<BackfillReport> running = CompletableFuture.supplyAsync(() -> {
            try {
                return process.backfill().run(PATIENCE);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(paused.await(30, TimeUnit.SECONDS)).isTrue();
        eventually(() -> assertThat(operator.report().orElseThrow().read()).isEqualTo(15));
        assertThat(running).isNotDone();
        assertThat(operator.report().orElseThrow().state()).isEqualTo(JobState.PAUSED);
        assertThat(operator.resume()).isTrue();
        BackfillReport cancelled = running.get(30, TimeUnit.SECONDS);

        assertThat(cancelled.state()).isEqualTo(JobState.CANCELLED);
        assertThat(cancelled.read()).isEqualTo(30);
        assertThat(process.backfill().run(PATIENCE).read())
                .as("it stays cancelled")
                .isEqualTo(30);
        operator.resume();
        assertThat(process.backfill().run(PATIENCE).complete()).isTrue();
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    void aRunEndsAtItsDeadlineAndWithItsRepositoryAndGivesItsSplitsBack() throws Exception {
        rig.before(ROWS);
        BackfillSettings<Sample> slow = BackfillRig.quickly().rowsPerSecond(1).build();

        assertThat(process.repository.backfill(slow).run(Duration.ofMillis(200)).complete())
                .isFalse();
        BackfillRig.Node closed = rig.process();
        closed.at((at, keys) -> {
            if (at == Step.AFTER_STORE) {
                closed.repository.close();
            }
        });
        assertThat(closed.backfill().run(PATIENCE).complete()).isFalse();

        assertThat(process.backfill().run(PATIENCE).complete()).isTrue();
    }

    @Test
    void progressTellsRowsEstimateSpeedAndSplits() throws Exception {
        rig.before(ROWS);
        Backfill<String, Sample> backfill = process.backfill();
        assertThat(backfill.progress()).isEmpty();
        process.at((at, keys) -> {
            if (at == Step.AFTER_CHECKPOINT && process.stored.size() >= 30) {
                // until it was measured once, which is each second
                eventually(() -> assertThat(process.events.of(DualWriteEvent.BackfillProgressed.class))
                        .isNotEmpty());
            }
        });

        backfill.run(PATIENCE);

        DualWriteEvent.BackfillProgressed first =
                process.events.of(DualWriteEvent.BackfillProgressed.class).get(0);
        assertThat(first.rows()).isBetween(30L, 60L);
        assertThat(first.totalRows()).isEqualTo(ROWS);
        assertThat(first.rowsPerSecond()).isPositive();
        assertThat(first.bytesPerSecond()).isPositive();
        assertThat(first.remaining()).isNotNull();
        assertThat(first.splits()).isEqualTo(4);
        BackfillProgress now = backfill.progress().orElseThrow();
        assertThat(now.rowsDone()).isEqualTo(ROWS);
        assertThat(now.rowsTotal()).hasValue(ROWS);
        assertThat(now.totalEstimated()).isFalse();
        assertThat(now.remaining()).contains(Duration.ZERO);
        assertThat(now.splitsDone()).isEqualTo(4);
        assertThat(now.applied()).isEqualTo(ROWS);
        assertThat(now.splits())
                .hasSize(4)
                .allSatisfy(split -> assertThat(split.state()).isEqualTo(SplitProgress.State.DONE));
        assertThat(now.splits().stream().mapToLong(SplitProgress::read).sum()).isEqualTo(ROWS);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-15, 0.01, Double.MIN_VALUE})
    void aCopyThatHardlyMovesHasNoRemainingTime(double rowsPerSecond) throws Exception {
        rig.before(ROWS);
        Backfill<String, Sample> backfill = process.backfill();
        backfill.run(Duration.ZERO);
        Job job = rig.jobs().find(BackfillSettings.JOB).orElseThrow();

        backfill.measured(new Backfill.Rate(rowsPerSecond, 1));
        assertThat(backfill.progressOf(job).remaining()).isEmpty();

        backfill.measured(new Backfill.Rate(1, 1));
        assertThat(backfill.progressOf(job).remaining()).contains(Duration.ofSeconds(ROWS));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itGivesWayToLiveWritesOfItsRepositoryIfItIsTo(boolean giveWay) throws Exception {
        rig.before(ROWS);
        process.at((at, keys) -> {
            if (at == Step.BEFORE_STORE) {
                process.repository.save(Sample.of("live", 1));
            }
        });
        Backfill<String, Sample> backfill = process.repository.backfill(
                BackfillRig.quickly().giveWay(giveWay).build());

        BackfillReport report = backfill.run(PATIENCE);

        assertThat(report.complete()).isTrue();
        assertThat(backfill.progress().orElseThrow().allowedPerSecond())
                .isEqualTo(giveWay ? 2_000 : Double.POSITIVE_INFINITY);
    }

    @Test
    void aDryRunWithoutLimitsTellsHowLongReadingTakes() throws Exception {
        rig.before(ROWS);
        process.pages(page -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            return page;
        });

        BackfillPlan plan = process.backfill().dryRun();

        // each page of 5 rows takes 20 ms at the least
        assertThat(plan.estimatedDuration().orElseThrow())
                .isBetween(Duration.ofMillis(ROWS / 5 * 20L), Duration.ofMinutes(1));
    }

    @Test
    void aDryRunWritesNothing() throws Exception {
        rig.before(ROWS);

        BackfillPlan plan = process.repository
                .backfill(BackfillRig.quickly()
                        .rowsPerSecond(20)
                        .filter("even", sample -> sample.number() % 2 == 0)
                        .build())
                .dryRun();

        assertThat(plan.estimatedRows()).hasValue(ROWS);
        assertThat(plan.splits()).isEqualTo(4);
        assertThat(plan.sampledRows()).isEqualTo(20);
        assertThat(plan.sampledKept()).isEqualTo(10);
        assertThat(plan.sampledBytes()).isPositive();
        assertThat(plan.estimatedBytes().orElseThrow()).isGreaterThan(plan.sampledBytes());
        assertThat(plan.estimatedDuration()).contains(Duration.ofSeconds(3));
        assertThat(rig.onFollower()).isEmpty();
        assertThat(rig.jobs().find(BackfillSettings.JOB)).isEmpty();
    }

    @Test // TRAPS 32
    void warnsIfNotEveryWriterIsKnownToBeCaptured() throws Exception {
        BackfillReport unknown = process.repository.backfill().run(PATIENCE);
        BackfillReport not = run(BackfillRig.quickly().writesCaptured(() -> false));

        assertThat(unknown.warnings()).singleElement().asString().contains("not known", "writesCaptured");
        assertThat(not.warnings()).singleElement().asString().contains("not every writer", "install the capture");
        assertThat(process.events.of(DualWriteEvent.BackfillWarned.class)).hasSize(2);
    }

    @Test
    void aJobOfSomethingElseIsRefusedWithBothNamed() throws Exception {
        process.backfill().run(PATIENCE);

        Backfill<String, Sample> filtered = process.repository.backfill(
                BackfillRig.quickly().filter("even", sample -> true).build());

        assertThatThrownBy(() -> filtered.run(PATIENCE))
                .isInstanceOf(BackfillException.class)
                .hasMessageContaining("begun for repository 'rig' from authority in memory to follower in memory;")
                .hasMessageContaining("this one is for repository 'rig' from authority in memory to follower in memory"
                        + " filter 'even'")
                .hasMessageContaining("BackfillSettings.job");
        assertThatThrownBy(filtered::pause).isInstanceOf(BackfillException.class);
        assertThatThrownBy(() -> filtered.failures(0, 1)).isInstanceOf(BackfillException.class);
    }

    @Test
    void aStoreThatCannotDoItsPartIsRefusedWithWhatIsMissing() {
        InMemoryStore<String, Sample> data = InMemoryStore.keyedBy(Sample::id);
        try (DualWriteRepository<String, Sample> poor = DualWriteRepository.builder(
                        "poor",
                        context -> new ForwardingAuthority(data.openAuthority(context)) {
                            @Override
                            public Optional<RecordScan<String, Sample>> scan() {
                                return Optional.empty();
                            }
                        },
                        data)
                .build()) {
            assertThatThrownBy(poor::backfill)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("repository 'poor'")
                    .hasMessageContaining("authority in memory")
                    .hasMessageContaining("cannot be scanned");
        }
        try (DualWriteRepository<String, Sample> poor = DualWriteRepository.builder(
                        "poor", data, new ScriptedFollower(data))
                .build()) {
            assertThatThrownBy(poor::backfill)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("scripted follower")
                    .hasMessageContaining("cannot take a baseline");
        }
    }

    @Test
    void whenItIsCompleteReadsBelieveTheFollowerThatThereIsNoRecord() throws Exception {
        rig.before(ROWS);
        BackfillRig.Node reading = rig.process(builder -> builder.readRoute(ReadRoute.secondary()));
        assertThat(reading.repository.read("k1")).contains(Sample.of("k1", 1));
        assertThat(reading.repository.read("nobody")).isEmpty();
        assertThat(reading.events.of(DualWriteEvent.ReadFallback.class)).hasSize(2);

        process.follower(record -> record.key().equals("k7") ? ApplyResult.permanentFailure("too large", null) : null);
        process.backfill().run(PATIENCE);
        assertThat(reading.repository.read("k7")).as("not complete").contains(Sample.of("k7", 7));
        process.follower(null);
        process.backfill().retryFailures();

        eventually(() -> {
            reading.events.forget();
            assertThat(reading.repository.read("nobody")).isEmpty();
            assertThat(reading.events.of(DualWriteEvent.ReadFallback.class)).isEmpty();
        });
        BackfillRig.Node told =
                rig.process(builder -> builder.readRoute(ReadRoute.secondary()).backfillComplete(() -> false));
        told.repository.read("nobody");
        assertThat(told.events.of(DualWriteEvent.ReadFallback.class))
                .as("what the application says wins")
                .hasSize(1);
    }

    /** A person removes the job on another instance, because the secondary is lost, while nobody reads here. */
    @Test
    @Tag("DW-5")
    void thatItWasCompleteOnceIsNotBelievedByTheFirstReadAfterAPause() throws Exception {
        rig.before(ROWS);
        process.backfill().run(PATIENCE);
        AtomicLong later = new AtomicLong();
        try (DualWriteRepository<String, Sample> reading = SimulatedRepositories.build(
                DualWriteRepository.builder(BackfillRig.NAME, rig.primary, rig.secondary)
                        .readRoute(ReadRoute.secondary())
                        .reconcileInBackground(false),
                machine(later),
                100)) {
            eventually(() -> assertThat(reading.watch().backfillComplete()).isTrue());

            process.backfill().remove();
            loseOnTheSecondary("k1");
            later.set(Duration.ofHours(1).toNanos());

            assertThat(reading.read("k1")).contains(Sample.of("k1", 1));
        }
    }

    @Test
    void thatItWasCompleteOnceIsEnoughForAShadowToCallARecordMissing() throws Exception {
        rig.before(ROWS);
        process.backfill().run(PATIENCE);
        AtomicLong later = new AtomicLong();
        try (DualWriteRepository<String, Sample> reading = SimulatedRepositories.build(
                DualWriteRepository.builder(BackfillRig.NAME, rig.primary, rig.secondary)
                        .readRoute(ReadRoute.parse("primary shadow 100%"))
                        .shadowSettings(ShadowSettings.builder()
                                .recheckDelay(Duration.ofMillis(1))
                                .build())
                        .reconcileInBackground(false),
                machine(later),
                100)) {
            eventually(() -> assertThat(reading.watch().backfillComplete()).isTrue());
            loseOnTheSecondary("k1");
            later.set(Duration.ofHours(1).toNanos());

            reading.read("k1");

            eventually(
                    () -> assertThat(reading.readStatistics().shadowResults()).containsEntry(ShadowResult.MISSING, 1L));
        }
    }

    private static Machine machine(AtomicLong later) {
        Machine real = new RealMachine();
        return BackfillRig.forwarding(
                Machine.class,
                (method, arguments) -> method.getName().equals("nanos")
                        ? real.nanos() + later.get()
                        : BackfillRig.call(method, real, arguments));
    }

    private void loseOnTheSecondary(String key) {
        rig.secondary
                .openFollower(new StoreContext(BackfillRig.NAME, Duration.ZERO))
                .apply(List.of(new VersionedRecord<>(key, Long.MAX_VALUE - 1, null)))
                .join();
    }

    @Test
    void aFilteredJobNeverMakesReadsBelieveTheFollower() throws Exception {
        rig.before(ROWS);
        BackfillRig.Node reading = rig.process(builder -> builder.readRoute(ReadRoute.secondary()));
        assertThat(reading.repository
                        .backfill(BackfillRig.quickly()
                                .filter("none", sample -> false)
                                .build())
                        .run(PATIENCE)
                        .complete())
                .isTrue();

        assertThat(reading.repository.read("k1")).contains(Sample.of("k1", 1));
    }

    @Test
    void anInterruptedRunGivesItsSplitsBack() throws Exception {
        rig.before(ROWS);
        Thread caller = Thread.currentThread();
        AtomicInteger pages = new AtomicInteger();
        process.at((at, keys) -> {
            if (at == Step.AFTER_STORE && pages.incrementAndGet() == 3) {
                caller.interrupt();
            }
        });

        assertThatThrownBy(() -> run(BackfillRig.quickly().rowsPerSecond(100)))
                .isInstanceOf(InterruptedException.class);

        assertThat(rig.process().backfill().run(PATIENCE).complete()).isTrue();
    }

    /** Without a deadline, so that only the end of the last split can end it. */
    @Test
    void aThreadThatFindsNoSplitDoesNotHoldUpTheEndOfTheRun() throws Exception {
        rig.before(ROWS);
        process.at((at, keys) -> {
            if (at == Step.BEFORE_STORE) {
                Thread self = Thread.currentThread();
                eventually(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .as("the other thread waits for a split")
                        .anyMatch(thread -> thread != self
                                && thread.getName().startsWith("dualwrite-backfill-")
                                && thread.getState() == Thread.State.TIMED_WAITING));
            }
        });

        BackfillReport report = process.repository
                .backfill(BackfillRig.quickly()
                        .splits(1)
                        .threads(2)
                        .pollInterval(Duration.ofHours(1))
                        .build())
                .run();

        assertThat(report.complete()).isTrue();
    }

    @Test
    void noThreadIsLeft() throws InterruptedException, ExecutionException {
        rig.before(ROWS);
        run(BackfillRig.quickly().threads(3));

        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("dualwrite-backfill-"));
    }
}
