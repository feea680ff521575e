package io.github.dualwrite.verify;

import static io.github.dualwrite.verify.VerifyRig.byHand;
import static io.github.dualwrite.verify.VerifyRig.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.testkit.Sample;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@Tag("DW-7")
class ResumeTest {

    private static final class Died extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Keeps the text in memory, and can be made to fail, or to keep what it has as if the process were dead. */
    private static final class InMemory implements CheckpointStore {
        private @Nullable String text;
        private int saves;
        private boolean broken;
        private boolean dead;

        @Override
        public synchronized Optional<String> load() {
            return Optional.ofNullable(text);
        }

        @Override
        public synchronized void save(String checkpoint) throws IOException {
            if (broken) {
                throw new IOException("disk full");
            }
            if (!dead) {
                text = checkpoint;
                saves++;
            }
        }

        @Override
        public synchronized void remove() {
            text = null;
        }
    }

    private final VerifyRig rig = new VerifyRig();
    private final InMemory checkpoints = new InMemory();
    private final Collection<String> pagesRead = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() {
        rig.close();
    }

    private static VerificationSettings.Builder<String, Sample> slowly() {
        return settings().rowsPerSecond(100).pageSize(20).threads(1).checkpointEvery(Duration.ofSeconds(1));
    }

    private VerificationReport<String> run(VerificationSettings.Builder<String, Sample> settings)
            throws InterruptedException {
        return rig.verification(rig.open(), settings).run(checkpoints);
    }

    /** Notes which pages are read, and lets the process die at one. */
    private void watchPages(int dieAt) {
        AtomicInteger pages = new AtomicInteger();
        UnaryOperator<RecordScan<String, Sample>> watched =
                scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
                    Object answer = real.call();
                    if (method.equals("page")) {
                        if (pages.incrementAndGet() >= dieAt && dieAt > 0) {
                            checkpoints.dead = true;
                            throw new Died();
                        }
                        ((ScanPage<?, ?>) answer).records().forEach(record -> pagesRead.add((String) record.key()));
                    }
                    return answer;
                });
        rig.authorityScan = watched;
        rig.followerScan = watched;
    }

    private static Map<String, Difference> differences(VerificationReport<String> report) {
        return report.findings().stream().collect(Collectors.toMap(Finding::key, Finding::difference));
    }

    private void damage() {
        byHand(rig.secondary).save(new Sample("k3", "rogue", 3));
        byHand(rig.secondary).delete("k5");
        byHand(rig.secondary).save(Sample.of("extra", 1));
    }

    private static final Map<String, Difference> DAMAGE =
            Map.of("k3", Difference.DIFFERENT, "k5", Difference.MISSING, "extra", Difference.EXTRA);

    @Test
    void aRunThatRanOutOfTimeIsGoneOnWithAndNothingIsReadTwice() throws Exception {
        rig.seeded(1_000);
        damage();
        watchPages(-1);
        VerificationReport<String> first = run(slowly().timeBudget(Duration.ofSeconds(5)));
        assertThat(first.state()).isEqualTo(VerificationState.INCOMPLETE);
        assertThat(first.notCovered()).singleElement().asString().contains("time budget");
        assertThat(first.compared()).isZero();
        assertThat(checkpoints.load()).isPresent();
        Instant started = first.started();

        VerificationReport<String> second = run(slowly().timeBudget(Duration.ofSeconds(5)));
        assertThat(second.started()).isEqualTo(started);
        assertThat(second.authorityRows() + second.followerRows())
                .isGreaterThan(first.authorityRows() + first.followerRows());

        VerificationReport<String> last = run(settings());

        assertThat(differences(last)).isEqualTo(DAMAGE);
        assertThat(last.notCovered()).isEmpty();
        assertThat(last.matching()).isEqualTo(998);
        assertThat(last.authorityRows()).isEqualTo(1_000);
        assertThat(last.followerRows()).isEqualTo(1_000);
        assertThat(last.started()).isEqualTo(started);
        assertThat(last.runs()).isEqualTo(3);
        assertThat(last.duration()).isGreaterThanOrEqualTo(Duration.ofSeconds(10));
        assertThat(last.text()).contains("in 3 runs");
        assertThat(last.json()).contains("\"runs\":3");
        assertThat(checkpoints.load()).as("nothing is left to go on with").isEmpty();
    }

    @Test
    void equalStoresAreReadOnceInAllRunsTogether() throws Exception {
        rig.seeded(1_000);
        watchPages(-1);
        for (int i = 0; i < 3; i++) {
            assertThat(run(slowly().timeBudget(Duration.ofSeconds(5))).exitCode())
                    .isEqualTo(32);
        }

        VerificationReport<String> report = run(settings());

        assertThat(report.state()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(report.runs()).isEqualTo(4);
        assertThat(pagesRead).as("each record once on each side").hasSize(2_000);
    }

    /** What an earlier run has read is done, but says nothing of how fast this one is. */
    @Test
    void progressCountsWhatWasReadBeforeAndNotForTheRate() throws Exception {
        rig.seeded(1_000);
        VerificationReport<String> first = run(slowly().timeBudget(Duration.ofSeconds(10)));
        long before = first.authorityRows() + first.followerRows();
        int told = rig.events.of(DualWriteEvent.VerificationProgressed.class).size();

        VerificationReport<String> unused = run(slowly());

        DualWriteEvent.VerificationProgressed next =
                rig.events.of(DualWriteEvent.VerificationProgressed.class).get(told);
        assertThat(next.authorityRows() + next.followerRows()).isBetween(before + 1, before + 200);
        assertThat(next.rowsPerSecond()).isBetween(80.0, 130.0);
        assertThat(next.remaining()).isBetween(Duration.ofSeconds(6), Duration.ofSeconds(13));
    }

    /** A kill takes everything after the last checkpoint; {@code dead} keeps what is done on the way out from being saved. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void killedAtRandomPagesItFindsWhatItWouldHaveFoundOtherwise(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        rig.seeded(1_000);
        damage();
        for (int kill = 0; kill < 10; kill++) {
            watchPages(random.nextInt(1, 25));
            assertThatThrownBy(() -> run(slowly().checkpointEvery(Duration.ofMillis(random.nextInt(1, 1_500)))))
                    .isInstanceOf(VerificationException.class)
                    .hasRootCauseInstanceOf(Died.class);
            checkpoints.dead = false;
        }
        watchPages(-1);

        VerificationReport<String> report = run(settings());

        assertThat(differences(report)).as("seed %d", seed).isEqualTo(DAMAGE);
        assertThat(report.matching()).isEqualTo(998);
        assertThat(report.authorityRows()).isEqualTo(1_000);
        assertThat(checkpoints.saves).isGreaterThan(1);
    }

    @Test
    void whatChangedBetweenTwoRunsIsNoDifference() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(1_000);
        byHand(rig.secondary).delete("k5");
        VerificationReport<String> first = run(slowly().timeBudget(Duration.ofSeconds(10)));
        assertThat(first.exitCode()).isEqualTo(32);
        for (int i = 10; i < 1_000; i += 3) {
            repository.save(new Sample("k" + i, "changed", -i));
            repository.delete("k" + (i + 1));
            repository.save(Sample.of("new" + i, i));
        }
        rig.confirmed();

        VerificationReport<String> report = run(settings());

        assertThat(differences(report)).containsExactly(Map.entry("k5", Difference.MISSING));
        assertThat(report.notCovered()).isEmpty();
    }

    /** Passes are made one after the other, and time ends between them. */
    @Test
    void whatPassesHaveFoundIsInTheReportOfTheRunThatGoesOn() throws Exception {
        rig.seeded(1_000);
        Set<String> removed = new HashSet<>();
        for (int i = 0; i < 1_000; i += 10) {
            byHand(rig.secondary).delete("k" + i);
            removed.add("k" + i);
        }
        VerificationSettings.Builder<String, Sample> two =
                settings().buckets(16).keysInMemory(300).passes(2);
        VerificationReport<String> first = run(two);
        assertThat(first.missing()).isBetween(1L, 99L);
        assertThat(first.notCovered()).singleElement().asString().contains("passes");

        Map<String, Difference> found = new HashMap<>(differences(first));
        VerificationReport<String> report = first;
        for (int i = 0; i < 10 && found.size() < 100; i++) {
            report = run(two);
            found.putAll(differences(report));
            assertThat(report.missing())
                    .as("what was found before is counted still")
                    .isEqualTo(found.size());
            assertThat(report.notCovered()).isNotEmpty();
            assertThat(report.state()).isEqualTo(VerificationState.DIFFERENT);
        }
        assertThat(found.keySet()).as("every run went on").isEqualTo(removed);
        assertThat(report.notCovered()).anySatisfy(what -> assertThat(what).contains("an earlier run found"));

        VerificationReport<String> whole =
                run(settings().buckets(16).keysInMemory(300).passes(1_000));

        assertThat(differences(whole).keySet()).isEqualTo(removed);
        assertThat(whole.matching()).isEqualTo(900);
        assertThat(whole.notCovered()).isEmpty();
    }

    @Test
    void whatWasMendedBetweenTwoRunsIsNoLongerFound() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(1_000);
        for (int i = 0; i < 1_000; i += 10) {
            byHand(rig.secondary).delete("k" + i);
        }
        VerificationReport<String> first =
                run(settings().buckets(16).keysInMemory(300).passes(2));
        List<String> found = List.copyOf(differences(first).keySet());
        repository.markPending(found);
        rig.confirmed();

        VerificationReport<String> report =
                run(settings().buckets(16).keysInMemory(300).passes(1_000));

        assertThat(differences(report).keySet()).hasSize(100 - found.size()).doesNotContainAnyElementsOf(found);
        assertThat(report.matching()).isEqualTo(900 + found.size());
    }

    @Test
    void whatCouldNotBeReadBeforeIsStillSaid() throws Exception {
        rig.seeded(100);
        rig.followerScan = scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
            Object answer = real.call();
            return answer instanceof ScanPage<?, ?> page
                    ? new ScanPage<>(
                            page.records(),
                            List.of(new ScanPage.Unreadable("k9", "column text is no text")),
                            page.bytes(),
                            page.next())
                    : answer;
        });
        VerificationReport<String> first = run(slowly().timeBudget(Duration.ofSeconds(1)));
        assertThat(first.unreadable(Side.FOLLOWER)).isPositive();
        rig.followerScan = scan -> scan;

        VerificationReport<String> report = run(settings());

        assertThat(report.unreadable(Side.FOLLOWER)).isEqualTo(first.unreadable(Side.FOLLOWER));
        assertThat(report.state()).isEqualTo(VerificationState.INCOMPLETE);
        assertThat(report.text()).contains("k9: column text is no text");
    }

    private void saved() throws InterruptedException {
        rig.seeded(200);
        VerificationReport<String> unused = run(slowly().timeBudget(Duration.ofSeconds(1)));
        assertThat(checkpoints.load()).isPresent();
    }

    private void assertRefused(VerificationSettings.Builder<String, Sample> settings, String why) throws Exception {
        Optional<String> before = checkpoints.load();
        watchPages(-1);
        assertThatThrownBy(() -> run(settings))
                .isInstanceOf(VerificationException.class)
                .hasMessageContaining(why)
                .hasMessageContaining("repository 'rig'")
                .hasMessageContaining("remove it and begin anew");
        assertThat(pagesRead).as("nothing was read").isEmpty();
        assertThat(checkpoints.load()).as("and it is left as it was").isEqualTo(before);
    }

    @Test
    void aSampleByAnotherRoutingKeyIsAnotherSample() throws Exception {
        rig.seeded(100);
        VerificationSettings.Builder<String, Sample> sampled = slowly().sample(50);
        VerificationReport<String> first = run(sampled.timeBudget(Duration.ofMillis(100)));
        assertThat(first.state()).isEqualTo(VerificationState.INCOMPLETE);

        Verification<String, Sample> routed =
                rig.verification(rig.open(rig.builder().routingKey(key -> "one tenant")), sampled);
        assertThatThrownBy(() -> routed.run(checkpoints))
                .isInstanceOf(VerificationException.class)
                .hasMessageContaining("keys changed");

        run(sampled.timeBudget(Duration.ofDays(1)));
        assertThat(checkpoints.load()).as("the same sample goes on").isEmpty();
    }

    @Test
    void settingsThatDecideWhatIsComparedMustBeTheSame() throws Exception {
        saved();
        assertRefused(settings().buckets(7), "buckets changed");
        assertRefused(settings().keysInMemory(7), "keys in memory changed");
        assertRefused(settings().sample(50), "keys changed");
        assertRefused(settings().keys("some", key -> true), "keys changed");
        assertRefused(settings().keysBetween("a", null), "keys changed");
        assertRefused(settings().form(Thread.class, Thread::getName), "forms changed");
        assertRefused(
                settings()
                        .comparator(FieldComparison.of(Sample.class)
                                .tolerance("number", BigDecimal.ONE)
                                .build()),
                "comparison changed");
        assertThat(run(settings().threads(7).pageSize(3).attempts(3).passes(5)).exitCode())
                .as("others need not")
                .isZero();
    }

    @Test
    void aCheckpointOfAnotherRepositoryOrSchemaIsRefused() throws Exception {
        saved();
        String text = checkpoints.load().orElseThrow();
        Checkpoint mine = CheckpointText.parse(text);
        Map<String, String> print = new HashMap<>(mine.print());
        print.put("repository", "other");
        checkpoints.save(CheckpointText.of(new Checkpoint(
                print,
                mine.started(),
                mine.elapsed(),
                mine.runs(),
                mine.authority(),
                mine.follower(),
                mine.unreadableSamples(),
                mine.passes())));
        assertRefused(settings(), "it is of repository 'other'");

        checkpoints.save(text);
        UnaryOperator<RecordScan<String, Sample>> altered = scan -> VerifyRig.hooked(
                scan, (method, arguments, real) -> method.equals("form") ? "a table with another column" : real.call());
        rig.followerScan = altered;
        assertThatThrownBy(() -> run(settings())).hasMessageContaining("schema of the follower changed");
    }

    @Test
    void aDamagedCheckpointIsRefused() throws Exception {
        saved();
        String text = checkpoints.load().orElseThrow();
        for (String damaged : List.of(
                text.substring(0, text.length() / 2),
                text.substring(0, text.length() - 8),
                "something else",
                "",
                text.substring(0, 200) + "AAAA" + text.substring(204),
                text.replace("checkpoint 2\n", "checkpoint 1\n"))) { // its sums are of another form
            checkpoints.save(damaged);
            assertRefused(settings(), "the checkpoint cannot be read");
        }
    }

    @Test
    void aCheckpointThatCannotBeSavedEndsTheRunWithTheReason() throws Exception {
        rig.seeded(200);
        checkpoints.broken = true;
        assertThatThrownBy(() -> run(slowly()))
                .isInstanceOf(VerificationException.class)
                .hasMessageContaining("disk full");
    }

    @Test
    void everyPartOfACheckpointSurvivesItsText() throws Exception {
        rig.seeded(300);
        damage();
        VerificationReport<String> unused =
                run(settings().buckets(16).keysInMemory(100).passes(1).pageSize(7));
        String text = checkpoints.load().orElseThrow();
        Checkpoint checkpoint = CheckpointText.parse(text);
        assertThat(checkpoint.passes()).isNotEmpty();
        assertThat(checkpoint.authority().scanned()).isTrue();
        assertThat(checkpoint.authority().rows()).isEqualTo(300);
        assertThat(CheckpointText.parse(CheckpointText.of(checkpoint)))
                .usingRecursiveComparison()
                .isEqualTo(checkpoint);
        assertThat(text).as("no values").doesNotContain("rogue");
    }

    @Test
    void rulesOfComparisonsHaveTexts() {
        assertThat(FieldComparison.strict().rules()).isEqualTo("strict");
        assertThat(FieldComparison.of(EveryType.class)
                        .ignore("text")
                        .byNumericValue("amount")
                        .timePrecision("at", ChronoUnit.SECONDS)
                        .asSet("texts")
                        .tolerance("large", BigDecimal.TEN)
                        .timeTolerance("local", Duration.ofSeconds(1))
                        .sameWhen("id", Object::equals)
                        .build()
                        .rules())
                .isEqualTo("amount by worth, at in Seconds, id by a predicate, large within 10, local within PT1S,"
                        + " text ignored, texts as set");
    }
}
