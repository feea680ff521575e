package io.github.dualwrite.testkit;

import static io.github.dualwrite.spi.ApplyResult.Status.APPLIED;
import static io.github.dualwrite.spi.ApplyResult.Status.PERMANENT_FAILURE;
import static io.github.dualwrite.spi.ApplyResult.Status.SUPERSEDED;
import static io.github.dualwrite.spi.ApplyResult.Status.TRANSIENT_FAILURE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every follower that takes a baseline must do. An adapter's test extends this class and fills in the hooks. */
@Tag("DW-2")
public abstract class BaselineContract {

    private static final Duration LONG = Duration.ofMinutes(2);
    private static final int OLD = 1_000;

    private Follower<String, Sample> follower;
    private Baseline<String, Sample> baseline;

    /** A store that holds nothing. Called once for each test. */
    protected abstract FollowerStore<String, Sample> store();

    /** Stores a record in the store of this test by other means than ours, so without any version. */
    protected abstract void storeByOtherMeans(Sample record);

    /** A record that the store can never hold. Empty if it takes every record. */
    protected abstract Optional<Sample> rejectedSample();

    /** How many keys a race is run on, in batches of 25; more keys find a gap more surely. */
    protected int racedKeys() {
        return 200;
    }

    @BeforeEach
    void openBaseline() {
        follower = store().openFollower(new StoreContext("kit", Duration.ofSeconds(5)));
        baseline = follower.baseline().orElseThrow();
    }

    private static ScanPage.Scanned<String, Sample> old(String key) {
        return new ScanPage.Scanned<>(key, Sample.of(key, OLD));
    }

    private static VersionedRecord<String, Sample> record(String key, long version) {
        return new VersionedRecord<>(key, version, Sample.of(key, version));
    }

    private static VersionedRecord<String, Sample> tombstone(String key, long version) {
        return new VersionedRecord<>(key, version, null);
    }

    private static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private List<ApplyResult.Status> store(List<String> keys) {
        return statuses(
                join(baseline.store(keys.stream().map(BaselineContract::old).toList())));
    }

    private ApplyResult.Status store(String key) {
        return store(List.of(key)).get(0);
    }

    private ApplyResult.Status apply(VersionedRecord<String, Sample> record) {
        return statuses(join(follower.apply(List.of(record)))).get(0);
    }

    private Optional<Sample> read(String key) {
        return join(follower.read(key));
    }

    private static List<ApplyResult.Status> statuses(List<ApplyResult> results) {
        return results.stream().map(ApplyResult::status).toList();
    }

    @Test
    void storesWhereNothingIs() {
        assertThat(store(List.of("b", "a"))).containsExactly(APPLIED, APPLIED);
        assertThat(read("a")).contains(Sample.of("a", OLD));
        assertThat(read("b")).contains(Sample.of("b", OLD));
    }

    @Test
    void keysMayBeUnusual() {
        assertThat(store(UnusualKeys.ALL)).containsOnly(APPLIED);
        assertThat(join(follower.readAll(UnusualKeys.ALL))).hasSameSizeAs(UnusualKeys.ALL);
        assertThat(store(UnusualKeys.ALL)).containsOnly(SUPERSEDED);
    }

    @Test
    void aLargeBatchGetsAResultForEachRecordInItsOrder() {
        List<String> keys =
                new ArrayList<>(IntStream.range(0, 1_000).mapToObj(i -> "k" + i).toList());
        keys.stream().filter(key -> key.endsWith("7")).forEach(key -> apply(record(key, 1)));
        Collections.shuffle(keys, new Random(7));

        assertThat(store(keys))
                .isEqualTo(keys.stream()
                        .map(key -> key.endsWith("7") ? SUPERSEDED : APPLIED)
                        .toList());
        assertThat(join(follower.readAll(keys))).hasSize(1_000);
    }

    @Test
    void doingItAgainIsSuperseded() {
        assertThat(store("a")).isEqualTo(APPLIED);
        assertThat(store("a")).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", OLD));
    }

    @Test
    void aVersionedRecordIsNotOverwritten() {
        apply(record("a", 1));

        assertThat(store("a")).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", 1));
    }

    @Test
    void aRecordOfUnknownOriginIsNotOverwritten() {
        storeByOtherMeans(Sample.of("a", 5));

        assertThat(store("a")).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", 5));
    }

    @Test
    void aTombstoneKeepsTheRecordOut() {
        apply(record("a", 1));
        apply(tombstone("a", 2));

        assertThat(store("a")).isEqualTo(SUPERSEDED);
        assertThat(read("a")).isEmpty();
    }

    @Test
    void aTombstoneOfAKeyThatWasNeverThereKeepsTheRecordOut() {
        apply(tombstone("a", 1));

        assertThat(store("a")).isEqualTo(SUPERSEDED);
        assertThat(read("a")).isEmpty();
    }

    @Test
    void everyVersionReplacesIt() {
        store("a");

        assertThat(apply(record("a", 1))).isEqualTo(APPLIED);
        assertThat(read("a")).contains(Sample.of("a", 1));
    }

    @Test
    void everyTombstoneRemovesItAndKeepsItOut() {
        store("a");

        assertThat(apply(tombstone("a", 1))).isEqualTo(APPLIED);
        assertThat(read("a")).isEmpty();
        assertThat(store("a")).isEqualTo(SUPERSEDED);
        assertThat(read("a")).isEmpty();
    }

    @Test
    void aRecordThatCannotBeStoredKeepsNoOtherOut() {
        Declared.with(this, rejectedSample(), "a record that cannot be stored", rejected -> {
            List<ApplyResult> results =
                    join(baseline.store(List.of(old("a"), new ScanPage.Scanned<>(rejected.id(), rejected), old("b"))));

            assertThat(statuses(results)).containsExactly(APPLIED, PERMANENT_FAILURE, APPLIED);
            assertThat(results.get(1).error()).isNotBlank();
            assertThat(read("a")).isPresent();
            assertThat(read("b")).isPresent();
            assertThat(read(rejected.id())).isEmpty();
        });
    }

    @Test
    void neverBringsBackWhatADeleteAtTheSameTimeRemoves() throws Exception {
        List<String> keys = keys();
        race(
                keys,
                chunk -> follower.apply(
                        chunk.stream().map(key -> tombstone(key, 1)).toList()));

        assertThat(join(follower.readAll(keys))).isEmpty();
        assertThat(store(keys)).containsOnly(SUPERSEDED);
    }

    @Test
    void neverStandsOverAWriteAtTheSameTime() throws Exception {
        List<String> keys = keys();
        race(
                keys,
                chunk ->
                        follower.apply(chunk.stream().map(key -> record(key, 1)).toList()));

        assertThat(join(follower.readAll(keys)).values())
                .containsExactlyInAnyOrderElementsOf(
                        keys.stream().map(key -> Sample.of(key, 1)).toList());
    }

    @Test
    void amongWritesAndDeletesOfTheSameKeysTheHighestVersionDecides() throws Exception {
        List<String> keys = keys();
        race(
                keys,
                chunk ->
                        follower.apply(chunk.stream().map(key -> record(key, 1)).toList()),
                chunk -> follower.apply(
                        chunk.stream().map(key -> tombstone(key, 2)).toList()));

        assertThat(join(follower.readAll(keys))).isEmpty();
    }

    private List<String> keys() {
        return IntStream.range(0, racedKeys()).mapToObj(i -> "k" + i).toList();
    }

    /** Two threads store the baseline, and one for each of the others does that, each in an order of its own. */
    @SafeVarargs
    private void race(List<String> keys, Function<List<String>, CompletableFuture<List<ApplyResult>>>... others)
            throws Exception {
        long seed = System.nanoTime();
        Parallel.run(2 + others.length, LONG, worker -> {
            List<String> order = new ArrayList<>(keys);
            if (worker > 1) { // chunks of the same keys, so that they meet
                Collections.rotate(order, 25 * new Random(seed).nextInt(3));
            }
            for (int from = 0; from < order.size(); from += 25) {
                List<String> chunk = new ArrayList<>(order.subList(from, Math.min(from + 25, order.size())));
                Collections.shuffle(chunk, new Random(seed + worker + from));
                untilDone(
                        chunk,
                        worker < 2
                                ? some -> baseline.store(
                                        some.stream().map(BaselineContract::old).toList())
                                : others[worker - 2]);
            }
        });
    }

    /** A store may fail transiently when it is raced; it says so, and is asked again. */
    private static void untilDone(
            List<String> keys, Function<List<String>, CompletableFuture<List<ApplyResult>>> call) {
        List<String> left = keys;
        for (int attempt = 0; attempt < 100 && !left.isEmpty(); attempt++) {
            List<String> asked = left;
            List<ApplyResult.Status> results;
            try {
                results = statuses(join(call.apply(asked)));
            } catch (RuntimeException e) {
                continue;
            }
            left = IntStream.range(0, asked.size())
                    .filter(i -> results.get(i) == TRANSIENT_FAILURE)
                    .mapToObj(asked::get)
                    .toList();
        }
        assertThat(left).as("left after 100 attempts").isEmpty();
    }
}
