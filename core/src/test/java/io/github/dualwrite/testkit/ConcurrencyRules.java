package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.ConflictException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Eight writers on three hot keys, while the queue is confirmed. */
@Tag("DW-2")
abstract class ConcurrencyRules extends AuthorityRules {

    private static final int WRITERS = 8;
    private static final int WRITES = 40;
    private static final List<String> HOT = List.of("x", "y", "z");

    private final Queue<VersionedRecord<String, Sample>> written = new ConcurrentLinkedQueue<>();

    @Test // TRAPS 1, 2, 10
    void versionsAreUniqueAndTheHighestIsWhatIsStored() throws Exception {
        long seed = System.nanoTime();

        Parallel.run(
                WRITERS, contract().patience().multipliedBy(6), writer -> write(writer, new Random(seed + writer)));

        assertVersionsTellTheTruth(seed);
        for (String key : HOT) {
            assertThat(pending(key)).as("pending %s, seed %s", key, seed).isEqualTo(latest(key));
        }
    }

    @Test // TRAPS 8, 11
    void confirmingMeanwhileLosesNothing() throws Exception {
        long seed = System.nanoTime();
        AtomicBoolean writing = new AtomicBoolean(true);
        Map<String, Long> confirmed = new HashMap<>();

        Parallel.run(WRITERS + 1, contract().patience().multipliedBy(6), worker -> {
            if (worker == WRITERS) {
                while (writing.get()) {
                    confirmAll(confirmed);
                }
            } else {
                try {
                    write(worker, new Random(seed + worker));
                } finally {
                    writing.set(countdown() > 0);
                }
            }
        });

        assertVersionsTellTheTruth(seed);
        for (String key : HOT) {
            long highest = latest(key).orElseThrow().version();
            if (pending(key).isPresent()) {
                assertThat(pending(key)).as("pending %s, seed %s", key, seed).isEqualTo(latest(key));
            } else {
                assertThat(confirmed.get(key))
                        .as("confirmed %s, seed %s", key, seed)
                        .isEqualTo(highest);
            }
        }
    }

    private int writersLeft = WRITERS;

    private synchronized int countdown() {
        return --writersLeft;
    }

    private void confirmAll(Map<String, Long> confirmed) {
        List<KeyVersion<String>> seen = new ArrayList<>();
        try {
            for (PendingWrite<String> write : queue.claim(Lease.of(Duration.ofMillis(1)), 10)) {
                seen.add(new KeyVersion<>(write.key(), write.version()));
            }
            for (String key : queue.confirm(seen)) {
                seen.stream().filter(s -> s.key().equals(key)).forEach(s -> confirmed.put(key, s.version()));
            }
        } catch (TransientStoreException e) {
            Thread.onSpinWait(); // contention; next time
        }
    }

    private void write(int writer, Random random) {
        Authority<String, Sample> mine = writer % 2 == 0 ? authority : open("kit", Duration.ZERO);
        Map<String, Long> own = new HashMap<>();
        int answered = 0;
        for (int i = 0; i < WRITES; i++) {
            Optional<List<VersionedRecord<String, Sample>>> results = oneWrite(mine, random, writer * 1_000L + i);
            answered += results.isPresent() ? 1 : 0;
            for (VersionedRecord<String, Sample> result : results.orElse(List.of())) {
                written.add(result);
                Long before = own.put(result.key(), result.version());
                assertThat(result.version())
                        .as("a later write of the same thread has a higher version")
                        .isGreaterThan(before == null ? 0 : before);
            }
        }
        assertThat(answered)
                .as("of %s writes, of which one in six finds a record that should not be there, or none", WRITES)
                .isGreaterThan(WRITES / 2);
    }

    /** Empty if nothing was written. */
    private static Optional<List<VersionedRecord<String, Sample>>> oneWrite(
            Authority<String, Sample> authority, Random random, long number) {
        String key = HOT.get(random.nextInt(HOT.size()));
        try {
            return Optional.of(
                    switch (random.nextInt(6)) {
                        case 0 -> authority.delete(key).map(List::of).orElse(List.of());
                        case 1 ->
                            authority.saveAll(
                                    List.of(Sample.of("z", number), Sample.of("y", number), Sample.of("x", number)));
                        case 2 -> authority.deleteAll(List.of("y", "x"));
                        case 3 -> List.of(authority.create(Sample.of(key, number)));
                        case 4 -> List.of(authority.update(Sample.of(key, number)));
                        default -> List.of(authority.save(Sample.of(key, number)));
                    });
        } catch (ConflictException | TransientStoreException e) {
            return Optional.empty();
        }
    }

    private Optional<VersionedRecord<String, Sample>> latest(String key) {
        return written.stream()
                .filter(r -> r.key().equals(key))
                .max(Comparator.comparingLong(VersionedRecord::version));
    }

    private void assertVersionsTellTheTruth(long seed) {
        for (String key : HOT) {
            assertThat(written.stream().filter(r -> r.key().equals(key)).map(VersionedRecord::version))
                    .as("versions of %s, seed %s", key, seed)
                    .isNotEmpty()
                    .doesNotHaveDuplicates();
            assertThat(authority.read(key).orElse(null))
                    .as("stored state of %s, seed %s", key, seed)
                    .isEqualTo(latest(key).orElseThrow().value());
        }
    }
}
