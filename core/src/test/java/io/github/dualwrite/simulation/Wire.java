package io.github.dualwrite.simulation;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings calls to a store and answers back. A call is two steps: its arrival, when it takes effect, and its answer. One that is
 * under way arrives although its caller has given up, or has died: or it does not.
 */
final class Wire {

    /** When a client of the authority finds out that no answer will come. */
    private static final long BROKEN_AFTER = 300_000_000;

    private final World world;
    private int underWay;

    Wire(World world) {
        this.world = world;
    }

    /** How many calls have not arrived yet. */
    int underWay() {
        return underWay;
    }

    /** Makes a call; {@code error} says what the caller gets for a fate that is an error to it. */
    <T> CompletableFuture<T> send(
            Instance from,
            Step.Touch store,
            String what,
            @Nullable Object detail,
            Fate fate,
            Supplier<Throwable> error,
            Supplier<T> effect) {
        from.mustLive();
        if (fate != Fate.ANSWERED && what.equals("SAVE")) {
            world.saw("save " + fate);
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        underWay++;
        Step request = world.loop.add(Step.run(
                world.loop.now() + world.faults.latency(what),
                from,
                what,
                detail,
                store,
                () -> arrives(from, store, what, fate, error, effect, answer)));
        CompletableFuture<T> unused = answer.whenComplete((result, failure) -> {
            if (answer.isCancelled() && world.loop.waits(request) && world.choices.once(2)) {
                drop(request);
            }
        });
        return answer;
    }

    void drop(Step request) {
        world.loop.remove(request);
        underWay--;
    }

    private <T> void arrives(
            Instance from,
            Step.Touch store,
            String what,
            Fate fate,
            Supplier<Throwable> error,
            Supplier<T> effect,
            CompletableFuture<T> answer) {
        if (fate == Fate.DONE_LATER) {
            later(from, what, world.faults.latency(what), () -> end(answer, null, error.get()));
            long done = world.loop.now() + world.faults.goesOn();
            world.loop.add(
                    Step.run(done, world.loop.outside(), what, "late", store, () -> takesEffectLate(what, effect)));
            return;
        }
        underWay--;
        T result = null;
        Throwable refusal = null;
        if (fate.takesEffect()) {
            try {
                result = effect.get();
            } catch (RuntimeException e) { // a store's answer too
                refusal = e;
            }
            world.rules.afterEffect(what);
        }
        if (!world.settings.timed) {
            from.sees(String.valueOf(refusal != null ? refusal.getClass() : result));
        }
        world.trace.line(world.loop.now(), "    = ", refusal != null ? refusal : result, " ", fate);
        if (from.dead()) {
            return;
        }
        if (fate == Fate.ANSWERED) {
            T good = result;
            Throwable bad = refusal;
            later(from, what, world.faults.latency(what), () -> end(answer, good, bad));
        } else if (!fate.lost()) {
            later(from, what, world.faults.latency(what), () -> end(answer, null, error.get()));
        } else if (store == Step.Touch.AUTHORITY) {
            later(from, what, BROKEN_AFTER, () -> end(answer, null, error.get()));
        }
    }

    private void takesEffectLate(String what, Supplier<?> effect) {
        underWay--;
        try {
            Object unused = effect.get();
        } catch (RuntimeException e) { // a store's refusal, which nobody hears
            world.trace.line(world.loop.now(), "    = ", e, " ", Fate.DONE_LATER);
        }
        world.rules.afterEffect(what);
    }

    private void later(Instance from, String what, long delay, Runnable answer) {
        if (world.settings.timed) {
            world.loop.add(Step.run(world.loop.now() + delay, from, "answer to", what, Step.Touch.NOTHING, answer));
        } else {
            answer.run();
        }
    }

    private static <T> void end(CompletableFuture<T> answer, @Nullable T result, @Nullable Throwable error) {
        if (error != null) {
            answer.completeExceptionally(error);
        } else {
            answer.complete(result);
        }
    }
}
