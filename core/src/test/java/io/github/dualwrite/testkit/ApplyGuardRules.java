package io.github.dualwrite.testkit;

import static io.github.dualwrite.spi.ApplyResult.Status.APPLIED;
import static io.github.dualwrite.spi.ApplyResult.Status.SUPERSEDED;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An apply takes effect only if the follower's version is lower. */
@Tag("DW-2")
abstract class ApplyGuardRules extends FollowerRules {

    private static final int VERSIONS = 4;

    /** The versions 1 to 4 in one order, some of them tombstones, under a key of their own. */
    private record History(String key, List<Integer> order, int tombstones) {

        private VersionedRecord<String, Sample> step(int step) {
            int version = order.get(step);
            return deletes(version) ? tombstone(key, version) : record(key, version);
        }

        private boolean deletes(int version) {
            return (tombstones & (1 << (version - 1))) != 0;
        }

        private ApplyResult.Status expected(int step) {
            int highestBefore = order.subList(0, step).stream()
                    .mapToInt(Integer::intValue)
                    .max()
                    .orElse(0);
            return order.get(step) > highestBefore ? APPLIED : SUPERSEDED;
        }
    }

    private static List<History> everyHistory() {
        List<History> histories = new ArrayList<>();
        for (List<Integer> order : permutations(List.of(1, 2, 3, 4))) {
            for (int tombstones = 0; tombstones < 1 << VERSIONS; tombstones++) {
                histories.add(new History("k-" + order + "-" + tombstones, order, tombstones));
            }
        }
        return histories;
    }

    private static List<List<Integer>> permutations(List<Integer> items) {
        if (items.isEmpty()) {
            return List.of(List.of());
        }
        List<List<Integer>> all = new ArrayList<>();
        for (Integer first : items) {
            List<Integer> rest = items.stream().filter(i -> !i.equals(first)).toList();
            for (List<Integer> tail : permutations(rest)) {
                List<Integer> order = new ArrayList<>(List.of(first));
                order.addAll(tail);
                all.add(order);
            }
        }
        return all;
    }

    @Test
    @DisplayName("every order of four versions, with every choice of tombstones, ends in the state of the fourth")
    void everyOrderEndsInTheStateOfTheHighestVersion() {
        List<History> histories = everyHistory();
        assertThat(histories).hasSize(24 * 16);

        for (int step = 0; step < VERSIONS; step++) {
            int now = step;
            assertThat(apply(histories.stream().map(h -> h.step(now)).toList()))
                    .isEqualTo(histories.stream().map(h -> h.expected(now)).toList());
        }

        List<String> keys = histories.stream().map(History::key).toList();
        List<String> alive = histories.stream()
                .filter(h -> !h.deletes(VERSIONS))
                .map(History::key)
                .toList();
        assertThat(readAll(keys)).containsOnlyKeys(alive);
        alive.forEach(key -> assertThat(read(key)).contains(Sample.of(key, VERSIONS)));
    }

    @Test
    void staleWriteLeavesTheNewerVersionUntouched() {
        assertThat(apply(record("a", 2))).isEqualTo(APPLIED);
        assertThat(apply(record("a", 1))).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", 2));
    }

    @Test // TRAPS 20
    void doingItAgainChangesNothingAndCountsAsSuperseded() {
        assertThat(apply(record("a", 1))).isEqualTo(APPLIED);
        assertThat(apply(record("a", 1))).isEqualTo(SUPERSEDED);
        assertThat(apply(tombstone("b", 1))).isEqualTo(APPLIED);
        assertThat(apply(tombstone("b", 1))).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", 1));
        assertThat(read("b")).isEmpty();
    }

    @Test
    void theSameVersionWithAnotherStateIsNotApplied() {
        apply(record("a", 1));
        assertThat(apply(new VersionedRecord<>("a", 1, Sample.of("a", 99)))).isEqualTo(SUPERSEDED);
        assertThat(apply(tombstone("a", 1))).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", 1));
    }

    @Test
    void aTombstoneHidesTheRecordAndKeepsOlderVersionsOut() {
        apply(record("a", 1));
        assertThat(apply(tombstone("a", 3))).isEqualTo(APPLIED);
        assertThat(read("a")).isEmpty();
        assertThat(apply(record("a", 2))).isEqualTo(SUPERSEDED);
        assertThat(read("a")).isEmpty();
    }

    @Test
    void aTombstoneOfAKeyThatWasNeverThereKeepsOlderVersionsOut() {
        assertThat(apply(tombstone("a", 5))).isEqualTo(APPLIED);
        assertThat(apply(record("a", 4))).isEqualTo(SUPERSEDED);
        assertThat(read("a")).isEmpty();
    }

    @Test
    void aRecordIsReCreatedAboveItsTombstone() {
        apply(record("a", 1));
        apply(tombstone("a", 2));
        assertThat(apply(record("a", 3))).isEqualTo(APPLIED);
        assertThat(read("a")).contains(Sample.of("a", 3));
        assertThat(apply(tombstone("a", 2))).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", 3));
    }

    @Test
    void aStaleTombstoneLeavesTheRecord() {
        apply(record("a", 2));
        assertThat(apply(tombstone("a", 1))).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", 2));
    }

    @Test
    void versionsAreComparedAsNumbers() {
        for (long version : List.of(9L, 10L, 100L, 9_007_199_254_740_993L, Long.MAX_VALUE)) {
            assertThat(apply(record("a", version))).isEqualTo(APPLIED);
        }
        assertThat(apply(record("a", Long.MAX_VALUE - 1))).isEqualTo(SUPERSEDED);
        assertThat(apply(record("a", 99))).isEqualTo(SUPERSEDED);
        assertThat(read("a")).contains(Sample.of("a", Long.MAX_VALUE));
    }

    @Test // TRAPS 29, 30
    void concurrentAppliesInRandomOrderConverge() throws Exception {
        long seed = System.nanoTime();
        int highest = 30;
        List<String> keys = List.of("a", "b", "c", "d", "e");
        Queue<String> appliedHighest = new ConcurrentLinkedQueue<>();

        Parallel.run(8, Duration.ofMinutes(1), worker -> {
            Random random = new Random(seed + worker);
            for (int version : shuffled(highest, random)) {
                List<VersionedRecord<String, Sample>> batch = new ArrayList<>();
                for (String key : keys) {
                    batch.add(
                            version % 3 == 0 && !(version == highest && key.equals("a"))
                                    ? tombstone(key, version)
                                    : record(key, version));
                }
                Collections.shuffle(batch, random);
                List<ApplyResult.Status> results = applyUntilDone(batch);
                for (int i = 0; i < results.size(); i++) {
                    if (version == highest && results.get(i) == APPLIED) {
                        appliedHighest.add(batch.get(i).key());
                    }
                }
            }
        });

        assertThat(readAll(keys)).as("seed %s", seed).containsOnlyKeys("a").containsValue(Sample.of("a", highest));
        assertThat(appliedHighest).as("applied once each, seed %s", seed).containsExactlyInAnyOrderElementsOf(keys);
    }

    /** Contention may fail transiently; then it is tried again, as the reconciler would. */
    private List<ApplyResult.Status> applyUntilDone(List<VersionedRecord<String, Sample>> batch) {
        List<ApplyResult.Status> results = new ArrayList<>(apply(batch));
        for (int i = 0; i < results.size(); i++) {
            while (results.get(i) == ApplyResult.Status.TRANSIENT_FAILURE) {
                results.set(i, apply(batch.get(i)));
            }
        }
        return results;
    }

    private static List<Integer> shuffled(int highest, Random random) {
        List<Integer> versions = new ArrayList<>();
        for (int version = 1; version <= highest; version++) {
            versions.add(version);
        }
        Collections.shuffle(versions, random);
        return versions;
    }
}
