package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Version and state belong together. */
@Tag("DW-2")
abstract class SnapshotRules extends AuthorityRules {

    @Test
    void givesTheLatestVersionWithTheLatestState() {
        authority.save(Sample.of("a", 1));
        VersionedRecord<String, Sample> latest = authority.save(Sample.of("a", 2));

        assertThat(authority.snapshot(List.of("a"))).containsExactly(latest);
    }

    @Test
    void givesATombstoneForADeletedRecord() {
        authority.save(Sample.of("a", 1));
        VersionedRecord<String, Sample> deleted = authority.delete("a").orElseThrow();

        assertThat(authority.snapshot(List.of("a"))).containsExactly(deleted);
    }

    @Test
    void leavesOutKeysThatAreNotPending() {
        confirmed(Sample.of("confirmed", 1));
        VersionedRecord<String, Sample> pending = authority.save(Sample.of("pending", 1));

        assertThat(authority.snapshot(List.of("confirmed", "never", "pending", "pending")))
                .containsExactly(pending);
    }

    @Test
    void givesWhatIsPendingUnderALease() {
        VersionedRecord<String, Sample> first = authority.save(Sample.of("a", 1));
        queue.claim(Lease.of(LONG), 10);
        assertThat(authority.snapshot(List.of("a"))).containsExactly(first);

        VersionedRecord<String, Sample> second = authority.save(Sample.of("a", 2));
        assertThat(authority.snapshot(List.of("a"))).containsExactly(second);
    }

    @Test // TRAPS 7
    void neverPairsAVersionWithTheStateOfAnother() throws Exception {
        Map<Long, Sample> written = new ConcurrentHashMap<>();
        Map<Long, Sample> seen = new ConcurrentHashMap<>();
        AtomicBoolean writing = new AtomicBoolean(true);

        Parallel.run(2, contract().patience().multipliedBy(6), worker -> {
            if (worker == 0) {
                try {
                    long end = System.nanoTime() + contract().patience().toNanos();
                    for (int number = 0; (number < 300 || seen.size() < 20) && System.nanoTime() < end; number++) {
                        VersionedRecord<String, Sample> saved = authority.save(Sample.of("a", number));
                        written.put(saved.version(), Sample.of("a", number));
                    }
                } finally {
                    writing.set(false);
                }
            } else {
                while (writing.get()) {
                    pending("a").ifPresent(r -> seen.put(r.version(), required(r)));
                }
            }
        });

        assertThat(seen).as("snapshots were taken between the writes").isNotEmpty();
        assertThat(written).containsAllEntriesOf(seen);
    }

    private static Sample required(VersionedRecord<String, Sample> record) {
        Sample value = record.value();
        assertThat(value).as("%s has a state", record).isNotNull();
        return Objects.requireNonNull(value);
    }
}
