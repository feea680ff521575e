package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.ConflictException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.WriteResult;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Writes at random to a few hot and many cold keys, and tells a {@link Ledger} what was acknowledged. */
final class PairWriter {

    private static final int HOT = 4;
    private static final int COLD = 150;
    private static final int BATCH = 6;

    private final DualWriteRepository<String, Sample> repository;
    private final Ledger ledger;
    private final Random random;

    PairWriter(DualWriteRepository<String, Sample> repository, Ledger ledger, long seed) {
        this.repository = repository;
        this.ledger = ledger;
        this.random = new Random(seed);
    }

    /** Only the follower fails in the scenario: what the authority does not take are rare collisions of the writers. */
    void write(int writes) {
        Map<String, Integer> failed = new TreeMap<>();
        for (int i = 0; i < writes; i++) {
            List<Sample> samples = Stream.generate(this::sample).limit(BATCH).toList();
            List<String> keys = samples.stream().map(Sample::id).toList();
            int kind = random.nextInt(20);
            try {
                results(kind, samples).forEach(ledger::acknowledged);
            } catch (OutcomeUnknownException e) {
                (kind >= 18 ? keys : keys.subList(0, 1)).forEach(ledger::uncertain);
                failed.merge(e.getClass().getSimpleName(), 1, Integer::sum);
            } catch (RecordExistsException | RecordNotFoundException e) {
                assertThat(e.context().repository()).as("nothing was written").isNotBlank();
            } catch (ConflictException | TransientStoreException e) {
                failed.merge(e.getClass().getSimpleName(), 1, Integer::sum);
            }
        }
        assertThat(failed.values().stream().mapToInt(Integer::intValue).sum())
                .as("of %s writes failed on the authority: %s", writes, failed)
                .isLessThanOrEqualTo(1 + writes / 20);
    }

    private List<WriteResult<String, Sample>> results(int kind, List<Sample> samples) {
        Sample sample = samples.get(0);
        if (kind < 5) {
            return List.of(repository.create(sample));
        } else if (kind < 10) {
            return List.of(repository.update(sample));
        } else if (kind < 14) {
            return List.of(repository.save(sample));
        } else if (kind < 18) {
            return repository.delete(sample.id()).stream().toList();
        } else if (kind < 19) {
            return repository.saveAll(samples);
        }
        return repository.deleteAll(samples.stream().map(Sample::id).toList());
    }

    private Sample sample() {
        String key = random.nextInt(3) == 0 ? "hot-" + random.nextInt(HOT) : "cold-" + random.nextInt(COLD);
        long number = random.nextLong();
        return new Sample(key, number % 7 == 0 ? null : "text " + number, number);
    }
}
