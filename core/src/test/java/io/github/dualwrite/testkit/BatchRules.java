package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** saveAll, deleteAll, markPending and readAll. */
@Tag("DW-1")
abstract class BatchRules extends AuthorityRules {

    private static Map<String, VersionedRecord<String, Sample>> byKey(List<VersionedRecord<String, Sample>> records) {
        return records.stream().collect(Collectors.toMap(VersionedRecord::key, Function.identity()));
    }

    @Test
    void saveAllInsertsAndReplacesAndMakesEachPending() {
        VersionedRecord<String, Sample> before = confirmed(Sample.of("a", 1));

        Map<String, VersionedRecord<String, Sample>> saved =
                byKey(authority.saveAll(List.of(Sample.of("b", 3), Sample.of("a", 2))));

        assertThat(saved).containsOnlyKeys("a", "b");
        assertThat(saved.get("a").version()).isGreaterThan(before.version());
        assertThat(saved.get("a").value()).isEqualTo(Sample.of("a", 2));
        assertThat(saved.get("b").value()).isEqualTo(Sample.of("b", 3));
        assertThat(authority.readAll(List.of("a", "b")))
                .containsOnly(Map.entry("a", Sample.of("a", 2)), Map.entry("b", Sample.of("b", 3)));
        assertThat(authority.snapshot(List.of("a", "b"))).containsExactlyInAnyOrderElementsOf(saved.values());
    }

    @Test // TRAPS 3
    void ofDuplicatesInSaveAllTheLastWins() {
        List<VersionedRecord<String, Sample>> saved = authority.saveAll(
                List.of(Sample.of("a", 1), Sample.of("b", 1), Sample.of("a", 2), Sample.of("b", 2), Sample.of("a", 3)));

        assertThat(saved)
                .extracting(VersionedRecord::value)
                .containsExactlyInAnyOrder(Sample.of("a", 3), Sample.of("b", 2));
        assertThat(authority.read("a")).contains(Sample.of("a", 3));
        assertThat(authority.read("b")).contains(Sample.of("b", 2));
        assertThat(keys(claim(10))).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void saveAllWithARecordThatTheStoreRefusesWritesNone() {
        Declared.with(contract(), contract().refusedSample(), "a record that the authority refuses", refused -> {
            assertThatThrownBy(
                            () -> authority.saveAll(List.of(Sample.of("before", 1), refused, Sample.of("zz-after", 1))))
                    .isNotInstanceOf(OutcomeUnknownException.class);

            assertThat(authority.readAll(List.of("before", refused.id(), "zz-after")))
                    .isEmpty();
            assertNothingPending();
        });
    }

    @Test
    void deleteAllGivesATombstoneForEachRecordThatThereWas() {
        authority.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1), Sample.of("kept", 1)));

        Map<String, VersionedRecord<String, Sample>> deleted =
                byKey(authority.deleteAll(List.of("missing", "b", "a", "b")));

        assertThat(deleted).containsOnlyKeys("a", "b");
        assertThat(deleted.values()).allMatch(VersionedRecord::tombstone);
        assertThat(authority.readAll(List.of("a", "b", "kept"))).containsOnlyKeys("kept");
        assertThat(authority.snapshot(List.of("a", "b", "missing")))
                .containsExactlyInAnyOrderElementsOf(deleted.values());
        assertThat(queue.pendingAmong(List.of("missing"))).isEmpty();
    }

    @Test
    void deleteAllOfMissingKeysWritesNothing() {
        assertThat(authority.deleteAll(List.of("a", "b"))).isEmpty();
        assertNothingPending();
    }

    @Test
    void markPendingGivesEachKeyANewVersionWhateverItsRecordIs() {
        VersionedRecord<String, Sample> quiet = confirmed(Sample.of("quiet", 1));
        VersionedRecord<String, Sample> busy = authority.save(Sample.of("busy", 2));

        authority.markPending(List.of("quiet", "busy", "missing", "quiet"));

        VersionedRecord<String, Sample> quietNow = pending("quiet").orElseThrow();
        assertThat(quietNow.value()).isEqualTo(Sample.of("quiet", 1));
        assertThat(quietNow.version()).isGreaterThan(quiet.version());
        VersionedRecord<String, Sample> busyNow = pending("busy").orElseThrow();
        assertThat(busyNow.value()).isEqualTo(Sample.of("busy", 2));
        assertThat(busyNow.version()).isGreaterThan(busy.version());
        assertThat(pending("missing").orElseThrow().tombstone()).isTrue();
        assertThat(keys(claim(10))).containsExactlyInAnyOrder("quiet", "busy", "missing");
    }

    @Test
    void readAllGivesTheRecordsThatExist() {
        authority.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 2), Sample.of("gone", 3)));
        authority.delete("gone");

        assertThat(authority.readAll(List.of("b", "a", "missing", "gone", "a")))
                .containsOnly(Map.entry("a", Sample.of("a", 1)), Map.entry("b", Sample.of("b", 2)));
        assertThat(authority.readAll(List.of("missing"))).isEmpty();
    }

    @Test
    void emptyBatchesDoNothing() {
        assertThat(authority.saveAll(List.of())).isEmpty();
        assertThat(authority.deleteAll(List.of())).isEmpty();
        assertThat(authority.readAll(List.of())).isEmpty();
        assertThat(authority.snapshot(List.of())).isEmpty();
        assertThat(queue.confirm(List.of())).isEmpty();
        assertThat(queue.pendingAmong(List.of())).isEmpty();
        authority.markPending(List.of());
        assertNothingPending();
    }

    @Test
    void aLargeBatchGoesThroughEveryVerb() {
        int size = contract().largeBatch();
        if (size < 2_000) {
            Declared.absent(contract(), "batches of more than " + size + " records");
        }
        List<Sample> samples = samples(size);
        List<String> ids = ids(samples);

        assertThat(authority.saveAll(samples)).hasSize(size);
        assertThat(authority.readAll(ids)).hasSize(size);
        assertThat(authority.snapshot(ids)).hasSize(size).noneMatch(VersionedRecord::tombstone);
        authority.markPending(ids);
        assertThat(queue.pendingAmong(ids)).hasSize(size);

        Set<String> confirmed = new HashSet<>();
        List<KeyVersion<String>> claimed = new ArrayList<>();
        for (PendingWrite<String> write : claim(size)) {
            claimed.add(new KeyVersion<>(write.key(), write.version()));
        }
        assertThat(claimed).hasSize(size);
        confirmed.addAll(queue.confirm(claimed));
        assertThat(confirmed).hasSize(size);

        assertThat(authority.deleteAll(ids)).hasSize(size);
        assertThat(authority.readAll(ids)).isEmpty();
        assertThat(authority.snapshot(ids)).hasSize(size).allMatch(VersionedRecord::tombstone);
    }

    @Test
    void keysWithUnusualCharactersGoThroughEveryVerb() {
        List<String> odd = UnusualKeys.ALL;
        List<Sample> samples = odd.stream().map(key -> Sample.of(key, 1)).toList();

        for (Sample sample : samples) {
            assertThat(authority.create(sample).key()).isEqualTo(sample.id());
            assertThat(authority.read(sample.id())).contains(sample);
        }
        assertThat(authority.saveAll(samples))
                .extracting(VersionedRecord::key)
                .containsExactlyInAnyOrderElementsOf(odd);
        assertThat(authority.readAll(odd)).containsOnlyKeys(odd);
        assertThat(authority.snapshot(odd)).extracting(VersionedRecord::key).containsExactlyInAnyOrderElementsOf(odd);
        assertThat(queue.pendingAmong(odd)).containsExactlyInAnyOrderElementsOf(odd);
        List<PendingWrite<String>> claimed = claim(100);
        assertThat(keys(claimed)).containsExactlyInAnyOrderElementsOf(odd);
        assertThat(queue.confirm(claimed.stream()
                        .map(w -> new KeyVersion<>(w.key(), w.version()))
                        .toList()))
                .containsExactlyInAnyOrderElementsOf(odd);
        assertThat(authority.deleteAll(odd)).extracting(VersionedRecord::key).containsExactlyInAnyOrderElementsOf(odd);
    }
}
