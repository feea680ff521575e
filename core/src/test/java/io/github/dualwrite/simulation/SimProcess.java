package io.github.dualwrite.simulation;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A process that is started again when it has died, and then goes on with what is left of its work. */
final class SimProcess {

    private final World world;
    private final String name;
    private final int[] left;
    private final Consumer<Instance> operation;
    private @Nullable Instance instance;
    private int starts;
    private int clientsLeft;
    private final Runnable whenDone;

    SimProcess(World world, String name, int clients, int operations, Consumer<Instance> operation, Runnable whenDone) {
        this.world = world;
        this.name = name;
        this.operation = operation;
        this.whenDone = whenDone;
        this.left = new int[clients];
        this.clientsLeft = clients;
        Arrays.fill(left, operations);
    }

    void start() {
        starts++;
        Instance started = world.newInstance(name, name + "#" + starts);
        instance = started;
        world.loop.spawn(
                started,
                "main",
                () -> {
                    started.open();
                    for (int i = 0; i < left.length; i++) {
                        int client = i;
                        if (left[i] >= 0) {
                            world.loop.spawn(started, "client" + i, () -> work(started, client), world.loop.now());
                        }
                    }
                },
                world.loop.now());
    }

    private void work(Instance on, int client) {
        while (left[client] > 0) {
            left[client]--;
            operation.accept(on);
        }
        left[client] = -1;
        if (--clientsLeft == 0) {
            whenDone.run();
        }
    }

    void dies() {
        Instance now = instance;
        if (now == null || now.dead()) {
            return;
        }
        if (world.loop.steps() > RandomSchedule.STEPS) {
            world.saw("death after step " + RandomSchedule.STEPS);
        }
        world.kill(now);
        world.loop.add(Step.run(
                world.loop.now() + world.choices.number(300) * 1_000_000L,
                world.loop.outside(),
                "starts again",
                name,
                Step.Touch.NOTHING,
                this::start));
    }
}
