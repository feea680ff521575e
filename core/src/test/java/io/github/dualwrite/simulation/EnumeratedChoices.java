package io.github.dualwrite.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Every order of the steps, one after another: depth first, by running the schedule again with another choice at the last
 * point where there is one left.
 *
 * <p>Four things are left out, because they cannot show anything new:
 *
 * <ol>
 *   <li>A step that touches only the memory of its process goes first, unless that process has another kind of step to offer.
 *       Whether a process that dies had already sent its message is a choice made at its death.
 *   <li>A process dies only at once after a step of its own, or before its first one. A death touches nothing that another process
 *       can see: put off over the steps of others, it is the same schedule.
 *   <li>Of two steps that do not depend on each other ({@link Step#dependsOn}) only one order is gone on from: when all that begins
 *       with the first was tried, it sleeps while others go first that do not depend on it. Every state is reached all the same,
 *       and with it every check (P. Godefroid, sleep sets).
 *   <li>What comes after a state that was reached before, in another order, but for what slept then and is awake now. Whether the
 *       process that made the last step dies is asked before that, so that it is asked in each order.
 * </ol>
 */
final class EnumeratedChoices implements Choices {

    /** A point at which there is a choice. */
    private static final class Point {
        private final int options;
        private int chosen;

        /** The names of the steps, and those that sleep; empty for a choice of another kind. */
        private List<String> steps = List.of();

        private Map<String, Step> asleep = Map.of();

        Point(int options) {
            this.options = options;
        }
    }

    private final Reduction reduction;
    private final List<Point> path = new ArrayList<>();

    /** The states that were reached, with the steps that were not gone on with because they slept. */
    private final Map<String, Set<String>> states = new HashMap<>();

    private final Deque<Instance> mayDie = new ArrayDeque<>();
    private List<Instance> mortal = List.of();
    private Consumer<Instance> death = instance -> {};
    private Map<String, Step> asleep = Map.of();
    private @Nullable World world;
    private int depth;
    private boolean branching;
    private boolean known;

    /** The states in which no process has only its own memory to work on. */
    private final Set<String> settledStates = new HashSet<>();

    EnumeratedChoices(Reduction reduction) {
        this.reduction = reduction;
    }

    /**
     * From here on, in this schedule, there is a choice.
     *
     * @param mortal of these processes one may die
     * @param death what happens then
     */
    void branchIn(World world, List<Instance> mortal, Consumer<Instance> death) {
        this.world = world;
        this.death = death;
        this.mortal = mortal;
        mayDie.addAll(mortal);
        branching = true;
    }

    void stop() {
        branching = false;
    }

    /** Whether the schedule under way came to where all was tried before. */
    boolean known() {
        return known;
    }

    /** How many states with a choice there were. */
    int states() {
        return states.size();
    }

    /** All states in which no process has only its own memory to work on: these are the same whatever is left out. */
    Set<String> settledStates() {
        return settledStates;
    }

    /** Prepares the same schedule. */
    void again() {
        depth = 0;
        known = false;
        branching = false;
        asleep = Map.of();
        mayDie.clear();
    }

    /** Prepares the next schedule; false if there is none left. */
    boolean advance() {
        while (!path.isEmpty()) {
            Point last = path.get(path.size() - 1);
            last.chosen++;
            if (last.chosen < last.options) {
                again();
                return true;
            }
            path.remove(path.size() - 1);
        }
        return false;
    }

    @Override
    public int number(int bound) {
        return branching && !known ? point(bound).chosen : bound - 1; // what comes once in a while does not come
    }

    @Override
    public int next(List<Step> enabled) {
        if (!branching || known) {
            return 0;
        }
        List<Step> candidates = local(enabled);
        if (candidates == enabled && oneDies()) {
            return NONE;
        }
        Map<String, Step> byName = new HashMap<>();
        candidates.forEach(step -> byName.put(step.identity(), step));
        if (depth == path.size()) {
            List<String> open = open(candidates, candidates == enabled);
            if (open.isEmpty()) {
                known = true;
                loop().end();
                return 0;
            }
            point(open.size()).steps = open;
            depth--;
            path.get(depth).asleep = asleep;
        }
        Point point = point(path.get(depth).options);
        Step chosen = byName.get(point.steps.get(point.chosen));
        if (chosen == null) {
            throw new IllegalStateException("not the same schedule: no " + point.steps.get(point.chosen));
        }
        asleep = stillAsleep(point, byName, chosen);
        return moves(enabled, chosen);
    }

    private Loop loop() {
        if (world == null) {
            throw new IllegalStateException("no world");
        }
        return world.loop;
    }

    /** The steps to be gone on with from here. */
    private List<String> open(List<Step> candidates, boolean settled) {
        List<String> open = new ArrayList<>();
        for (Step step : candidates) {
            if (!asleep.containsKey(step.identity())) {
                open.add(step.identity());
            }
        }
        if (world != null && candidates.size() > 1) {
            String state = world.fingerprint.now();
            if (settled) {
                settledStates.add(state);
            }
            Set<String> now = Set.copyOf(asleep.keySet());
            Set<String> before = states.putIfAbsent(state, now);
            if (before != null && reduction != Reduction.NONE) {
                open.retainAll(before); // whatever did not sleep then was gone on with
                Set<String> both = new HashSet<>(before);
                both.retainAll(now);
                states.put(state, both);
            }
        }
        return open;
    }

    /** What was tried before the chosen step, or slept, goes on sleeping as long as it does not depend on what happens. */
    private Map<String, Step> stillAsleep(Point point, Map<String, Step> byName, Step chosen) {
        if (reduction != Reduction.ALL) {
            return Map.of();
        }
        Map<String, Step> after = new HashMap<>(point.asleep);
        for (String tried : point.steps.subList(0, point.chosen)) {
            Step step = byName.get(tried);
            if (step != null) {
                after.put(tried, step);
            }
        }
        after.values().removeIf(chosen::dependsOn);
        return after;
    }

    /** Whether a process dies now. */
    private boolean oneDies() {
        if (reduction == Reduction.NONE) {
            mayDie.addAll(mortal);
        }
        while (!mayDie.isEmpty()) {
            Instance next = mayDie.removeFirst();
            boolean matters = reduction == Reduction.NONE || (world != null && world.fingerprint.mayStillAct(next));
            if (matters && point(2).chosen == 1) {
                mortal = List.of();
                mayDie.clear();
                death.accept(next);
                return true;
            }
        }
        return false;
    }

    private int moves(List<Step> enabled, Step step) {
        if (!mortal.isEmpty() && step.touch != Step.Touch.NOTHING) {
            mayDie.add(step.instance);
        }
        return enabled.indexOf(step);
    }

    private Point point(int options) {
        if (depth == path.size()) {
            path.add(new Point(options));
        }
        Point point = path.get(depth++);
        if (point.options != options) {
            throw new IllegalStateException("not the same schedule: " + options + " instead of " + point.options);
        }
        return point;
    }

    private static List<Step> local(List<Step> enabled) {
        for (Step step : enabled) {
            if (step.touch == Step.Touch.NOTHING && allLocal(step.instance, enabled)) {
                List<Step> ofInstance = new ArrayList<>();
                for (Step other : enabled) {
                    if (other.instance == step.instance && other.touch == Step.Touch.NOTHING) {
                        ofInstance.add(other);
                    }
                }
                return ofInstance;
            }
        }
        return enabled;
    }

    private static boolean allLocal(Instance instance, List<Step> enabled) {
        for (Step step : enabled) {
            if (step.instance == instance && step.touch != Step.Touch.NOTHING) {
                return false;
            }
        }
        return true;
    }
}
