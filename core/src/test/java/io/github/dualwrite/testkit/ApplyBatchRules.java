package io.github.dualwrite.testkit;

import static io.github.dualwrite.spi.ApplyResult.Status.APPLIED;
import static io.github.dualwrite.spi.ApplyResult.Status.PERMANENT_FAILURE;
import static io.github.dualwrite.spi.ApplyResult.Status.SUPERSEDED;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A result for each record, in order, whatever becomes of the others. */
@Tag("DW-2")
abstract class ApplyBatchRules extends FollowerRules {

    @Test
    void resultsComeInTheOrderOfTheRecords() {
        apply(List.of(record("newer", 9), tombstone("deleted", 9), record("older", 1)));

        assertThat(apply(List.of(
                        record("newer", 5),
                        record("fresh", 5),
                        record("deleted", 5),
                        record("older", 5),
                        tombstone("gone", 5))))
                .containsExactly(SUPERSEDED, APPLIED, SUPERSEDED, APPLIED, APPLIED);
        assertThat(readAll(List.of("newer", "fresh", "deleted", "older", "gone")))
                .containsOnlyKeys("newer", "fresh", "older");
        assertThat(read("newer")).contains(Sample.of("newer", 9));
        assertThat(read("older")).contains(Sample.of("older", 5));
    }

    @Test
    void anUnsortedBatchGetsItsResultsInItsOwnOrder() {
        apply(List.of(record("z", 9)));

        assertThat(apply(List.of(record("z", 1), record("m", 1), record("a", 1))))
                .containsExactly(SUPERSEDED, APPLIED, APPLIED);
    }

    @Test // TRAPS 18
    void aLargeBatchIsApplied() {
        List<VersionedRecord<String, Sample>> batch =
                IntStream.range(0, 1_000).mapToObj(i -> record("k" + i, 7)).toList();

        assertThat(apply(batch)).isEqualTo(Collections.nCopies(1_000, APPLIED));
        assertThat(apply(batch)).isEqualTo(Collections.nCopies(1_000, SUPERSEDED));
        assertThat(readAll(batch.stream().map(VersionedRecord::key).toList())).hasSize(1_000);
    }

    @Test // TRAPS 24
    @Tag("DW-6")
    void aRecordThatTheStoreRejectsForGoodDoesNotKeepTheOthersOut() {
        Declared.with(contract(), contract().rejectedSample(), "a record that the follower rejects", rejected -> {
            List<VersionedRecord<String, Sample>> batch = List.of(
                    record("before", 1), new VersionedRecord<>(rejected.id(), 1, rejected), record("zz-after", 1));

            List<ApplyResult> results = join(follower.apply(batch));

            assertThat(results).extracting(ApplyResult::status).containsExactly(APPLIED, PERMANENT_FAILURE, APPLIED);
            assertThat(results.get(1).error()).isNotBlank();
            assertThat(read("before")).contains(Sample.of("before", 1));
            assertThat(read("zz-after")).contains(Sample.of("zz-after", 1));
            assertThat(read(rejected.id())).isEmpty();
            assertThat(apply(tombstone(rejected.id(), 2)))
                    .as("a later delete goes through")
                    .isEqualTo(APPLIED);
        });
    }

    @Test
    void keysWithUnusualCharactersAreApplied() {
        List<VersionedRecord<String, Sample>> batch =
                UnusualKeys.ALL.stream().map(key -> record(key, 1)).toList();

        assertThat(apply(batch)).isEqualTo(Collections.nCopies(batch.size(), APPLIED));
        assertThat(readAll(UnusualKeys.ALL)).containsOnlyKeys(UnusualKeys.ALL);
        for (String key : UnusualKeys.ALL) {
            assertThat(read(key)).contains(Sample.of(key, 1));
            assertThat(apply(tombstone(key, 2))).isEqualTo(APPLIED);
            assertThat(read(key)).isEmpty();
        }
    }
}
