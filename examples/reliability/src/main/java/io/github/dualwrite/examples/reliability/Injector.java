package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.testkit.TcpProxy;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Does what a schedule says, when it says so, and undoes it when its time is over. What happens to PostgreSQL itself happens on a
 * thread of its own, because it takes long.
 */
final class Injector {

    private static final int BYTES_PER_SECOND = 4000;

    /** A step that can fail. */
    private interface Step {
        void run() throws Exception;
    }

    private final List<Child> children;
    private final Postgres postgres;
    private final ScheduledExecutorService links = Executors.newScheduledThreadPool(2);
    private final ScheduledExecutorService server = Executors.newSingleThreadScheduledExecutor();
    private final Map<Fault, Integer> done = Collections.synchronizedMap(new EnumMap<>(Fault.class));
    private final List<String> failures = new CopyOnWriteArrayList<>();

    Injector(List<Child> children, Postgres postgres) {
        this.children = children;
        this.postgres = postgres;
    }

    /** Works a schedule off; returns when its time is over and all is done and undone. */
    void run(List<Planned> schedule, Duration length) throws InterruptedException {
        after(links, length.toMillis(), () -> {});
        schedule.forEach(
                planned -> after(executor(planned.fault()), planned.at().toMillis(), () -> perform(planned)));
        for (ScheduledExecutorService executor : List.of(links, server)) {
            executor.shutdown(); // what is planned already is still done
        }
        server.awaitTermination(1, TimeUnit.HOURS);
        links.awaitTermination(1, TimeUnit.HOURS);
    }

    /** How many of each kind were done. */
    Map<Fault, Integer> done() {
        return done;
    }

    /** Steps that could not be made: the harness is broken, or a process ended by itself. */
    List<String> failures() {
        return failures;
    }

    private ScheduledExecutorService executor(Fault fault) {
        return fault == Fault.CRASH_POSTGRES || fault == Fault.TERMINATE_BACKENDS ? server : links;
    }

    private void after(ScheduledExecutorService executor, long millis, Step step) {
        var unused = executor.schedule( // what it throws is kept below
                () -> {
                    try {
                        step.run();
                    } catch (Exception e) {
                        failures.add(e.toString());
                    }
                },
                millis,
                TimeUnit.MILLISECONDS);
    }

    private void perform(Planned planned) throws Exception {
        Child child = children.get(planned.instance());
        TcpProxy link = child.link(planned.postgres());
        switch (planned.fault()) {
            case KILL -> {
                child.kill();
                pause(planned);
                child.start();
            }
            case PAUSE -> {
                child.stop();
                pause(planned);
                child.proceed();
            }
            case TERMINATE_BACKENDS -> postgres.terminateBackends();
            case CRASH_POSTGRES -> postgres.crash();
            case HALF_CLOSE -> link.halfClose();
            default -> {
                disturb(link, planned);
                pause(planned);
                link.mend();
            }
        }
        done.merge(planned.fault(), 1, Integer::sum);
    }

    private static void disturb(TcpProxy link, Planned planned) {
        switch (planned.fault()) {
            case CUT -> link.cut();
            case DELAY -> link.delay(planned.duration().dividedBy(3));
            case NARROW -> link.narrow(BYTES_PER_SECOND);
            case STALL -> link.stall();
            case LOSE_ANSWERS -> link.loseAnswers();
            case THROTTLE -> {
                SplittableRandom random = new SplittableRandom(planned.at().toMillis());
                int percent = random.nextBoolean() ? 100 : 60;
                link.refuse(Throttling.when(() -> {
                    synchronized (random) {
                        return random.nextInt(100) < percent;
                    }
                }));
            }
            default -> throw new IllegalArgumentException(planned.fault() + " is nothing that happens to a connection");
        }
    }

    private static void pause(Planned planned) throws InterruptedException {
        Thread.sleep(planned.duration().toMillis());
    }
}
