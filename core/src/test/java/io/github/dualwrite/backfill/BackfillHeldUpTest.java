package io.github.dualwrite.backfill;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.backfill.BackfillRig.Step;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.SplitProgress;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an operator says reaches runs, too, whose follower does not take the page that they have. */
@Timeout(60)
@Tag("DW-7")
class BackfillHeldUpTest {

    private static final int ROWS = 60;
    private static final int SPLITS = 4;
    private static final Duration LEASE = Duration.ofMillis(120);

    /** What a page waits for. */
    private enum Trouble {
        REFUSED,
        BREAKER_OPEN,
        RATE
    }

    private final BackfillRig rig = new BackfillRig();
    private final JobStore jobs = rig.jobs();
    private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("own");
    private final BackfillRig.Node process = rig.process(builder -> builder.circuitBreaker(breaker));
    private final Backfill<String, Sample> operator = rig.process().backfill();
    private final AtomicInteger pagesRead = new AtomicInteger();

    @AfterEach
    void close() {
        rig.close();
    }

    @ParameterizedTest
    @EnumSource
    void aRunThatIsHeldUpEndsWhenItIsCancelled(Trouble trouble) throws Exception {
        CompletableFuture<BackfillReport> running = heldUpBy(trouble);

        assertThat(operator.cancel()).isTrue();
        BackfillReport report = running.get(30, TimeUnit.SECONDS);

        assertThat(report.state()).isEqualTo(JobState.CANCELLED);
        assertThat(report.read()).isZero();
        assertThat(report.warnings())
                .as("why it did not get on is told")
                .hasSize(trouble == Trouble.RATE ? 1 : SPLITS / 2);
        assertThat(free()).isEqualTo(SPLITS);
    }

    @ParameterizedTest
    @EnumSource
    void aRunThatIsHeldUpGivesItsSplitsBackWhenItIsPaused(Trouble trouble) throws Exception {
        CompletableFuture<BackfillReport> running = heldUpBy(trouble);

        assertThat(operator.pause()).isTrue();
        Lease others = Lease.of(Duration.ofDays(1));
        List<SplitProgress> taken = new ArrayList<>();
        eventually(() -> {
            claim(others).ifPresent(taken::add);
            assertThat(taken).hasSize(SPLITS);
        });

        assertThat(running).isNotDone();
        operator.cancel();
        assertThat(running.get(30, TimeUnit.SECONDS).warnings())
                .as("what others have is not told")
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aRunThatIsHeldUpEndsWhenItsJobIsRemovedAndStoresItsPageNoMore(Trouble trouble) throws Exception {
        CompletableFuture<BackfillReport> running = heldUpBy(trouble);

        assertThat(operator.remove()).isTrue();
        BackfillReport report = running.get(30, TimeUnit.SECONDS);
        process.follower(null);
        breaker.transitionToClosedState();

        assertThat(report.complete()).isFalse();
        assertThat(report.splits()).as("there is no job").isZero();
        assertThat(rig.onFollower()).isEmpty();
        assertThat(operator.run(Duration.ofSeconds(30)).applied()).isEqualTo(ROWS);
    }

    /** Whoever took the split over may be through with it, and the follower emptied since. */
    @Test
    void aPageIsReadAnewIfTheLeaseCouldNotBeProlongedMeanwhile() throws Exception {
        process.at((at, keys) -> {
            if (at == Step.AFTER_READ) {
                pagesRead.incrementAndGet();
            }
            if (at == Step.BEFORE_CHECKPOINT) {
                throw new IllegalStateException("no connection");
            }
        });
        CompletableFuture<BackfillReport> running = heldUpBy(Trouble.REFUSED);
        eventually(() -> assertThat(pagesRead).hasValueGreaterThan(2));

        assertThat(operator.cancel()).isTrue();
        assertThat(running.get(30, TimeUnit.SECONDS).read()).isZero();
    }

    /** Two threads wait, each with a page of a split of its own, for much longer than a test has time. */
    private CompletableFuture<BackfillReport> heldUpBy(Trouble trouble) {
        rig.before(ROWS);
        AtomicInteger reached = new AtomicInteger();
        if (trouble == Trouble.BREAKER_OPEN) {
            breaker.transitionToForcedOpenState();
        }
        process.follower(record -> {
            reached.incrementAndGet();
            return ApplyResult.transientFailure("no space", null);
        });
        BackfillSettings.Builder<Sample> settings = BackfillRig.quickly()
                .splits(SPLITS)
                .threads(SPLITS / 2)
                .lease(LEASE)
                .pollInterval(Duration.ofMillis(10))
                .initialBackoff(Duration.ofMinutes(1))
                .maxBackoff(Duration.ofMinutes(1));
        if (trouble == Trouble.RATE) {
            settings.rowsPerSecond(0.01);
        }
        CompletableFuture<BackfillReport> running = CompletableFuture.supplyAsync(() -> {
            try {
                return process.repository.backfill(settings.build()).run();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        eventually(() -> {
            assertThat(jobs.find(BackfillSettings.JOB)).isPresent();
            assertThat(free()).isEqualTo(SPLITS / 2);
            assertThat(reached).hasValueGreaterThanOrEqualTo(trouble == Trouble.REFUSED ? 2 : 0);
        });
        return running;
    }

    private Optional<SplitProgress> claim(Lease lease) {
        return jobs.find(BackfillSettings.JOB).flatMap(job -> jobs.claim(job, lease));
    }

    /** How many splits nobody works on. */
    private int free() {
        Lease lease = Lease.of(Duration.ofDays(1));
        List<SplitProgress> claimed = Stream.generate(() -> claim(lease))
                .takeWhile(Optional::isPresent)
                .map(Optional::orElseThrow)
                .toList();
        claimed.forEach(split -> jobs.release(BackfillSettings.JOB, split.number(), lease));
        return claimed.size();
    }
}
