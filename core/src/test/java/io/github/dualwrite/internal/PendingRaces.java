package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.fake.Queues;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A key that is pending, and whose write was acknowledged, must be known to be so. */
final class PendingRaces {

    private static final Events EVENTS = new Events("race", List.of());

    private PendingRaces() {}

    /** A mark of a newer version stays when an older one is settled. */
    static final class MarkAndSettle implements Race {
        private final PendingKeys<String> keys = new PendingKeys<>(100, EVENTS, () -> 0);

        @Override
        public List<Runnable> threads() {
            keys.mark("k", 1);
            return List.of(() -> keys.mark("k", 2), () -> keys.settle("k", 1));
        }

        @Override
        public void check() {
            if (!keys.mayBePending("k")) {
                Race.fail("version 2 is not on the follower, and forgotten");
            }
            keys.settle("k", 2);
            if (keys.mayBePending("k")) {
                Race.fail("version 2 is settled, and still marked");
            }
        }
    }

    /** A sweep takes no mark away that is made while it looks. */
    static final class MarkAndSweep implements Race {
        private final Set<String> pending = ConcurrentHashMap.newKeySet();
        private final Queues.OfKeys<String> queue = new Queues.OfKeys<>(pending);
        private final PendingKeys<String> keys = new PendingKeys<>(100, EVENTS, () -> 0);

        @Override
        public List<Runnable> threads() {
            keys.mark("k", 1);
            return List.of(
                    () -> {
                        pending.add("k");
                        keys.mark("k", 2);
                    },
                    () -> keys.sweep(queue));
        }

        @Override
        public void check() {
            if (!keys.mayBePending("k")) {
                Race.fail("k is pending, and a sweep took its mark away");
            }
        }
    }

    /** A write that finds no room for its mark makes every key count as pending, and what is told last says so. */
    static final class NoRoomAndSweep implements Race {
        private final Set<String> pending = ConcurrentHashMap.newKeySet();
        private final Queues.OfKeys<String> queue = new Queues.OfKeys<>(pending);
        private volatile boolean known = true;
        private final DualWriteListener listener = new DualWriteListener() {
            @Override
            public void onPendingKeysKnown(DualWriteEvent.PendingKeysKnown event) {
                known = event.known();
            }
        };
        private final PendingKeys<String> keys = new PendingKeys<>(4, new Events("race", List.of(listener)), () -> 0);

        @Override
        public List<Runnable> threads() {
            for (String key : List.of("a", "b", "c", "d", "e")) { // one too many, and none is pending any more
                keys.mark(key, 1);
            }
            return List.of(() -> write("x"), () -> write("y"), () -> {
                keys.sweep(queue);
                keys.sweep(queue);
            });
        }

        private void write(String key) {
            pending.add(key);
            keys.mark(key, 2);
        }

        @Override
        public void check() {
            if (!keys.mayBePending("x") || !keys.mayBePending("y")) {
                Race.fail("a key is pending, and not known to be");
            }
            keys.sweep(queue);
            if (known == keys.mayBePending("never written")) {
                Race.fail("the last event says known=" + known);
            }
        }
    }

    /** A look for the fleet counts from its beginning. */
    static final class LookAndWrite implements Race {
        private static final long BOUND = 1_000;
        private final AtomicLong now = new AtomicLong();
        private final Set<String> pending = ConcurrentHashMap.newKeySet();
        private final FleetPending<String> fleet = new FleetPending<>(
                new Queues.OfKeys<>(pending), Duration.ofNanos(BOUND), 100, EVENTS, now::get, () -> 0);
        private volatile boolean missed;

        @Override
        public List<Runnable> threads() {
            boolean unused = fleet.mayBePending("k"); // somebody asks
            fleet.look();
            return List.of(fleet::look, () -> {
                now.addAndGet(BOUND / 2);
                pending.add("k"); // acknowledged now
                now.addAndGet(BOUND + 1);
                missed = !fleet.mayBePending("k");
            });
        }

        @Override
        public void check() {
            if (missed || !fleet.mayBePending("k")) {
                Race.fail("a write of longer than the bound ago is not known to be pending");
            }
        }
    }
}
