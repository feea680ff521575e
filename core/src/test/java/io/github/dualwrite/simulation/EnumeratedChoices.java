package io.github.dualwrite.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Every order of the steps, one after another: depth first, by running the schedule again with another choice at the last
 * point where there is one left.
 *
 * <p>Three things are left out, because they cannot show anything new:
 *
 * <ol>
 *   <li>A step that touches only the memory of its process goes first, unless that process has another kind of step to offer.
 *       Whether a process that dies had already sent its message is a choice made at its death.
 *   <li>A process dies only at once after a step of its own, or before its first one. A death touches nothing that another process
 *       can see: put off over the steps of others, it is the same schedule.
 *   <li>What comes after a state that was reached before, in another order. Whether the process that made the last step dies is
 *       asked before that, so that it is asked in each order.
 * </ol>
 */
final class EnumeratedChoices implements Choices {

    /** A point at which there is a choice. */
    private static final class Point {
        private final int options;
        private int chosen;

        Point(int options) {
            this.options = options;
        }
    }

    private final boolean prunes;
    private final List<Point> path = new ArrayList<>();
    private final Set<String> states = new HashSet<>();
    private @Nullable World world;
    private int depth;
    private final Deque<Instance> mayDie = new ArrayDeque<>();
    private Consumer<Instance> death = instance -> {};
    private boolean dies;
    private boolean branching;
    private boolean known;

    /** Prunes what comes after a known state, or tries it again and again. */
    EnumeratedChoices(boolean prunes) {
        this.prunes = prunes;
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
        mayDie.clear();
        mayDie.addAll(mortal);
        dies = !mortal.isEmpty();
        branching = true;
    }

    /** Whether a process dies now. */
    private boolean oneDies() {
        while (!mayDie.isEmpty()) {
            Instance next = mayDie.removeFirst();
            if (world != null && world.fingerprint.mayStillAct(next) && point(2) == 1) {
                dies = false;
                mayDie.clear();
                death.accept(next);
                return true;
            }
        }
        return false;
    }

    private int moves(List<Step> enabled, Step step) {
        if (dies) {
            mayDie.add(step.instance);
        }
        return enabled.indexOf(step);
    }

    void stop() {
        branching = false;
    }

    /** Whether the schedule under way came to a state from which all was tried before. */
    boolean known() {
        return known;
    }

    /** How many states with a choice there were. */
    int states() {
        return states.size();
    }

    /** Prepares the same schedule. */
    void again() {
        depth = 0;
        known = false;
        branching = false;
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
        return branching && !known ? point(bound) : bound - 1; // what comes once in a while does not come
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
        if (candidates.size() > 1 && depth == path.size() && prunes && world != null) {
            known = !states.add(world.fingerprint.now());
            if (known) {
                world.loop.end();
                return 0;
            }
        }
        int chosen = candidates.size() == 1 ? 0 : point(candidates.size());
        return candidates == enabled
                ? moves(enabled, candidates.get(chosen))
                : enabled.indexOf(candidates.get(chosen));
    }

    private int point(int options) {
        if (depth == path.size()) {
            path.add(new Point(options));
        }
        Point point = path.get(depth++);
        if (point.options != options) {
            throw new IllegalStateException("not the same schedule: " + options + " instead of " + point.options);
        }
        return point.chosen;
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
            if (step.instance == instance
                    && (step.touch == Step.Touch.AUTHORITY || step.touch == Step.Touch.FOLLOWER)) {
                return false;
            }
        }
        return true;
    }
}
