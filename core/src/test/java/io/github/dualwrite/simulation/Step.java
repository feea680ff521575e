package io.github.dualwrite.simulation;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Something that can happen from a moment on: an actor goes on, a message arrives, a time is over. */
final class Step {

    /** What a step has to do with that another process can see. */
    enum Touch {
        /** Nothing: only the memory of its own process. */
        NOTHING,
        AUTHORITY,
        FOLLOWER
    }

    private static final Set<String> READS =
            Set.of("SNAPSHOT", "statistics", "pending among", "pending keys", "read authority", "read follower");

    final long from;
    final Instance instance;
    final String what;
    final @Nullable Object detail;
    final Touch touch;
    final @Nullable Actor resumes;
    final Runnable action;

    /** Tells it from others with the same text, in whatever order the other processes go. */
    final int number;

    private Step(
            long from,
            Instance instance,
            String what,
            @Nullable Object detail,
            Touch touch,
            @Nullable Actor resumes,
            Runnable action) {
        this.from = from;
        this.instance = instance;
        this.what = what;
        this.detail = detail;
        this.touch = touch;
        this.resumes = resumes;
        this.action = action;
        this.number = instance.world.settings.timed ? 0 : instance.countOf(what);
    }

    /** An actor goes on. */
    static Step resume(long from, Actor actor, String what) {
        return new Step(from, actor.instance, actor.name, what, Touch.NOTHING, actor, () -> {});
    }

    /** Something that needs no thread of its own and must not wait. */
    static Step run(long from, Instance instance, String what, @Nullable Object detail, Touch touch, Runnable action) {
        return new Step(from, instance, what, detail, touch, null, action);
    }

    /**
     * Whether it makes a difference which of both comes first: to a store, or to the memory of a process. The other one may be of another
     * run of the same schedule.
     */
    boolean dependsOn(Step other) {
        return instance.name.equals(other.instance.name)
                || (touch == other.touch && touch != Touch.NOTHING && !(reads() && other.reads()));
    }

    private boolean reads() {
        return READS.contains(what);
    }

    String identity() {
        return instance.name + '/' + what + '/' + number;
    }

    @Override
    public String toString() {
        return instance.name + " " + what + (detail == null ? "" : " " + detail);
    }
}
