package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.VersionedRecord;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reads see every apply that has completed, and no tombstone. */
@Tag("DW-5")
abstract class FollowerReadRules extends FollowerRules {

    @Test
    void readSeesEveryCompletedApply() {
        for (int version = 1; version <= 20; version++) {
            apply(version % 5 == 0 ? tombstone("a", version) : record("a", version));
            if (version % 5 == 0) {
                assertThat(read("a")).isEmpty();
                assertThat(readAll(List.of("a"))).isEmpty();
            } else {
                assertThat(read("a")).contains(Sample.of("a", version));
                assertThat(readAll(List.of("a"))).containsEntry("a", Sample.of("a", version));
            }
        }
    }

    @Test
    void readAllLeavesOutTombstonesAndMissingKeys() {
        apply(List.of(record("a", 1), record("b", 1), tombstone("never", 1)));
        apply(tombstone("b", 2));

        assertThat(readAll(List.of("a", "b", "never", "missing"))).containsOnlyKeys("a");
        assertThat(readAll(List.of("b", "missing"))).isEmpty();
    }

    @Test
    void readOfAMissingKeyIsEmpty() {
        assertThat(read("missing")).isEmpty();
        apply(tombstone("a", 1));
        assertThat(read("a")).isEmpty();
    }

    @Test
    void readAllTakesDuplicateKeys() {
        apply(List.of(record("a", 1), record("b", 1)));

        assertThat(readAll(List.of("a", "b", "a", "missing", "missing")))
                .containsOnly(Map.entry("a", Sample.of("a", 1)), Map.entry("b", Sample.of("b", 1)));
    }

    @Test
    void readAllOfNothingIsNothing() {
        assertThat(readAll(List.of())).isEmpty();
    }

    @Test
    void emptyAndAbsentTextComeBackAsTheyWere() {
        List<Sample> samples = List.of(
                new Sample("empty", "", 0),
                new Sample("absent", null, -1),
                new Sample("blank", " ", Long.MIN_VALUE),
                new Sample("odd", "'\"\\|/%_\t\n{}[]é漢🔑", Long.MAX_VALUE));
        apply(samples.stream()
                .map(sample -> new VersionedRecord<>(sample.id(), 1, sample))
                .toList());

        for (Sample sample : samples) {
            assertThat(read(sample.id())).contains(sample);
            assertThat(readAll(List.of(sample.id()))).containsEntry(sample.id(), sample);
        }
    }

    @Test
    void aNewerVersionReplacesTheWholeRecord() {
        apply(new VersionedRecord<>("a", 1, new Sample("a", "text", 5)));
        apply(new VersionedRecord<>("a", 2, new Sample("a", null, 0)));

        assertThat(read("a")).contains(new Sample("a", null, 0));
    }

    @Test
    void anotherOpeningOfTheStoreSeesTheSame() {
        apply(record("a", 2));

        assertThat(join(open(store).read("a"))).contains(Sample.of("a", 2));
    }
}
