package io.github.dualwrite.simulation;

import io.github.dualwrite.spi.Lease;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The state of a world, as far as it decides what can happen next. What is in a process follows from what it has seen, for
 * nothing else gets in; of a dead one only its messages are left. The rest is in the stores and under way between them.
 */
final class Fingerprint {

    private final World world;
    private final Map<String, UUID> claimed = new HashMap<>();
    private final Map<UUID, String> claims = new HashMap<>();

    Fingerprint(World world) {
        this.world = world;
    }

    void claimed(Instance by, Lease lease, Collection<String> keys) {
        claims.put(lease.id(), by.name + '/' + by.countOf("lease"));
        keys.forEach(key -> claimed.put(key, lease.id()));
    }

    void released(Lease lease, Collection<String> keys) {
        keys.forEach(key -> claimed.remove(key, lease.id()));
    }

    void written(String key) {
        claimed.remove(key);
    }

    /** Whether anything of it can happen before time passes; if not, it does not matter what it has seen. */
    boolean mayStillAct(Instance instance) {
        for (Step step : world.loop.waiting()) {
            if (step.instance == instance && step.from <= world.loop.now()) {
                return true;
            }
        }
        return false;
    }

    /** What survives when all processes die. */
    String stores() {
        StringBuilder text = new StringBuilder().append(world.rules).append(world.history);
        for (String key : world.keys) {
            UUID lease = claimed.get(key);
            text.append(world.truth.snapshot(List.of(key)))
                    .append(world.truth.read(key))
                    .append(lease == null ? "" : claims.get(lease));
        }
        return text.toString();
    }

    String now() {
        StringBuilder text = new StringBuilder();
        text.append(world.loop.now()).append(stores());
        for (Instance instance : world.instances()) {
            text.append(instance.name).append(instance.dead());
            if (!instance.dead() && mayStillAct(instance)) {
                text.append(instance.seen());
            }
        }
        List<String> underWay = new ArrayList<>();
        for (Step step : world.loop.waiting()) {
            underWay.add(step.instance.dead() ? step.toString() : step.identity() + step.from);
        }
        Collections.sort(underWay);
        return text.append(underWay).toString();
    }
}
