package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.WriteResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * One writer: creates, saves, updates, deletes and reads customers, in batches too, at a given rate until it is stopped. It knows
 * what its own keys must hold and notes every read that says something else (DW-5). The order of its calls depends on the seed
 * alone.
 */
final class Worker implements Runnable {

    private static final int READ_ALL = 200;

    private final DualWriteRepository<UUID, Customer> repository;
    private final int owner;
    private final SplittableRandom random;
    private final CustomerGenerator customers;
    private final long nanosPerCall;
    private final Journal journal;
    private final ReadWatch watch;
    private final Map<UUID, Customer> own = new HashMap<>();
    private long revision;
    private volatile boolean stopped;

    /**
     * A writer.
     *
     * @param owner whose keys it has for itself, from 1
     * @param rate calls per second
     * @param lastRevision the highest revision that this owner ever used
     * @param watch gets every read
     */
    Worker(
            DualWriteRepository<UUID, Customer> repository,
            int owner,
            long seed,
            double rate,
            Journal journal,
            long lastRevision,
            ReadWatch watch) {
        this.repository = repository;
        this.owner = owner;
        this.random = new SplittableRandom(seed + owner);
        this.customers = new CustomerGenerator(random.split());
        this.nanosPerCall = (long) (1e9 / rate);
        this.journal = journal;
        this.revision = lastRevision;
        this.watch = watch;
    }

    /** Learns from the repository what an earlier life of this writer left behind. */
    void recover() {
        List<UUID> keys = new ArrayList<>();
        for (int i = 0; i < Keys.OWN; i++) {
            keys.add(Keys.own(owner, i));
            if (keys.size() == READ_ALL || i == Keys.OWN - 1) {
                own.putAll(repository.readAll(keys));
                keys.clear();
            }
        }
    }

    /** Ends it after the call under way. */
    void stop() {
        stopped = true;
    }

    /** Lets it run once more after it was stopped. */
    void resume() {
        stopped = false;
    }

    @Override
    public void run() {
        long next = System.nanoTime();
        while (!stopped) {
            long wait = next - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
            } else {
                next = Math.max(next, System.nanoTime() - 100 * nanosPerCall)
                        + nanosPerCall; // catches up, but not for ever
                step();
            }
        }
    }

    private void step() {
        int dice = random.nextInt(100);
        if (dice < 38) {
            writeOwn();
        } else if (dice < 41) {
            saveManyOwn();
        } else if (dice < 42) {
            deleteManyOwn();
        } else if (dice < 55) {
            writeShared();
        } else if (dice < 90) {
            UUID key = ownKey();
            read(
                    "read",
                    List.of(key),
                    k -> repository.read(key).map(v -> Map.of(key, v)).orElse(Map.of()));
        } else if (dice < 95) {
            read("readAll", ownKeys(10), repository::readAll);
        } else {
            UUID key = sharedKey();
            call("read", () -> {
                Optional<Customer> found = watch.during(List.of(key), () -> repository.read(key));
                journal.read();
                found.filter(customer -> !customer.id().equals(key)).ifPresent(other -> journal.staleRead(key));
            });
        }
    }

    private void writeOwn() {
        UUID key = ownKey();
        Customer current = own.get(key);
        int dice = random.nextInt(100);
        if (current == null) {
            Customer fresh = customers.fresh(key, ++revision);
            write(
                    dice < 70 ? "create" : "save",
                    Map.of(key, revision),
                    () -> List.of(dice < 70 ? repository.create(fresh) : repository.save(fresh)));
        } else if (dice < 15) {
            write(
                    "delete",
                    Map.of(key, Journal.NOTHING),
                    () -> repository.delete(key).stream().toList());
        } else {
            Customer changed = customers.changed(current, ++revision);
            write(
                    dice < 75 ? "update" : "save",
                    Map.of(key, revision),
                    () -> List.of(dice < 75 ? repository.update(changed) : repository.save(changed)));
        }
    }

    private void saveManyOwn() {
        Map<UUID, Customer> batch = new HashMap<>();
        for (UUID key : ownKeys(2 + random.nextInt(12))) {
            Customer current = own.get(key);
            batch.put(key, current == null ? customers.fresh(key, ++revision) : customers.changed(current, ++revision));
        }
        Map<UUID, Long> revisions = batch.values().stream().collect(Collectors.toMap(Customer::id, Customer::revision));
        write("saveAll", revisions, () -> repository.saveAll(batch.values()));
    }

    private void deleteManyOwn() {
        List<UUID> there = ownKeys(5).stream().filter(own::containsKey).toList();
        Map<UUID, Long> gone = there.stream().collect(Collectors.toMap(key -> key, key -> Journal.NOTHING));
        write("deleteAll", gone, () -> repository.deleteAll(there));
    }

    private void writeShared() {
        int dice = random.nextInt(100);
        UUID key = sharedKey();
        if (dice < 60) {
            Customer fresh = customers.fresh(key, ++revision);
            shared("save", () -> List.of(repository.save(fresh)));
        } else if (dice < 85) {
            shared("delete", () -> repository.delete(key).stream().toList());
        } else {
            List<Customer> batch = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                batch.add(customers.fresh(sharedKey(), ++revision));
            }
            shared("saveAll", () -> repository.saveAll(batch));
        }
    }

    /** A write of the writer's own keys, each of which must end at the revision that is given for it. */
    private void write(String name, Map<UUID, Long> revisions, Supplier<List<WriteResult<UUID, Customer>>> write) {
        revisions.forEach(journal::intended);
        call(name, () -> {
            List<WriteResult<UUID, Customer>> results = write.get();
            for (WriteResult<UUID, Customer> result : results) {
                result.value().ifPresentOrElse(v -> own.put(v.id(), v), () -> own.remove(result.key()));
                long reached = result.value().map(Customer::revision).orElse(Journal.NOTHING);
                journal.acknowledged(result.key(), reached, result.version());
            }
            if (results.size() != revisions.size()) {
                throw new IllegalStateException(
                        results.size() + " results for " + revisions.size() + " keys: records are missing");
            }
        });
    }

    private void shared(String name, Supplier<List<WriteResult<UUID, Customer>>> write) {
        call(name, () -> journal.acknowledgedShared(write.get().size()));
    }

    private void read(String name, List<UUID> keys, Function<Collection<UUID>, Map<UUID, Customer>> read) {
        call(name, () -> {
            Map<UUID, Customer> found = watch.during(keys, () -> read.apply(keys));
            journal.read();
            for (UUID key : keys) {
                if (!Optional.ofNullable(found.get(key)).equals(Optional.ofNullable(own.get(key)))) {
                    journal.staleRead(key);
                }
            }
        });
    }

    private void call(String name, Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            journal.failed(name, e);
        }
    }

    private UUID ownKey() {
        return Keys.own(owner, random.nextInt(Keys.OWN));
    }

    private List<UUID> ownKeys(int count) {
        List<UUID> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(ownKey());
        }
        return keys.stream().distinct().toList();
    }

    private UUID sharedKey() {
        return Keys.shared(random.nextInt(Keys.SHARED));
    }
}
