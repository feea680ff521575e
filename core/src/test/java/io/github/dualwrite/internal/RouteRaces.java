package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.fake.Tasks;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The route in force, and the events of its changes. */
final class RouteRaces {

    private static final long SECOND = 1_000_000_000;

    private RouteRaces() {}

    /** A flag that tells of its changes. */
    private static class Flag implements ReadRouteSource {
        private final boolean perKey;
        private volatile ReadRoute route = ReadRoute.primary();
        private volatile Runnable changed = () -> {};

        Flag(boolean perKey) {
            this.perKey = perKey;
        }

        void set(ReadRoute next) {
            route = next;
            changed.run();
        }

        @Override
        public ReadRoute route(String repository) {
            ReadRoute now = route;
            LockSupport.parkNanos(1); // an answer takes its time
            return now;
        }

        @Override
        public boolean perKey() {
            return perKey;
        }

        @Override
        public Runnable onChange(Runnable told) {
            changed = told;
            return () -> {};
        }
    }

    /** A change that is told while the source is being asked is not missed. */
    static final class ChangeWhileAsked implements Race {
        private final Flag flag = new Flag(false);
        private final Tasks asker = new Tasks();
        private final EffectiveRoute route =
                new EffectiveRoute(flag, ReadRouteSettings.defaults(), asker, new Events("race", List.of()), () -> 0);

        @Override
        public List<Runnable> threads() {
            return List.of(() -> flag.set(ReadRoute.secondary()), asker::run);
        }

        @Override
        public void check() {
            asker.run();
            if (!route.current().equals(ReadRoute.secondary())) {
                Race.fail("the flag says secondary, and the route is " + route.current());
            }
        }
    }

    /** An answer that was given before a change does not replace the one that the change has brought. */
    static final class OvertakenAnswer implements Race {
        private final Flag flag = new Flag(false) {
            @Override
            public boolean immediate() {
                return true;
            }
        };
        private final EffectiveRoute route = new EffectiveRoute(
                flag, ReadRouteSettings.defaults(), new Tasks(), new Events("race", List.of()), () -> 0);

        @Override
        public List<Runnable> threads() {
            Runnable read = () -> {
                ReadRoute unused = route.current();
            };
            Runnable change = () -> {
                flag.set(ReadRoute.secondary());
                flag.set(ReadRoute.primary());
            };
            return List.of(change, read);
        }

        @Override
        public void check() {
            if (route.mayReadSecondary()) {
                Race.fail("the flag says primary, and the route in force is another");
            }
        }
    }

    /** A key whose route is being asked for by several is asked for again when that is due. */
    static final class KeyAskedByTwo implements Race {
        private final AtomicLong now = new AtomicLong(1);
        private final Flag flag = new Flag(true);
        private final Tasks asker = new Tasks();
        private final EffectiveRoute route =
                new EffectiveRoute(flag, ReadRouteSettings.defaults(), asker, new Events("race", List.of()), now::get);

        private void read() {
            ReadRoute unused = route.current("k");
        }

        @Override
        public List<Runnable> threads() {
            return List.of(this::read, this::read, asker::run);
        }

        @Override
        public void check() {
            asker.run();
            flag.route = ReadRoute.secondary();
            for (int i = 0; i < 2; i++) {
                now.addAndGet(SECOND);
                read();
                asker.run();
            }
            if (!route.current("k").equals(ReadRoute.secondary())) {
                Race.fail("the flag says secondary for k, and its route is " + route.current("k"));
            }
        }
    }

    /** Each event is delivered once, one at a time. */
    static final class Deliveries implements Race {
        private final AtomicInteger inside = new AtomicInteger();
        private final ConcurrentLinkedQueue<String> heard = new ConcurrentLinkedQueue<>();
        private final OrderedEvents events = new OrderedEvents(new Events("race", List.of(new DualWriteListener() {
            @Override
            public void onEvent(DualWriteEvent event) {
                if (inside.incrementAndGet() != 1) {
                    heard.add("two at a time");
                }
                heard.add(((DualWriteEvent.BackfillWarned) event).warning());
                inside.decrementAndGet();
            }
        })));

        private void add(String what) {
            events.add(new DualWriteEvent.BackfillWarned("race", "job", what));
            events.deliver();
        }

        @Override
        public List<Runnable> threads() {
            return List.of(() -> add("a"), () -> add("b"));
        }

        @Override
        public void check() {
            if (heard.size() != 2 || !heard.containsAll(List.of("a", "b"))) {
                Race.fail("heard of a and b: " + heard);
            }
        }
    }
}
