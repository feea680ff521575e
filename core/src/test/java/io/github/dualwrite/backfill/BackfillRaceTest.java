package io.github.dualwrite.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.backfill.BackfillRig.Step;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.SplitProgress;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Kills, leases, and live writes of keys that are being copied. */
@Timeout(60)
class BackfillRaceTest {

    private static final int ROWS = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final BackfillRig rig = new BackfillRig();

    @AfterEach
    void close() {
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    @Tag("DW-7")
    void aKillAtAnyStepOfAPageRepeatsThatPageAtTheMost(Step step) throws Exception {
        rig.before(ROWS);
        BackfillRig.Node first = rig.process();
        AtomicInteger seen = new AtomicInteger();
        first.at((at, keys) -> {
            if (at == step && seen.incrementAndGet() == 5) {
                first.kill();
            }
        });
        assertThatThrownBy(() -> first.backfill().run(PATIENCE)).isInstanceOf(Throwable.class);
        rig.pass(BackfillRig.LEASE.plusSeconds(1));

        BackfillRig.Node second = rig.process();
        BackfillReport report = second.backfill().run(PATIENCE);

        assertThat(report.complete()).isTrue();
        assertThat(report.read()).as("nothing counts twice").isEqualTo(ROWS);
        assertThat(report.applied() + report.skipped()).isEqualTo(ROWS);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
        assertThat(first.stored.size() + second.stored.size())
                .as("at most one page twice")
                .isBetween(ROWS, ROWS + 5);
        assertThat(first.stored).as("a split was under way").isNotEmpty();
    }

    @Test
    @Tag("DW-7")
    void whatADeadProcessHeldIsFreeWhenItsLeaseEndsAndNotBefore() throws Exception {
        rig.before(ROWS);
        BackfillRig.Node first = rig.process();
        first.at((at, keys) -> {
            if (at == Step.AFTER_STORE) {
                first.kill();
            }
        });
        assertThatThrownBy(() -> first.backfill().run(PATIENCE)).isInstanceOf(Throwable.class);

        BackfillReport early = rig.process().backfill().run(Duration.ofMillis(500));
        rig.pass(BackfillRig.LEASE.plusSeconds(1));
        BackfillReport later = rig.process().backfill().run(PATIENCE);

        assertThat(early.complete()).isFalse();
        assertThat(early.splitsDone()).isLessThan(early.splits());
        assertThat(later.complete()).isTrue();
    }

    @Test
    @Tag("DW-7")
    void twoProcessesShareTheWorkAndCopyEachRecordOnce() throws Exception {
        rig.before(400);
        BackfillRig.Node one = rig.process();
        BackfillRig.Node two = rig.process();
        BackfillSettings<Sample> settings =
                BackfillRig.quickly().threads(1).splits(8).build();
        CountDownLatch both = new CountDownLatch(2);
        for (BackfillRig.Node process : List.of(one, two)) { // neither may finish before the other has begun
            AtomicBoolean met = new AtomicBoolean();
            process.at((at, keys) -> {
                if (at == Step.AFTER_READ && !met.getAndSet(true)) {
                    both.countDown();
                    await(both);
                }
            });
        }

        CompletableFuture<BackfillReport> beside = CompletableFuture.supplyAsync(() -> run(two, settings));
        BackfillReport report = run(one, settings);

        assertThat(beside.get(30, TimeUnit.SECONDS).complete()).isTrue();
        assertThat(report.complete()).isTrue();
        assertThat(report.read()).isEqualTo(400);
        assertThat(report.applied()).isEqualTo(400);
        assertThat(one.stored).isNotEmpty();
        assertThat(two.stored).isNotEmpty();
        assertThat(Stream.concat(one.stored.stream(), two.stored.stream()))
                .doesNotHaveDuplicates()
                .hasSize(400);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    private static BackfillReport run(BackfillRig.Node process, BackfillSettings<Sample> settings) {
        try {
            return process.repository.backfill(settings).run(PATIENCE);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Tag("DW-5")
    void aRunDoesNotJoinTheJobThatIsBegunForSomethingElseUnderItsName() throws Exception {
        rig.before(ROWS);
        JobStore jobs = rig.jobs();
        BackfillRig.Node filtered = rig.process();
        BackfillRig.Node whole = rig.process();
        begunAnewAt(Step.BEFORE_STORE, filtered, whole, () -> {});

        assertThatThrownBy(() -> filtered.repository.backfill(some()).run(PATIENCE))
                .isInstanceOf(BackfillException.class)
                .hasMessageContaining("for something else");

        assertThat(jobs.find(BackfillSettings.JOB).orElseThrow().splits()).noneMatch(SplitProgress::done);
        assertThat(whole.backfill().run(PATIENCE).read()).isEqualTo(ROWS);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    @Tag("DW-5")
    void aTrialForgetsNoFailuresOfTheJobThatIsBegunForSomethingElseUnderItsName() throws Exception {
        rig.before(ROWS);
        JobStore jobs = rig.jobs();
        BackfillRig.Node filtered = rig.process();
        BackfillRig.Node whole = rig.process();
        filtered.follower(record -> ApplyResult.permanentFailure("too large", null));
        assertThat(filtered.repository.backfill(some()).run(PATIENCE).failuresLeft())
                .isPositive();
        filtered.follower(null);
        List<JobFailure> theirs = List.of(new JobFailure(0, "k0", "too large"), new JobFailure(3, "k59", "too large"));
        begunAnewAt(
                Step.AFTER_STORE,
                filtered,
                whole,
                () -> jobs.noteFailures(jobs.find(BackfillSettings.JOB).orElseThrow(), theirs));

        assertThatThrownBy(() -> filtered.repository.backfill(some()).retryFailures())
                .isInstanceOf(BackfillException.class)
                .hasMessageContaining("for something else");

        assertThat(jobs.failures(BackfillSettings.JOB, 0, 10)).isEqualTo(theirs);
    }

    private static BackfillSettings<Sample> some() {
        return BackfillRig.quickly()
                .filter("some", sample -> sample.number() >= 50)
                .build();
    }

    /** When the process comes to that step for the first time, another one removes the job, begins its own, and goes on with this. */
    private static void begunAnewAt(Step step, BackfillRig.Node process, BackfillRig.Node other, Runnable then) {
        AtomicBoolean first = new AtomicBoolean(true);
        process.at((at, keys) -> {
            if (at == step && first.getAndSet(false)) {
                other.backfill().remove();
                begin(other);
                then.run();
            }
        });
    }

    /** Without working on it. */
    private static void begin(BackfillRig.Node process) {
        try {
            process.backfill().run(Duration.ZERO);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Tag("DW-7")
    void whoLosesItsLeaseStopsAtThatSplitAndCountsNothing() throws Exception {
        rig.before(ROWS);
        JobStore jobs = rig.jobs();
        BackfillRig.Node process = rig.process();
        AtomicBoolean first = new AtomicBoolean(true);
        List<SplitProgress> taken = new ArrayList<>();
        Lease others = Lease.of(Duration.ofDays(1));
        process.at((at, keys) -> {
            if (at == Step.BEFORE_CHECKPOINT && first.getAndSet(false)) {
                rig.pass(BackfillRig.LEASE.plusSeconds(1));
                taken.add(jobs.claim(jobs.find(BackfillSettings.JOB).orElseThrow(), others)
                        .orElseThrow());
            }
        });

        BackfillReport report = process.backfill().run(Duration.ofSeconds(2));

        assertThat(taken.get(0).read()).isZero();
        assertThat(report.splitsDone()).isEqualTo(3);
        assertThat(jobs.find(BackfillSettings.JOB).orElseThrow().splits()).contains(taken.get(0));
        jobs.release(BackfillSettings.JOB, taken.get(0).number(), others);
        assertThat(process.backfill().run(PATIENCE).read()).isEqualTo(ROWS);
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    @Test
    @Tag("DW-7")
    void aSlowPageDoesNotLoseItsLease() throws Exception {
        rig.before(ROWS);
        BackfillRig.Node process = rig.process();
        CountDownLatch beats = new CountDownLatch(3);
        AtomicBoolean first = new AtomicBoolean(true);
        process.at((at, keys) -> {
            if (at == Step.AFTER_CHECKPOINT) {
                beats.countDown();
            }
            if (at == Step.AFTER_READ && first.getAndSet(false)) {
                await(beats); // no page is finished meanwhile: these are heartbeats
            }
        });

        BackfillReport report = process.repository
                .backfill(BackfillRig.quickly().lease(Duration.ofMillis(60)).build())
                .run(PATIENCE);

        assertThat(report.complete()).isTrue();
        assertThat(report.read()).isEqualTo(ROWS);
    }

    private enum Change {
        UPDATE,
        DELETE,
        DELETE_AND_RE_CREATE,
        CREATE_AND_DELETE
    }

    static Stream<Arguments> aWriteOfAKeyThatIsBeingCopiedWins() {
        return Stream.of(Step.values())
                .flatMap(step -> Stream.of(Change.values())
                        .flatMap(change -> Stream.of(true, false).map(live -> Arguments.of(step, change, live))));
    }

    @ParameterizedTest
    @MethodSource
    @Tag("DW-2")
    @Tag("DW-3")
    void aWriteOfAKeyThatIsBeingCopiedWins(Step step, Change change, boolean live) throws Exception {
        rig.before(ROWS);
        BackfillRig.Node copying = rig.process();
        BackfillRig.Node writing = rig.process(builder -> live
                ? builder
                : builder.secondaryMode(SecondaryMode.ASYNCHRONOUS).executor(task -> {}));
        List<String> lastRead = new ArrayList<>();
        BiConsumer<Step, List<String>> write = (at, keys) -> {
            if (at == Step.AFTER_READ) {
                lastRead.clear();
                lastRead.addAll(keys);
            }
            if (at == step && !lastRead.isEmpty()) {
                apply(change, writing, lastRead.get(0));
                if (lastRead.size() > 1) { // and one beside it, so that the page has some of each kind
                    apply(change, writing, lastRead.get(1));
                }
                lastRead.clear();
            }
        };
        copying.at(write);

        BackfillReport report = copying.backfill().run(PATIENCE);
        rig.pass(Duration.ofMinutes(1)); // beyond the grace period
        assertThat(rig.process().repository.reconciler().drain(PATIENCE).drained())
                .isTrue();

        assertThat(report.complete()).isTrue();
        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }

    private static void apply(Change change, BackfillRig.Node writing, String key) {
        switch (change) {
            case UPDATE -> writing.repository.save(Sample.of(key, 1_000));
            case DELETE -> writing.repository.delete(key);
            case DELETE_AND_RE_CREATE -> {
                writing.repository.delete(key);
                writing.repository.create(Sample.of(key, 2_000));
            }
            case CREATE_AND_DELETE -> {
                writing.repository.save(Sample.of(key + "-new", 1));
                writing.repository.delete(key + "-new");
            }
        }
    }

    @Test
    @Tag("DW-3")
    void aParkedOlderWriteDoesNotKeepTheBaselineOutNorTheBaselineTheNewerWrite() throws Exception {
        rig.before(ROWS);
        BackfillRig.Node silent = rig.process(
                builder -> builder.secondaryMode(SecondaryMode.ASYNCHRONOUS).executor(task -> {}));
        silent.repository.save(Sample.of("k1", 500)); // pending, and read by the scan as it is

        rig.process().backfill().run(PATIENCE);
        assertThat(rig.onFollower()).containsEntry("k1", Sample.of("k1", 500));
        silent.repository.save(Sample.of("k1", 501));
        rig.pass(Duration.ofMinutes(1));
        rig.process().repository.reconciler().drain(PATIENCE);

        assertThat(rig.onFollower()).isEqualTo(rig.primary.records());
    }
}
