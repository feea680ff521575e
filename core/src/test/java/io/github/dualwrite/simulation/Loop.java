package io.github.dualwrite.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Time and the order of all that happens in a world.
 *
 * <ol>
 *   <li>One actor runs, until it waits.
 *   <li>Then one step is chosen of those whose time has come; if there is none, time passes until there is one.
 *   <li>A step that needs no thread runs at once, on the thread that waits, and the next one is chosen. A step that lets an
 *       actor go on hands it the baton.
 * </ol>
 */
final class Loop {

    private static final int MOST_STEPS = 20_000;

    private final Choices choices;
    private final ActorThreads threads;
    private final Trace trace;
    private final Disturbances disturbances;
    private final List<Step> waiting = new ArrayList<>();
    private final List<Step> enabled = new ArrayList<>();
    private final Deque<Actor> dying = new ArrayDeque<>();
    private @Nullable Actor current;
    private @Nullable Step running;
    private final Actor driver;
    private boolean over;
    private long now = 1_000_000_000;
    private int steps;

    Loop(Choices choices, ActorThreads threads, Trace trace, Disturbances disturbances, Instance outside) {
        this.choices = choices;
        this.threads = threads;
        this.trace = trace;
        this.disturbances = disturbances;
        this.driver = Actor.here(outside, "driver", threads);
        this.current = driver;
        outside.actors.add(driver);
    }

    /** Virtual time in nanoseconds. */
    long now() {
        return now;
    }

    /** Where nothing ever dies. */
    Instance outside() {
        return driver.instance;
    }

    int steps() {
        return steps;
    }

    /** The actor that holds the baton; {@code null} while a step runs that has no thread of its own. */
    @Nullable
    Actor current() {
        return running == null ? current : null;
    }

    Step add(Step step) {
        waiting.add(step);
        return step;
    }

    void remove(Step step) {
        waiting.remove(step);
    }

    boolean waits(Step step) {
        return waiting.contains(step);
    }

    List<Step> waiting() {
        return waiting;
    }

    /** Starts something on a thread of its own. */
    void spawn(Instance instance, String name, Runnable body, long from) {
        add(Step.resume(from, new Actor(instance, name, body, threads), "starts"));
    }

    /** Lets virtual time pass. */
    void sleep(long nanos) {
        Actor self = self("sleeps");
        add(Step.resume(now + nanos, self, "wakes"));
        block(self);
    }

    /** Waits; a negative limit is for ever. */
    <T> T await(CompletableFuture<T> future, long limit) throws ExecutionException, TimeoutException {
        if (!future.isDone()) {
            Actor self = self("waits");
            Step giveUp = limit < 0 ? null : add(Step.resume(now + limit, self, "gives up waiting"));
            Step[] goOn = new Step[1];
            CompletableFuture<T> unused = future.whenComplete((result, error) -> {
                if (!self.instance.dead() && goOn[0] == null) {
                    goOn[0] = add(Step.resume(now, self, "goes on"));
                }
            });
            block(self);
            if (giveUp != null) {
                remove(giveUp);
            }
            if (goOn[0] != null) {
                remove(goOn[0]);
            } else {
                goOn[0] = Step.resume(0, self, ""); // a late end must not wake it once more
            }
            if (!future.isDone()) {
                throw new TimeoutException();
            }
        }
        try {
            return future.get();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        }
    }

    private Actor self(String what) {
        if (running != null || current == null) {
            throw new IllegalStateException("a callback " + what + ": " + running);
        }
        current.instance.mustLive();
        return current;
    }

    private void block(Actor self) {
        Actor next = next();
        if (next != self) {
            next.takeBaton();
            self.awaitBaton();
        }
        current = self;
        if (over && self == driver) {
            throw new ScheduleOver();
        }
        self.instance.mustLive();
    }

    /** Runs an actor from its beginning to its end, on a thread that has just got the baton. */
    void runs(Actor actor) {
        current = actor;
        actor.instance.actors.add(actor);
        try {
            actor.instance.mustLive();
            actor.body.run();
        } catch (ProcessDied e) {
            // what a kill looks like from the inside
        } catch (Throwable e) {
            actor.instance.world.rules.broken("harness", actor + " ended with " + e, e);
        }
    }

    /** Whose turn it is after the end of an actor. */
    Actor ended(Actor actor) {
        actor.instance.actors.remove(actor);
        return next();
    }

    private Actor next() {
        while (true) {
            Actor dies = dying.pollFirst();
            if (dies != null) {
                return dies;
            }
            if (over) {
                return driver;
            }
            Step step = choose();
            if (step == null) {
                continue;
            }
            trace.line(now, step);
            steps++;
            if (!step.instance.world.settings.timed) {
                step.instance.sees(step.identity());
            }
            if (step.resumes != null) {
                return step.resumes;
            }
            running = step;
            try {
                step.action.run();
            } catch (Throwable e) {
                step.instance.world.rules.broken("harness", step + " ended with " + e, e);
            }
            running = null;
        }
    }

    private @Nullable Step choose() {
        if (steps > MOST_STEPS) {
            driver.instance.world.rules.broken("harness", "no end after " + steps + " steps", null);
            return null;
        }
        if (disturbances.before(steps)) {
            return null; // the world has changed
        }
        enabled.clear();
        if (waiting.isEmpty()) {
            driver.instance.world.rules.broken("harness", "everybody waits for ever", null);
            return null;
        }
        enable();
        if (enabled.isEmpty()) {
            long earliest = Long.MAX_VALUE;
            for (int i = 0; i < waiting.size(); i++) {
                earliest = Math.min(earliest, waiting.get(i).from);
            }
            now = earliest;
            enable();
        }
        int next = choices.next(enabled);
        if (next == Choices.NONE) {
            return null;
        }
        Step chosen = enabled.get(next);
        waiting.remove(chosen);
        return chosen;
    }

    private void enable() {
        for (int i = 0; i < waiting.size(); i++) {
            Step step = waiting.get(i);
            if (step.from <= now) {
                enabled.add(step);
            }
        }
    }

    /** Ends the schedule: nothing happens any more, and the driver goes on. */
    void end() {
        over = true;
    }

    /** Takes away what a dead process would have done, and unwinds its threads before anything else happens. */
    void kill(Instance instance) {
        waiting.removeIf(step -> step.instance == instance && step.touch == Step.Touch.NOTHING);
        dying.addAll(instance.actors);
    }

    /** Unwinds all threads of a world that is over; called by the driver. */
    void unwind() {
        over = true;
        if (!dying.isEmpty()) {
            dying.addLast(driver);
            Actor first = next();
            if (first != driver) {
                first.takeBaton();
                driver.awaitBaton();
            }
            current = driver;
        }
    }
}
