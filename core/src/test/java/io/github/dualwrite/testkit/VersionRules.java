package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Versions of a key only ever grow, whatever happens to the record and to its pending write. */
@Tag("DW-2")
abstract class VersionRules extends AuthorityRules {

    private static void assertGrowing(List<Long> versions) {
        assertThat(versions).doesNotHaveDuplicates().isSorted();
    }

    @Test // TRAPS 11
    void versionsGrowAcrossUpdateDeleteAndReCreate() {
        List<Long> versions = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            versions.add(authority.create(Sample.of("a", 1)).version());
            versions.add(authority.update(Sample.of("a", 2)).version());
            versions.add(authority.save(Sample.of("a", 3)).version());
            versions.add(authority.saveAll(List.of(Sample.of("a", 4))).get(0).version());
            authority.markPending(List.of("a"));
            versions.add(pending("a").orElseThrow().version());
            versions.add(authority.delete("a").orElseThrow().version());
            authority.markPending(List.of("a"));
            versions.add(pending("a").orElseThrow().version());
        }
        assertThat(versions.get(0)).isPositive();
        assertGrowing(versions);
    }

    @Test // TRAPS 11
    void versionsGrowAcrossConfirms() {
        List<Long> versions = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            versions.add(confirmed(Sample.of("a", round)).version());
            VersionedRecord<String, Sample> deleted = authority.delete("a").orElseThrow();
            versions.add(deleted.version());
            assertThat(queue.confirm(List.of(at(deleted)))).containsExactly("a");
        }
        assertGrowing(versions);
    }

    @Test
    void versionsGrowAcrossBatches() {
        List<Long> versions = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            authority.saveAll(List.of(Sample.of("a", round), Sample.of("b", round))).stream()
                    .filter(r -> r.key().equals("a"))
                    .forEach(r -> versions.add(r.version()));
            queue.confirm(List.of(new KeyVersion<>("a", versions.get(versions.size() - 1))));
            authority.deleteAll(List.of("a", "b")).stream()
                    .filter(r -> r.key().equals("a"))
                    .forEach(r -> versions.add(r.version()));
            queue.confirm(List.of(new KeyVersion<>("a", versions.get(versions.size() - 1))));
        }
        assertThat(versions).hasSize(6);
        assertGrowing(versions);
    }

    @Test
    void versionsGrowAcrossTwoOpeningsOfTheStore() {
        Authority<String, Sample> other = open("kit", Duration.ZERO);
        List<Long> versions = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            versions.add(authority.save(Sample.of("a", round)).version());
            versions.add(other.save(Sample.of("a", round)).version());
        }
        assertGrowing(versions);
    }

    @Test // TRAPS 39
    void healingGetsAVersionAboveTheTombstone() {
        authority.save(Sample.of("a", 1));
        VersionedRecord<String, Sample> deleted = authority.delete("a").orElseThrow();
        queue.confirm(List.of(at(deleted)));

        authority.markPending(List.of("a"));

        assertThat(pending("a").orElseThrow().version()).isGreaterThan(deleted.version());
    }
}
