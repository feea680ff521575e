package io.github.dualwrite.internal;

import io.github.dualwrite.fake.Queues;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What comes one by one and goes on in batches. */
final class BatchRaces {

    private BatchRaces() {}

    /** Whatever was added is handed on once, and never left without somebody who comes for it. */
    static final class AddAndFlush implements Race {
        private final ManualScheduler scheduler = new ManualScheduler();
        private final ConcurrentLinkedQueue<Integer> handedOn = new ConcurrentLinkedQueue<>();
        private final Batches<Integer> batches =
                new Batches<>(2, 100, Duration.ofMillis(1), scheduler, handedOn::addAll);

        @Override
        public List<Runnable> threads() {
            batches.add(0);
            return List.of(() -> batches.add(1), () -> batches.add(2), scheduler::runOne);
        }

        @Override
        public void check() {
            scheduler.runAll();
            if (handedOn.size() != 3 || !handedOn.containsAll(List.of(0, 1, 2))) {
                Race.fail("handed on of 0, 1 and 2: " + handedOn);
            }
        }
    }

    /** The newest version of a key is confirmed, and nothing twice. */
    static final class Confirmations implements Race {
        private final ManualScheduler scheduler = new ManualScheduler();
        private final ConcurrentLinkedQueue<KeyVersion<String>> confirmed = new ConcurrentLinkedQueue<>();
        private final Confirmer<String> confirmer = new Confirmer<>(
                new Queues.Unused<>() {
                    @Override
                    public Set<String> confirm(Collection<KeyVersion<String>> applied) {
                        confirmed.addAll(applied);
                        return Set.of();
                    }
                },
                scheduler,
                Duration.ofMillis(1),
                new Events("race", List.of()));

        @Override
        public List<Runnable> threads() {
            return List.of(() -> confirmer.confirm("k", 1), () -> confirmer.confirm("k", 2), confirmer::flush);
        }

        @Override
        public void check() {
            scheduler.runAll();
            long newest = confirmed.stream().filter(each -> each.version() == 2).count();
            if (newest != 1 || confirmed.size() > 2) {
                Race.fail("confirmed of versions 1 and 2: " + confirmed);
            }
        }
    }

    /** Each write that was taken is sent, or is told to be refused; or a newer one of its key is. */
    static final class HandOvers implements Race {
        private final ManualScheduler scheduler = new ManualScheduler();
        private final ConcurrentLinkedQueue<Long> versions = new ConcurrentLinkedQueue<>();
        private final Handover<String, String> handover =
                new Handover<>(Runnable::run, scheduler, Duration.ofMillis(1), this::sent, this::sent);

        private void sent(List<VersionedRecord<String, String>> records) {
            records.forEach(record -> versions.add(record.version()));
        }

        private void offer(long version) {
            boolean unused = handover.offer(List.of(new VersionedRecord<>("k", version, "value")));
        }

        @Override
        public List<Runnable> threads() {
            return List.of(() -> offer(1), () -> offer(2), scheduler::runOne, handover::flush);
        }

        @Override
        public void check() {
            scheduler.runAll();
            if (versions.stream().filter(version -> version == 2).count() != 1 || versions.size() > 2) {
                Race.fail("sent of versions 1 and 2: " + versions);
            }
        }
    }

    /** A task that comes while the ticks stop is run, and none is run twice. */
    static final class Relayed implements Race {
        private final ManualScheduler ticks = new ManualScheduler();
        private final ManualScheduler pool = new ManualScheduler();
        private final ConcurrentLinkedQueue<Integer> run = new ConcurrentLinkedQueue<>();
        private final Relay relay = new Relay(pool, ticks, 2, 2);

        @Override
        public List<Runnable> threads() {
            relay.execute(() -> run.add(0));
            for (int tick = 0; tick < 4; tick++) { // the next one is the last
                ticks.runOne();
            }
            return List.of(() -> relay.execute(() -> run.add(1)), () -> relay.execute(() -> run.add(2)), ticks::runOne);
        }

        @Override
        public void check() {
            ticks.runAll();
            pool.runAll();
            if (run.size() != 3 || !run.containsAll(List.of(0, 1, 2))) {
                Race.fail("run of 0, 1 and 2: " + run);
            }
        }
    }
}
