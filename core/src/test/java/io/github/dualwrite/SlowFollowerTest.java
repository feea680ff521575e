package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.internal.ApplyFailures;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Followers that are slower than the time they are given. */
class SlowFollowerTest {

    private final Rig rig = new Rig();
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void close() {
        never.countDown();
        rig.close();
    }

    /** A follower that holds the calling thread before it returns a future, as a client that fetches credentials does. */
    @Test
    @Tag("DW-4")
    @Timeout(20)
    void aFollowerThatHoldsTheCallingThreadDoesNotHoldTheCaller() {
        rig.follower.saysThatItMayBlock();
        rig.follower.now((records, real) -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return real.get();
        });
        DualWriteRepository<String, Sample> repository = rig.open();

        WriteResult<String, Sample> result = repository.save(Sample.of("a", 1));

        assertThat(result.pendingReason()).contains(PendingReason.TIMEOUT);
        assertThat(never.getCount()).isEqualTo(1); // it is still held
    }

    @Test
    void aFollowerThatMayBlockIsUsedLikeAnyOther() {
        rig.follower.saysThatItMayBlock();
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().readRoute(ReadRoute.secondary()));

        assertThat(repository.save(Sample.of("a", 1)).secondaryApplied()).isTrue();
        assertThat(repository.read("a")).contains(Sample.of("a", 1));
        assertThat(rig.secondary.records()).containsKey("a");
    }

    /** A batch that is too large for its time gets smaller until it fits. */
    @Test
    @Tag("DW-3")
    void aBatchThatNeedsTooLongGetsSmaller() throws InterruptedException {
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("not yet")));
        DualWriteRepository<String, Sample> repository = rig.open();
        repository.saveAll(
                IntStream.range(0, 100).mapToObj(i -> Sample.of("k" + i, i)).toList());
        rig.follower.now((records, real) -> records.size() > 10 ? new CompletableFuture<>() : real.get());

        DrainReport report = repository.reconciler().drain(Duration.ofSeconds(20));

        assertThat(report.drained()).isTrue();
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    /** A listener that calls back into the repository, on the thread on which a deadline ends, must not hang for ever. */
    @Test
    @Tag("DW-4")
    @Timeout(20)
    void aListenerThatReadsInTheMiddleOfATimeoutComesBack() {
        rig.follower.now(ScriptedFollower.HANGS);
        CompletableFuture<Boolean> listened = new CompletableFuture<>();
        DualWriteRepository<String, Sample>[] self = one();
        self[0] = rig.open(rig.builder().readRoute(ReadRoute.secondary()).listener(new DualWriteListener() {
            @Override
            public void onLeftPending(DualWriteEvent.LeftPending event) {
                self[0].read("other");
                listened.complete(true);
            }
        }));

        assertThat(self[0].save(Sample.of("a", 1)).pendingReason()).contains(PendingReason.TIMEOUT);
        assertThat(listened.orTimeout(10, TimeUnit.SECONDS).join()).isTrue();
    }

    @SuppressWarnings("unchecked")
    private static DualWriteRepository<String, Sample>[] one() {
        return (DualWriteRepository<String, Sample>[]) new DualWriteRepository<?, ?>[1];
    }

    @Test
    void aDrainEndsWhenTheRepositoryIsClosed() throws InterruptedException {
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("not yet")));
        DualWriteRepository<String, Sample> repository = rig.open(
                rig.builder().reconcilerSettings(Rig.quickly().batchSize(1).build()));
        repository.saveAll(
                IntStream.range(0, 200).mapToObj(i -> Sample.of("k" + i, i)).toList());
        CountDownLatch started = new CountDownLatch(3);
        rig.follower.now((records, real) -> {
            started.countDown();
            if (started.getCount() == 0) {
                repository.reconciler().close();
            }
            return real.get();
        });

        DrainReport report = repository.reconciler().drain(Duration.ofSeconds(20));

        assertThat(report.drained()).isFalse();
        assertThat(report.remaining()).isPositive();
    }

    /** TRAPS 25. */
    @Test
    void whatSaysNothingAgainstTheFollowersHealthIsNoFailure() {
        ApplyResult rejected = ApplyResult.permanentFailure("too large", null);
        ApplyResult throttled = ApplyResult.transientFailure("throttled", null);

        assertThat(ApplyFailures.inBreakersEyes(List.of(ApplyResult.superseded(), rejected)))
                .isNull();
        assertThat(ApplyFailures.inBreakersEyes(List.of(ApplyResult.applied(), ApplyResult.applied(), throttled)))
                .isNull();
        assertThat(ApplyFailures.inBreakersEyes(List.of(ApplyResult.applied(), throttled)))
                .isNotNull();
    }
}
