package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every job store must do. An adapter's test extends this class and fills in the hook. */
@Tag("DW-7")
public abstract class JobStoreContract {

    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(250);
    private static final String JOB = "backfill";
    private static final String FINGERPRINT = "one=1 two='2'";

    private JobStore jobs;

    /** Opens the jobs of a repository. More than one call in a test gives the same store, as other processes have it; it is empty before the first. */
    protected abstract JobStore open(String repository);

    /** How long to wait for something that must come. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    @BeforeEach
    void openJobs() {
        jobs = open("kit");
    }

    private static List<Split> splits(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Split(UnusualKeys.ALL.get(i % UnusualKeys.ALL.size()) + ".." + i))
                .toList();
    }

    private static SplitProgress at(SplitProgress progress, String position, long read) {
        return new SplitProgress(
                progress.number(), progress.split(), position, false, read, read - 2, 1, 1, read * 100);
    }

    private static SplitProgress done(SplitProgress progress) {
        return new SplitProgress(progress.number(), progress.split(), null, true, 9, 9, 0, 0, 900);
    }

    private Job job() {
        return jobs.find(JOB).orElseThrow();
    }

    private SplitProgress claim(Lease lease) {
        return jobs.claim(job(), lease).orElseThrow();
    }

    private SplitProgress claimEventually(Lease lease) {
        return Awaitility.await()
                .atMost(patience())
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> jobs.claim(job(), lease), Optional::isPresent)
                .orElseThrow();
    }

    private void passTime(Duration duration) {
        long start = System.nanoTime();
        Awaitility.await()
                .atMost(duration.plus(patience()))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> System.nanoTime() - start > duration.toNanos());
    }

    @Test
    void aJobBeginsWithItsSplits() {
        Instant before = Instant.now().minusSeconds(120);

        Job job = jobs.begin(JOB, FINGERPRINT, splits(3));

        assertThat(job.name()).isEqualTo(JOB);
        assertThat(job.fingerprint()).isEqualTo(FINGERPRINT);
        assertThat(job.state()).isEqualTo(JobState.RUNNING);
        assertThat(job.began()).isBetween(before, Instant.now().plusSeconds(120));
        assertThat(job.splits())
                .containsExactlyElementsOf(IntStream.range(0, 3)
                        .mapToObj(i -> SplitProgress.of(i, splits(3).get(i)))
                        .toList());
        assertThat(job.failures()).isZero();
        assertThat(job.done()).isFalse();
        assertThat(open("kit").find(JOB)).contains(job);
    }

    @Test
    void whoJoinsGetsTheJobAsItIs() {
        Job begun = jobs.begin(JOB, FINGERPRINT, splits(3));

        assertThat(open("kit").begin(JOB, FINGERPRINT, splits(5))).isEqualTo(begun);
    }

    @Test
    void anotherFingerprintLeavesTheJobAndIsShown() {
        Job begun = jobs.begin(JOB, FINGERPRINT, splits(3));

        assertThat(jobs.begin(JOB, "another", splits(5))).isEqualTo(begun);
        assertThat(jobs.find(JOB)).contains(begun);
    }

    @Test
    void severalThatBeginAtOnceJoinOneJob() throws Exception {
        Queue<Job> begun = new ConcurrentLinkedQueue<>();
        Parallel.run(4, LONG, worker -> begun.add(open("kit").begin(JOB, FINGERPRINT, splits(3 + worker))));

        assertThat(begun).hasSize(4).containsOnly(jobs.find(JOB).orElseThrow());
    }

    @Test
    void jobsOfOtherNamesAndRepositoriesAreOthers() {
        jobs.begin(JOB, FINGERPRINT, splits(1));
        JobStore others = open("other");
        assertThat(others.find(JOB)).isEmpty();
        assertThat(others.claim(job(), Lease.of(LONG))).isEmpty();
        Job another = others.begin(JOB, "another", splits(1));
        Job second = jobs.begin("second", "another", splits(1));
        jobs.noteFailures(job(), List.of(new JobFailure(0, "a", "too large")));

        claim(Lease.of(LONG));

        assertThat(others.claim(another, Lease.of(LONG))).isPresent();
        assertThat(jobs.claim(second, Lease.of(LONG))).isPresent();
        assertThat(others.failures(JOB, 0, 10)).isEmpty();
        assertThat(jobs.failures("second", 0, 10)).isEmpty();
        assertThat(others.find(JOB).orElseThrow().fingerprint()).isEqualTo("another");
    }

    @Test
    void aSplitIsHeldByOneUntilTheLeaseEnds() {
        jobs.begin(JOB, FINGERPRINT, splits(2));
        SplitProgress first = claim(Lease.of(SHORT));
        SplitProgress second = claim(Lease.of(LONG));
        assertThat(second.number()).isNotEqualTo(first.number());

        assertThat(claimEventually(Lease.of(LONG))).isEqualTo(first);

        assertThat(open("kit").claim(job(), Lease.of(LONG))).isEmpty();
    }

    @Test
    void whoClaimsNextGoesOnFromTheCheckpoint() {
        jobs.begin(JOB, FINGERPRINT, splits(1));
        Lease lease = Lease.of(LONG);
        SplitProgress noted = at(claim(lease), UnusualKeys.ALL.get(1), 10);

        assertThat(jobs.checkpoint(JOB, noted, lease)).contains(JobState.RUNNING);

        assertThat(jobs.find(JOB).orElseThrow().splits()).containsExactly(noted);
        jobs.release(JOB, 0, lease);
        assertThat(open("kit").claim(job(), Lease.of(LONG))).contains(noted);
    }

    @Test
    void whoHadNoAnswerToACheckpointStillHoldsTheSplit() {
        jobs.begin(JOB, FINGERPRINT, splits(1));
        Lease lease = Lease.of(LONG);
        SplitProgress before = claim(lease);
        SplitProgress noted = at(before, "p", 5);
        assertThat(jobs.checkpoint(JOB, noted, lease)).isPresent();

        assertThat(jobs.checkpoint(JOB, before, lease)).as("a heartbeat").isPresent();
        assertThat(jobs.checkpoint(JOB, noted, lease)).as("again").isPresent();
        assertThat(jobs.find(JOB).orElseThrow().splits()).containsExactly(noted);

        SplitProgress done = done(noted);
        assertThat(jobs.checkpoint(JOB, done, lease)).isPresent();
        assertThat(jobs.checkpoint(JOB, noted, lease)).as("a heartbeat").isPresent();
        assertThat(jobs.checkpoint(JOB, done, lease)).as("the end again").isPresent();
        assertThat(jobs.find(JOB).orElseThrow().splits()).containsExactly(done);
        assertThat(jobs.claim(job(), Lease.of(LONG))).isEmpty();
    }

    @Test
    void aCheckpointUnderALostLeaseNotesNothing() {
        jobs.begin(JOB, FINGERPRINT, splits(1));
        Lease lost = Lease.of(SHORT);
        SplitProgress before = claim(lost);
        Lease held = Lease.of(LONG);
        claimEventually(held);

        assertThat(jobs.checkpoint(JOB, at(before, "p", 10), lost)).isEmpty();
        assertThat(jobs.find(JOB).orElseThrow().splits()).containsExactly(before);
        jobs.release(JOB, 0, lost);
        assertThat(jobs.claim(job(), Lease.of(LONG)))
                .as("a release under a lost lease")
                .isEmpty();
        assertThat(jobs.checkpoint(JOB, at(before, "q", 20), held)).isPresent();
    }

    @Test
    void aCheckpointProlongsTheLeaseAlsoOneThatEndedIfNobodyTookTheSplit() {
        jobs.begin(JOB, FINGERPRINT, splits(1));
        Lease lease = Lease.of(SHORT);
        SplitProgress claimed = claim(lease);
        passTime(SHORT.multipliedBy(2));

        assertThat(jobs.checkpoint(JOB, at(claimed, "p", 10), new Lease(lease.id(), LONG)))
                .isPresent();

        passTime(SHORT.multipliedBy(2));
        assertThat(jobs.claim(job(), Lease.of(LONG))).isEmpty();
    }

    @Test
    void aSplitThatIsDoneIsNotClaimedAgain() {
        jobs.begin(JOB, FINGERPRINT, splits(2));
        Lease lease = Lease.of(LONG);
        SplitProgress claimed = claim(lease);
        assertThat(jobs.checkpoint(JOB, done(claimed), lease)).isPresent();
        jobs.release(JOB, claimed.number(), lease);

        SplitProgress other = claim(lease);
        assertThat(other.number()).isNotEqualTo(claimed.number());
        assertThat(jobs.find(JOB).orElseThrow().done()).isFalse();
        assertThat(jobs.checkpoint(JOB, done(other), lease)).isPresent();

        assertThat(jobs.claim(job(), Lease.of(LONG))).isEmpty();
        assertThat(jobs.find(JOB).orElseThrow().done()).isTrue();
    }

    @Test
    void aReleasedSplitCanBeClaimedAtOnce() {
        jobs.begin(JOB, FINGERPRINT, splits(1));
        Lease lease = Lease.of(LONG);
        SplitProgress claimed = claim(lease);
        assertThat(jobs.claim(job(), Lease.of(LONG))).isEmpty();

        jobs.release(JOB, claimed.number(), lease);

        assertThat(jobs.claim(job(), Lease.of(LONG))).contains(claimed);
    }

    @Test
    void noTwoOfFourClaimersGetTheSameSplit() throws Exception {
        jobs.begin(JOB, FINGERPRINT, splits(20));
        Queue<Integer> claimed = new ConcurrentLinkedQueue<>();

        Parallel.run(4, LONG, worker -> {
            JobStore mine = open("kit");
            // one that comes away empty-handed may have met another's claim, and looks again
            for (int misses = 0; misses < 20 && claimed.size() < 200; ) {
                Optional<SplitProgress> split = mine.claim(job(), Lease.of(LONG));
                split.ifPresent(progress -> claimed.add(progress.number()));
                misses += split.isPresent() ? 0 : 1;
            }
        });

        assertThat(claimed).doesNotHaveDuplicates().hasSize(20);
    }

    @Test
    void aStateIsSeenByAllAtTheirNextCheckpoint() {
        jobs.begin(JOB, FINGERPRINT, splits(1));
        Lease lease = Lease.of(LONG);
        SplitProgress progress = claim(lease);
        JobStore another = open("kit");

        for (JobState state : List.of(JobState.PAUSED, JobState.RUNNING, JobState.CANCELLED, JobState.RUNNING)) {
            assertThat(another.setState(JOB, state)).isTrue();
            assertThat(jobs.checkpoint(JOB, progress, lease)).contains(state);
            assertThat(jobs.find(JOB).orElseThrow().state()).isEqualTo(state);
        }
    }

    @Test
    void aJobThatHasNotBegunHasNothing() {
        assertThat(jobs.find(JOB)).isEmpty();
        assertThat(jobs.setState(JOB, JobState.PAUSED)).isFalse();
        assertThat(jobs.failures(JOB, 0, 10)).isEmpty();
        assertThat(jobs.remove(JOB)).isFalse();
    }

    @Test
    void aFailureIsNotedOnceForItsKeyWithTheNewestReason() {
        jobs.begin(JOB, FINGERPRINT, splits(2));
        jobs.noteFailures(job(), List.of(new JobFailure(1, "b", "too large"), new JobFailure(0, "a", "no text")));
        open("kit")
                .noteFailures(
                        job(), List.of(new JobFailure(1, "b", "larger than 400 KB"), new JobFailure(1, "c", "x")));

        assertThat(jobs.failures(JOB, 0, 10))
                .containsExactly(
                        new JobFailure(0, "a", "no text"),
                        new JobFailure(1, "b", "larger than 400 KB"),
                        new JobFailure(1, "c", "x"));
        assertThat(jobs.find(JOB).orElseThrow().failures()).isEqualTo(3);
        assertThat(jobs.failures(JOB, 1, 1)).extracting(JobFailure::key).containsExactly("b");
        assertThat(jobs.failures(JOB, 3, 10)).isEmpty();
    }

    @Test
    void failuresThatAreSettledAreForgotten() {
        jobs.begin(JOB, FINGERPRINT, splits(1));
        jobs.noteFailures(
                job(),
                UnusualKeys.ALL.stream()
                        .map(key -> new JobFailure(0, key, "it's no good"))
                        .toList());
        assertThat(jobs.failures(JOB, 0, 1_000)).hasSameSizeAs(UnusualKeys.ALL);

        List<String> all = UnusualKeys.ALL;
        assertThat(jobs.settleFailures(job(), all.subList(1, all.size()))).isEqualTo(all.size() - 1);
        assertThat(jobs.settleFailures(job(), List.of("not there", all.get(1)))).isZero();

        assertThat(jobs.failures(JOB, 0, 1_000)).extracting(JobFailure::key).containsExactly(UnusualKeys.ALL.get(0));
        assertThat(jobs.find(JOB).orElseThrow().failures()).isEqualTo(1);
    }

    @Test
    void splitsWithFailuresAreKnownAndThoseThatWereReadAnewKeepWhatFailedAgain() {
        List<String> keys = UnusualKeys.ALL.subList(0, 5);
        assertThat(jobs.failedSplits(JOB)).isEmpty();
        jobs.begin(JOB, FINGERPRINT, splits(4));
        assertThat(jobs.failedSplits(JOB)).isEmpty();
        jobs.noteFailures(
                job(),
                List.of(
                        new JobFailure(0, keys.get(0), "x"),
                        new JobFailure(0, keys.get(1), "x"),
                        new JobFailure(1, keys.get(2), "x"),
                        new JobFailure(3, keys.get(3), "x"),
                        new JobFailure(3, keys.get(4), "x")));
        assertThat(jobs.failedSplits(JOB)).containsExactlyInAnyOrder(0, 1, 3);

        jobs.settleFailures(job(), Set.of(0, 2, 3), Set.of(keys.get(1), keys.get(3), "not there"));

        assertThat(jobs.failures(JOB, 0, 10))
                .extracting(JobFailure::key)
                .containsExactlyInAnyOrder(keys.get(1), keys.get(2), keys.get(3));
        open("kit").settleFailures(job(), Set.of(3), Set.of());
        assertThat(jobs.failedSplits(JOB)).containsExactlyInAnyOrder(0, 1);
    }

    /** A store that cannot hold a character replaces it, and must know the key again all the same. */
    @Test
    void whatFailedAgainIsKeptAlsoIfTheStoreCannotHoldItsTextAsItIs() {
        List<String> odd = List.of("a\0b", "a\nb", "x".repeat(3000), "");
        jobs.begin(JOB, FINGERPRINT, splits(1));
        jobs.noteFailures(
                job(), odd.stream().map(key -> new JobFailure(0, key, "x")).toList());

        jobs.settleFailures(job(), Set.of(0), Set.copyOf(odd));

        assertThat(jobs.find(JOB).orElseThrow().failures()).isEqualTo(odd.size());
    }

    @Test
    void aRemovedJobLeavesNothing() {
        jobs.begin(JOB, FINGERPRINT, splits(2));
        Lease lease = Lease.of(LONG);
        SplitProgress claimed = claim(lease);
        jobs.noteFailures(job(), List.of(new JobFailure(0, "a", "too large")));

        assertThat(open("kit").remove(JOB)).isTrue();

        assertThat(jobs.find(JOB)).isEmpty();
        assertThat(jobs.failures(JOB, 0, 10)).isEmpty();
        assertThat(jobs.checkpoint(JOB, at(claimed, "p", 10), lease)).isEmpty();
        assertThat(jobs.begin(JOB, "another", splits(1)).failures()).isZero();
        assertThat(jobs.find(JOB).orElseThrow().splits())
                .containsExactly(SplitProgress.of(0, splits(1).get(0)));
    }

    @Test
    void whoHoldsASplitOfWhichTheJobBegunUnderItsNameHasNoneNotesNothing() {
        jobs.begin(JOB, FINGERPRINT, splits(3));
        Lease lease = Lease.of(LONG);
        List<SplitProgress> claimed = List.of(claim(lease), claim(lease), claim(lease));
        jobs.remove(JOB);
        Job begun = jobs.begin(JOB, FINGERPRINT, splits(1));

        for (SplitProgress split : claimed) {
            assertThat(jobs.checkpoint(JOB, at(split, "p", 10), lease)).isEmpty();
            jobs.release(JOB, split.number(), lease);
        }

        assertThat(jobs.find(JOB)).contains(begun);
    }

    @Test
    void whoKnowsAJobThatWasRemovedTakesAndChangesNothingOfTheOneBegunUnderItsName() {
        Job removed = jobs.begin(JOB, FINGERPRINT, splits(2));
        Lease lease = Lease.of(LONG);
        SplitProgress claimed = claim(lease);
        jobs.remove(JOB);
        assertThat(jobs.claim(removed, Lease.of(LONG))).isEmpty();
        jobs.begin(JOB, "another", splits(2));
        JobFailure failure = new JobFailure(1, "a", "too large");
        jobs.noteFailures(job(), List.of(failure));

        assertThat(jobs.claim(removed, Lease.of(LONG))).isEmpty();
        assertThat(jobs.checkpoint(JOB, done(claimed), lease)).isEmpty();
        jobs.noteFailures(removed, List.of(new JobFailure(0, "a", "x"), new JobFailure(0, "b", "x")));
        assertThat(jobs.settleFailures(removed, List.of("a"))).isZero();
        jobs.settleFailures(removed, Set.of(0, 1), Set.of());

        assertThat(jobs.failures(JOB, 0, 10)).containsExactly(failure);
        assertThat(job().splits()).allMatch(split -> !split.done());
        assertThat(jobs.claim(job(), Lease.of(LONG))).isPresent();
    }
}
