package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.DualWriteRepository;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The threads of this process that write and read. */
final class Traffic implements AutoCloseable {

    private final List<Ledger> ledgers = new ArrayList<>();
    private final Ledger archive = new Ledger();
    private final List<Worker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    /** Starts them; they own the keys from 1 on, and know which of them had records before. */
    Traffic(
            DualWriteRepository<UUID, Customer> repository,
            Existing existing,
            int count,
            long seed,
            double ratePerThread,
            ReadWatch watch) {
        for (int owner = 1; owner <= count; owner++) {
            Ledger ledger = new Ledger();
            ledger.existing(existing.of(owner), Existing.REVISION);
            Worker worker = new Worker(repository, owner, seed, ratePerThread, ledger, Existing.REVISION, watch);
            worker.recover();
            ledgers.add(ledger);
            workers.add(worker);
        }
        archive.existing(existing.archive(), Existing.REVISION);
        ledgers.add(archive);
        start();
    }

    /** Has them go on after {@link #stop()}. */
    void start() {
        for (Worker worker : workers) {
            worker.resume();
            Thread thread = new Thread(worker, "traffic-" + (threads.size() + 1));
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    /** What each of them was told, and {@link #archive}. */
    List<Ledger> ledgers() {
        return ledgers;
    }

    /** What is known of the keys that none of them writes. */
    Ledger archive() {
        return archive;
    }

    /** Ends them after their calls under way. */
    void stop() throws InterruptedException {
        workers.forEach(Worker::stop);
        for (Thread thread : threads) {
            thread.join();
        }
        threads.clear();
    }

    @Override
    public void close() {
        workers.forEach(Worker::stop);
    }
}
