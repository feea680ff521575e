package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.testkit.TcpProxy;
import io.github.dualwrite.testkit.TcpProxy.Effect;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Does what a schedule says, when it says so, and undoes it when its time is over. A step that meets nobody waits some seconds for
 * somebody: on a slow machine a process that was killed is long in coming back. What happens to PostgreSQL itself happens on a thread of
 * its own, because it takes long.
 */
final class Injector {

    private static final int BYTES_PER_SECOND = 4000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long LOOK_MILLIS = 20;

    /** A step that can fail. */
    private interface Step {
        void run() throws Exception;
    }

    private final List<Child> children;
    private final Postgres postgres;
    private final ScheduledExecutorService links = Executors.newScheduledThreadPool(4);
    private final ScheduledExecutorService server = Executors.newSingleThreadScheduledExecutor();
    private final Map<Fault, Integer> effective = Collections.synchronizedMap(new EnumMap<>(Fault.class));
    private final Map<Fault, Integer> vain = Collections.synchronizedMap(new EnumMap<>(Fault.class));
    private final Map<TcpProxy, Map<Effect, Integer>> lasting = new HashMap<>();
    private final AtomicLong sessionsEnded = new AtomicLong();
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

    /** How many steps of each kind did something to somebody. */
    Map<Fault, Integer> effective() {
        return effective;
    }

    /** How many steps of each kind were made and found nothing: no process, no connection, no traffic. */
    Map<Fault, Integer> vain() {
        return vain;
    }

    /** Sessions of PostgreSQL that were ended. */
    long sessionsEnded() {
        return sessionsEnded.get();
    }

    /** How often faults of connections had an effect, in all processes. */
    long effects(Effect effect) {
        return children.stream()
                .mapToLong(child ->
                        child.link(true).count(effect) + child.link(false).count(effect))
                .sum();
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
        (happens(planned) ? effective : vain).merge(planned.fault(), 1, Integer::sum);
    }

    private static boolean ofConnections(Fault fault) {
        return switch (fault) {
            case KILL, PAUSE, TERMINATE_BACKENDS, CRASH_POSTGRES -> false;
            case CUT, DELAY, HALF_CLOSE, NARROW, STALL, LOSE_ANSWERS, THROTTLE -> true;
        };
    }

    /** Does it and undoes it; whether it did anything. */
    private boolean happens(Planned planned) throws Exception {
        Child child = children.get(planned.instance());
        TcpProxy link = child.link(planned.postgres());
        if (ofConnections(planned.fault())) {
            comes(child::open);
        }
        return switch (planned.fault()) {
            case KILL -> {
                boolean killed = child.kill();
                pause(planned);
                child.start();
                yield killed;
            }
            case PAUSE -> {
                boolean stopped = comes(child::stop);
                pause(planned);
                child.proceed();
                yield stopped;
            }
            case TERMINATE_BACKENDS -> {
                long before = sessionsEnded.get();
                yield comes(() -> sessionsEnded.addAndGet(postgres.terminateBackends()) > before);
            }
            case CRASH_POSTGRES -> {
                postgres.crash();
                yield true;
            }
            case HALF_CLOSE -> {
                long before = link.count(Effect.HALF_CLOSED);
                yield comes(() -> {
                    link.halfClose();
                    return link.count(Effect.HALF_CLOSED) > before;
                });
            }
            case CUT -> lasting(link, planned, Effect.BROKEN);
            case DELAY -> lasting(link, planned, Effect.DELAYED);
            case NARROW -> lasting(link, planned, Effect.NARROWED);
            case STALL -> lasting(link, planned, Effect.STALLED);
            case LOSE_ANSWERS -> lasting(link, planned, Effect.ANSWER_LOST);
            case THROTTLE -> lasting(link, planned, Effect.REFUSED);
        };
    }

    /** What lasts for a while; of two of a kind at once the later one decides how, and the one that is over last ends both. */
    private boolean lasting(TcpProxy link, Planned planned, Effect effect) throws Exception {
        long before = link.count(effect);
        synchronized (lasting) {
            effects(link).merge(effect, 1, Integer::sum);
            disturb(link, planned, effect);
        }
        pause(planned);
        boolean happened = comes(() -> link.count(effect) > before);
        synchronized (lasting) {
            if (effects(link).merge(effect, -1, Integer::sum) == 0) {
                link.mend(effect); // and nothing else: another fault may be at work there
            }
        }
        return happened;
    }

    /** Looks again and again until something is so; false if it is not for long. */
    private static boolean comes(Callable<Boolean> look) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean come = look.call();
        while (!come && System.nanoTime() < deadline) {
            Thread.sleep(LOOK_MILLIS);
            come = look.call();
        }
        return come;
    }

    private Map<Effect, Integer> effects(TcpProxy link) {
        return lasting.computeIfAbsent(link, l -> new EnumMap<>(Effect.class));
    }

    private static void disturb(TcpProxy link, Planned planned, Effect effect) {
        switch (effect) {
            case BROKEN -> link.cut();
            case DELAYED -> link.delay(planned.duration().dividedBy(3));
            case NARROWED -> link.narrow(BYTES_PER_SECOND);
            case STALLED -> link.stall();
            case ANSWER_LOST -> link.loseAnswers();
            case REFUSED -> {
                SplittableRandom random = new SplittableRandom(planned.at().toMillis());
                int percent = random.nextBoolean() ? 100 : 60;
                link.refuse(Throttling.when(() -> {
                    synchronized (random) {
                        return random.nextInt(100) < percent;
                    }
                }));
            }
            case HALF_CLOSED -> throw new IllegalArgumentException("nothing ends the end of a connection");
        }
    }

    private static void pause(Planned planned) throws InterruptedException {
        Thread.sleep(planned.duration().toMillis());
    }
}
