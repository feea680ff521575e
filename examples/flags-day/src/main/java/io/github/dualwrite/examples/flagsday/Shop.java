package io.github.dualwrite.examples.flagsday;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.DualwriteSchema;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToLongFunction;
import javax.sql.DataSource;

/** Two databases, two instances of an application, and the threads that keep them busy. */
final class Shop implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int CLERKS_OF_EACH = 2;

    private final WatchedPool primary = new WatchedPool(PostgresServer.shared().newDatabase());
    private final HikariDataSource secondary =
            new HikariDataSource(WatchedPool.config(PostgresServer.shared().newDatabase()));
    private final Answers answers = new Answers();
    private final List<Instance> instances = new ArrayList<>();
    private final List<Clerk> clerks = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    /** Makes the tables; nobody works yet. */
    Shop() throws SQLException {
        for (DataSource database : List.of(primary, secondary)) {
            DualwriteSchema.defaults().install(database);
            PostgresServer.execute(
                    database,
                    "CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL, total numeric(12, 2) NOT NULL,"
                            + " note text NOT NULL)");
        }
    }

    /** Starts two instances, here in one process, and has their threads write the orders, then read and write all day. */
    void open() throws InterruptedException {
        instances.add(new Instance("instance 1", primary, secondary, Instance.BY_ITSELF));
        instances.add(new Instance("instance 2", primary, secondary, Instance.NEVER));
        for (Instance instance : instances) {
            for (int i = 0; i < CLERKS_OF_EACH; i++) {
                Clerk clerk = new Clerk(clerks.size(), instance, primary, answers);
                clerk.begin();
                clerks.add(clerk);
            }
        }
        for (Clerk clerk : clerks) {
            Thread thread = new Thread(clerk, "clerk-" + threads.size());
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    /** Ends the threads after their calls under way, and brings the rest to the secondary. */
    void finish() throws InterruptedException {
        clerks.forEach(Clerk::stop);
        for (Thread thread : threads) {
            thread.join();
        }
        instances.get(0).orders().reconciler().drain(PATIENCE);
    }

    /** The orders that are not the same on both sides, by plain SQL. */
    Set<Long> differing() {
        String query = "SELECT id, orders::text FROM orders";
        Map<Long, String> ours = Operator.rows(primary, query);
        Map<Long, String> theirs = Operator.rows(secondary, query);
        Set<Long> ids = new HashSet<>(ours.keySet());
        ids.addAll(theirs.keySet());
        ids.removeIf(id -> Objects.equals(ours.get(id), theirs.get(id)));
        return ids;
    }

    WatchedPool primary() {
        return primary;
    }

    DataSource secondary() {
        return secondary;
    }

    Answers answers() {
        return answers;
    }

    List<Instance> instances() {
        return instances;
    }

    /** Over both instances. */
    long sum(ToLongFunction<Findings> number) {
        return instances.stream()
                .mapToLong(instance -> number.applyAsLong(instance.findings()))
                .sum();
    }

    @Override
    public void close() {
        clerks.forEach(Clerk::stop);
        instances.forEach(Instance::close);
        secondary.close();
        primary.close();
    }
}
