package io.github.dualwrite.verify;

import static io.github.dualwrite.verify.VerifyRig.byHand;
import static io.github.dualwrite.verify.VerifyRig.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RepairTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final VerifyRig rig = new VerifyRig();

    @AfterEach
    void close() {
        rig.close();
    }

    private static VerificationSettings.Builder<String, Sample> quickly() {
        return settings().recheckDelay(Duration.ofMillis(20)).rechecks(500);
    }

    private DualWriteRepository<String, Sample> damaged() {
        DualWriteRepository<String, Sample> repository = rig.seeded(200);
        repository.delete("k77");
        rig.confirmed();
        byHand(rig.secondary).save(new Sample("k3", "rogue", 4));
        byHand(rig.primary).save(Sample.of("never copied", 1));
        byHand(rig.secondary).save(Sample.of("put there", 1));
        byHand(rig.secondary).delete("k5");
        byHand(rig.secondary).save(Sample.of("k77", 77));
        return repository;
    }

    /** TRAPS 39: repair gets a new version, or a tombstone would hide it. */
    @Test
    @Tag("DW-2")
    void everyKindOfDifferenceIsHealed() throws Exception {
        DualWriteRepository<String, Sample> repository = damaged();
        Verification<String, Sample> verification =
                repository.verification(quickly().build());
        VerificationReport<String> report = verification.run();
        assertThat(report.differing()).isEqualTo(5);

        RepairReport<String> repair = verification.repair(report, PATIENCE);

        assertThat(repair.healed()).isTrue();
        assertThat(repair.reachedFollower()).isTrue();
        assertThat(repair.stored()).isEqualTo(3);
        assertThat(repair.removed()).isEqualTo(2);
        assertThat(repair.after().orElseThrow().compared())
                .as("exactly these keys")
                .isEqualTo(5);
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
        assertThat(verification.run().state()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(rig.events.of(DualWriteEvent.VerificationRepaired.class))
                .containsExactly(new DualWriteEvent.VerificationRepaired("rig", 5, 0));
    }

    @Test
    void aDryRunSaysWhatWouldBeDoneAndWritesNothing() throws Exception {
        DualWriteRepository<String, Sample> repository = damaged();
        Map<String, Sample> before = rig.secondary.records();
        Verification<String, Sample> verification =
                repository.verification(quickly().build());

        RepairReport<String> plan = verification.repairPlan(verification.run());

        assertThat(plan.dryRun()).isTrue();
        assertThat(plan.stored()).isEqualTo(3);
        assertThat(plan.removed()).isEqualTo(2);
        assertThat(plan.after()).isEmpty();
        assertThat(plan.healed()).isFalse();
        assertThat(rig.secondary.records()).isEqualTo(before);
        assertThat(rig.primary.pending("rig")).isZero();
    }

    @Test
    void aLiveWriteDuringTheRepairWins() throws Exception {
        DualWriteRepository<String, Sample> repository = damaged();
        Verification<String, Sample> verification =
                repository.verification(quickly().build());
        VerificationReport<String> report = verification.run();
        AtomicBoolean once = new AtomicBoolean();
        Sample live = new Sample("k3", "live", 100);
        rig.followerCalls = (method, arguments, real) -> {
            if (method.equals("apply") && once.compareAndSet(false, true)) {
                repository.save(live); // overtakes the repair that is about to be applied
            }
            return real.call();
        };

        RepairReport<String> repair = verification.repair(report, PATIENCE);

        assertThat(repair.healed()).isTrue();
        assertThat(rig.secondary.records()).containsEntry("k3", live).isEqualTo(rig.primary.records());
    }

    @Test
    void aRepairThatTheFollowerDoesNotTakeIsSaidNotToBeOne() throws Exception {
        DualWriteRepository<String, Sample> repository = damaged();
        Verification<String, Sample> verification =
                repository.verification(quickly().rechecks(1).build());
        VerificationReport<String> report = verification.run();
        rig.followerCalls = (method, arguments, real) -> method.equals("apply")
                ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                : real.call();

        RepairReport<String> repair = verification.repair(report, Duration.ofMillis(300));

        assertThat(repair.healed()).isFalse();
        assertThat(repair.reachedFollower()).isFalse();
        assertThat(repair.after().orElseThrow().inFlight()).isEqualTo(5);
        assertThat(rig.primary.pending("rig")).as("the reconciler goes on").isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"markPending", "readAll"})
    @Tag("DW-6")
    void aKeyThatCannotBeMarkedOrReadKeepsNoOtherFromBeingHealed(String broken) throws Exception {
        DualWriteRepository<String, Sample> repository = damaged();
        Verification<String, Sample> verification =
                repository.verification(quickly().build());
        VerificationReport<String> report = verification.run();
        rig.authorityCalls = (method, arguments, real) -> {
            if (method.equals(broken) && VerifyRig.keys(arguments).contains("k5")) {
                throw new PermanentStoreException(
                        new DualWriteException.Context("rig", Operation.READ, "a store", List.of("k5")),
                        "k5 is broken",
                        null);
            }
            return real.call();
        };

        RepairReport<String> repair = verification.repair(report, PATIENCE);

        assertThat(repair.healed()).isFalse();
        assertThat(repair.reachedFollower()).isFalse();
        assertThat(repair.stored() + repair.removed()).isEqualTo(4);
        assertThat(repair.skipped()).isEqualTo(1);
        rig.authorityCalls = VerifyRig.NONE;
        assertThat(verification.repairPlan(verification.run()).stored())
                .as("k5 alone, which was left alone")
                .isEqualTo(1);
        assertThat(rig.primary.pending("rig")).isZero();
        assertThat(rig.events.of(DualWriteEvent.VerificationRepaired.class))
                .containsExactly(new DualWriteEvent.VerificationRepaired("rig", 4, 1));
    }

    @Test
    void anAuthorityThatIsDownIsToldAsSuchAndNotAskedForEachKey() throws Exception {
        rig.seeded(100);
        List.copyOf(rig.secondary.records().keySet()).forEach(byHand(rig.secondary)::delete);
        Verification<String, Sample> verification =
                rig.open().verification(quickly().build());
        VerificationReport<String> report = verification.run();
        AtomicInteger asked = new AtomicInteger();
        rig.authorityCalls = (method, arguments, real) -> {
            asked.incrementAndGet();
            throw new IllegalStateException("down");
        };

        assertThatThrownBy(() -> verification.repair(report, PATIENCE)).hasMessage("down");
        assertThat(asked).hasValueLessThan(10);
    }

    @Test
    void aRepairMayTakeAsLongAsItLikes() throws Exception {
        DualWriteRepository<String, Sample> repository = damaged();
        Verification<String, Sample> verification =
                repository.verification(quickly().build());

        assertThat(verification
                        .repair(verification.run(), ChronoUnit.FOREVER.getDuration())
                        .healed())
                .isTrue();
    }

    @Test
    void keysInFlightAreLeftAlone() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(50);
        AtomicInteger applies = new AtomicInteger();
        rig.followerCalls = (method, arguments, real) -> {
            applies.addAndGet(method.equals("apply") ? 1 : 0);
            return method.equals("apply")
                    ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                    : real.call();
        };
        repository.save(new Sample("k9", "new", 9));
        Verification<String, Sample> verification =
                repository.verification(quickly().rechecks(1).build());
        VerificationReport<String> report = verification.run();

        RepairReport<String> repair = verification.repair(report, PATIENCE);

        assertThat(repair.skipped()).isEqualTo(1);
        assertThat(repair.stored() + repair.removed()).isZero();
        assertThat(applies.get()).isEqualTo(1);
    }

    @Test
    void moreDifferencesThanTheReportHoldsAreSaidToBeLeft() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(100);
        List.copyOf(rig.secondary.records().keySet()).forEach(byHand(rig.secondary)::delete);
        Verification<String, Sample> verification =
                repository.verification(quickly().findings(60).build());

        RepairReport<String> first = verification.repair(verification.run(), PATIENCE);
        assertThat(first.notHeld()).isEqualTo(40);
        assertThat(first.healed()).isFalse();

        assertThat(verification.repair(verification.run(), PATIENCE).healed()).isTrue();
        assertThat(rig.secondary.records()).hasSize(100);
    }

    private DualWriteRepository<String, Sample> openImpatiently() {
        return rig.open(rig.builder()
                .secondaryTimeout(Duration.ofMillis(50))
                .grace(Duration.ofMillis(60))
                .reconcilerSettings(Rig.quickly()
                        .batchTimeout(Duration.ofSeconds(20))
                        .lease(Duration.ofSeconds(40))
                        .build()));
    }

    @Test
    void aRepairEndsWithItsRepositoryAndTakesNothingFromOthers() throws Exception {
        Queue<String> calls = new ConcurrentLinkedQueue<>();
        rig.queueCalls = (method, arguments, real) -> {
            calls.add(method);
            return real.call();
        };
        rig.seeded(50);
        byHand(rig.secondary).delete("k5");
        DualWriteRepository<String, Sample> repository = openImpatiently();
        Verification<String, Sample> verification =
                repository.verification(quickly().build());
        VerificationReport<String> report = verification.run();
        CountDownLatch applying = new CountDownLatch(2); // by the mark, and by the reconciler
        rig.followerCalls = (method, arguments, real) -> {
            if (method.equals("apply")) {
                applying.countDown();
                Object never = new CompletableFuture<>();
                return never;
            }
            return real.call();
        };
        CompletableFuture<Object> ended = new CompletableFuture<>();
        Thread repairing = new Thread(() -> {
            try {
                ended.complete(verification.repair(report, PATIENCE));
            } catch (InterruptedException | RuntimeException e) {
                ended.complete(e);
            }
        });
        repairing.start();
        applying.await();

        calls.clear();
        repository.close();

        assertThat(ended.get(1, TimeUnit.SECONDS))
                .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("closed during a repair");
        repairing.join();
        assertThat(calls).containsOnly("release");
    }

    @Test
    void aQueueThatCannotBeCountedIsRepairedAllTheSame() throws Exception {
        rig.queueCalls = (method, arguments, real) -> {
            if (method.equals("statistics")) {
                throw new IllegalStateException("too long to count");
            }
            return real.call();
        };
        DualWriteRepository<String, Sample> repository = damaged();
        Verification<String, Sample> verification =
                repository.verification(quickly().build());

        RepairReport<String> repair = verification.repair(verification.run(), PATIENCE);

        assertThat(repair.healed()).isTrue();
        assertThat(repair.reachedFollower()).isTrue();
    }

    @Test
    void thatManyKeysAreWaitedForDoesNotMeanAsManyQuestions() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        AtomicInteger questions = new AtomicInteger();
        rig.queueCalls = (method, arguments, real) -> {
            looks.addAndGet(method.equals("pendingAmong") ? 1 : 0);
            questions.addAndGet(method.equals("findParked") ? 1 : 0);
            return real.call();
        };
        rig.seeded(1_000);
        List.copyOf(rig.secondary.records().keySet()).forEach(byHand(rig.secondary)::delete);
        Verification<String, Sample> verification =
                openImpatiently().verification(quickly().build());
        VerificationReport<String> report = verification.run();
        AtomicInteger failures = new AtomicInteger(8);
        rig.followerCalls = (method, arguments, real) -> method.equals("apply") && failures.getAndDecrement() > 0
                ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                : real.call();

        RepairReport<String> repair = verification.repair(report, PATIENCE);

        assertThat(repair.healed()).isTrue();
        assertThat(repair.stored()).isEqualTo(1_000);
        assertThat(questions.get())
                .isPositive()
                .isLessThanOrEqualTo(looks.get())
                .isLessThan(1_000);
    }

    @Test
    void keysThatAreParkedAreNotWaitedFor() throws Exception {
        damaged();
        DualWriteRepository<String, Sample> repository = openImpatiently();
        Verification<String, Sample> verification =
                repository.verification(quickly().rechecks(1).build());
        VerificationReport<String> report = verification.run();
        rig.followerCalls = (method, arguments, real) -> method.equals("apply")
                ? CompletableFuture.completedFuture(((Collection<?>) Objects.requireNonNull(arguments[0]))
                        .stream()
                                .map(any -> ApplyResult.permanentFailure("too large", null))
                                .toList())
                : real.call();

        RepairReport<String> repair = verification.repair(report, Duration.ofDays(1));

        assertThat(repair.reachedFollower()).isFalse();
        assertThat(repository.reconciler().parked(0, 10)).hasSize(5);
    }
}
