package io.github.dualwrite.simulation;

import io.github.dualwrite.WriteResult;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.testkit.Sample;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** Listens to the events of an instance. Sometimes it lets others go first, for an event comes between two steps of a write. */
final class Witness implements DualWriteListener {

    private final Instance instance;
    private final Set<KeyVersion<String>> told = new HashSet<>();
    private final Set<KeyVersion<String>> handedOver = new LinkedHashSet<>();
    private final Set<KeyVersion<String>> owed = new LinkedHashSet<>();

    Witness(Instance instance) {
        this.instance = instance;
    }

    @Override
    public void onEvent(DualWriteEvent event) {
        World world = instance.world;
        if (instance.dead()) {
            return;
        }
        world.trace.line(world.loop.now(), "    ! ", instance, " ", event);
        if (event instanceof DualWriteEvent.BreakerChanged) {
            world.saw("breaker changed state");
        }
        if (event instanceof DualWriteEvent.LeftPending left) {
            world.saw("left pending " + left.reason());
            told.add(new KeyVersion<>((String) left.key(), left.version()));
        } else if (event instanceof DualWriteEvent.Applied applied) { // after its caller had given up
            told.add(new KeyVersion<>((String) applied.key(), applied.version()));
        } else if (event instanceof DualWriteEvent.Parked parked) {
            world.saw("parked");
            world.rules.parkedIsReported((String) parked.key());
        } else if (event instanceof DualWriteEvent.FollowerAhead) {
            world.rules.broken("follower ahead", "versions only grow, and yet: " + event, null);
        } else if (event instanceof DualWriteEvent.ReadFallback fallback) {
            world.saw("fallback " + fallback.reason());
        } else if (event instanceof DualWriteEvent.ShadowCompared compared && compared.result() == ShadowResult.EQUAL) {
            world.saw("shadow read equal");
        } else if (event instanceof DualWriteEvent.ShadowCompared compared
                && compared.result() != ShadowResult.LAGGING
                && !world.rules.everDamaged()) {
            world.rules.broken("shadow", "a difference that is none: " + compared, null);
        } else if (event instanceof DualWriteEvent.Committed && world.choices.once(world.settings.pauseOneOf)) {
            long pause = world.choices.number(3) * 1_000_000L;
            Actor self = world.loop.current();
            if (self != null) {
                self.authorityTime += pause; // it is not the follower that is waited for
            }
            world.loop.sleep(pause);
        }
    }

    void acknowledged(WriteResult<String, Sample> result) {
        result.pendingReason()
                .ifPresent(reason -> (reason == PendingReason.ASYNCHRONOUS ? handedOver : owed)
                        .add(new KeyVersion<>(result.key(), result.version())));
    }

    /**
     * DW-6: what became of each write that was said to be left pending is an event; of one that was handed over, an event
     * of this or a newer version.
     */
    void check() {
        handedOver.removeIf(write ->
                told.stream().anyMatch(each -> each.key().equals(write.key()) && each.version() >= write.version()));
        if (!handedOver.isEmpty()) {
            instance.world.rules.broken(
                    "DW-6", "handed over without an event of what became of it: " + handedOver, null);
        }
        owed.removeAll(told);
        if (!owed.isEmpty()) {
            instance.world.rules.broken("DW-6", "left pending without an event: " + owed, null);
        }
    }
}
