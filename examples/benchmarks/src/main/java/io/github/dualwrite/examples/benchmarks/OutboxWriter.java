package io.github.dualwrite.examples.benchmarks;

import com.gruelbox.transactionoutbox.Dialect;
import com.gruelbox.transactionoutbox.Instantiator;
import com.gruelbox.transactionoutbox.Persistor;
import com.gruelbox.transactionoutbox.Submitter;
import com.gruelbox.transactionoutbox.TransactionManager;
import com.gruelbox.transactionoutbox.TransactionOutbox;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.sql.DataSource;

/**
 * transaction-outbox: the record and an entry with the call to make in one transaction, the call after the commit on another thread.
 * It gets as many threads as we make calls at once, and a queue without bound, so that nothing waits for its background worker.
 */
final class OutboxWriter implements Writer {

    private static final int THREADS = 32;

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final TransactionManager transactions;
    private final TransactionOutbox outbox;

    /** The call that is made in the end; its parameters are of types that the outbox can store. */
    public interface Delivery {
        /** Puts the record if it is newer. */
        void put(long id, String name, BigDecimal price, Instant changedAt, boolean active, String note);
    }

    OutboxWriter(DataSource database, Secondary secondary) {
        Delivery delivery = (id, name, price, changedAt, active, note) -> {
            Item item = new Item(id, name, price, changedAt, active, note);
            secondary.putIfNewer(item, item.revision());
        };
        transactions = TransactionManager.fromDataSource(database);
        outbox = TransactionOutbox.builder()
                .transactionManager(transactions)
                .persistor(Persistor.forDialect(Dialect.POSTGRESQL_9))
                .instantiator(Instantiator.using(type -> delivery))
                .submitter(Submitter.withExecutor(threads))
                .build();
    }

    @Override
    public void write(Item item, long revision) {
        try {
            transactions.inTransactionThrows(transaction -> {
                Jdbc.upsert(transaction.connection(), item);
                outbox.schedule(Delivery.class)
                        .put(item.id(), item.name(), item.price(), item.changedAt(), item.active(), item.note());
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
