package io.github.dualwrite.simulation;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/** What comes from outside at a given step: deaths, outages, changes of the flag. */
final class Disturbances {

    /**
     * One of them.
     *
     * @param step after how many steps
     */
    record Disturbance(int step, Runnable what) {}

    private final Deque<Disturbance> next = new ArrayDeque<>();

    void plan(List<Disturbance> planned) {
        planned.stream().sorted(Comparator.comparingInt(Disturbance::step)).forEach(next::add);
    }

    /** Lets happen what is to happen now; whether there was anything. */
    boolean before(int step) {
        Disturbance due = next.peekFirst();
        if (due == null || due.step() > step) {
            return false;
        }
        next.removeFirst();
        due.what().run();
        return true;
    }

    void stop() {
        next.clear();
    }
}
