package io.github.dualwrite.examples.flagsday;

import io.github.dualwrite.routing.ReadRoute;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A thread of an instance that reads and writes all day. Its orders are its own, so it knows what each read must give. It calls
 * the repository and nothing else: it knows nothing of stores and flags, except for what it notes about the answers.
 */
final class Clerk implements Runnable {

    private static final int ORDERS = 1250;
    private static final int BATCH = 250;
    private static final List<String> STATUS = List.of("new", "paid", "packed", "sent");

    /** The route in force, told from the same route at another time. */
    private record Moment(ReadRoute route, int changes) {}

    private final Instance instance;
    private final WatchedPool primary;
    private final Answers answers;
    private final SplittableRandom random;
    private final long firstId;
    private final Map<Long, Order> own = new HashMap<>();
    private volatile boolean stopped;

    Clerk(int number, Instance instance, WatchedPool primary, Answers answers) {
        this.instance = instance;
        this.primary = primary;
        this.answers = answers;
        this.random = new SplittableRandom(number);
        this.firstId = 1 + (long) number * ORDERS;
    }

    /** Writes its orders for the first time. */
    void begin() {
        for (long from = firstId; from < firstId + ORDERS; from += BATCH) {
            List<Order> batch = new ArrayList<>();
            for (long id = from; id < from + BATCH; id++) {
                batch.add(any(id));
            }
            instance.orders().saveAll(batch);
            batch.forEach(order -> own.put(order.id(), order));
        }
    }

    /** Ends it after the call under way. */
    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        while (!stopped) {
            long id = firstId + random.nextInt(ORDERS);
            try {
                if (random.nextInt(10) == 0) {
                    write(any(id));
                } else {
                    read(id);
                }
            } catch (RuntimeException e) {
                answers.failed(e);
            }
        }
    }

    private void write(Order order) {
        instance.orders().save(order);
        own.put(order.id(), order);
        answers.written();
    }

    private void read(long id) {
        Moment before = now();
        long taken = primary.takenHere();
        Optional<Order> found = instance.orders().read(id);
        boolean secondary = primary.takenHere() == taken;
        answers.read(secondary, found.equals(Optional.ofNullable(own.get(id))));
        if (now().equals(before)) {
            answers.readUnder(before.route(), id, secondary);
        }
    }

    private Moment now() {
        return new Moment(instance.orders().readRoute(), instance.findings().routeChanges());
    }

    private Order any(long id) {
        return new Order(
                id,
                STATUS.get(random.nextInt(STATUS.size())),
                BigDecimal.valueOf(random.nextInt(100, 1000) * 100L + random.nextInt(1, 100), 2),
                "please ring twice, floor " + random.nextInt(40));
    }
}
