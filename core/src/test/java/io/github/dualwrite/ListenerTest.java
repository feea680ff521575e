package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.event.StoreCall;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.fake.EveryEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

@Tag("DW-6")
class ListenerTest {

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    static Stream<Throwable> failures() {
        return Stream.of(new IllegalStateException("listener"), new AssertionError("listener"));
    }

    /** A listener that throws from every method it is called by. */
    private static DualWriteListener throwing(Throwable failure, Set<String> called) {
        return (DualWriteListener) Proxy.newProxyInstance(
                DualWriteListener.class.getClassLoader(),
                new Class<?>[] {DualWriteListener.class},
                (proxy, method, arguments) -> {
                    if (method.getDeclaringClass() == Object.class) {
                        return "listener that throws";
                    }
                    called.add(method.getName());
                    throw failure;
                });
    }

    /** Listeners of changes of the route are told one after the other, by whoever comes first. */
    @Test
    void aLogThatThrowsWhenAListenerFailsHoldsUpNothing() {
        Logger logger = (Logger) LoggerFactory.getLogger("io.github.dualwrite");
        Appender<ILoggingEvent> broken = new ListAppender<>() {
            @Override
            public synchronized void doAppend(ILoggingEvent event) {
                if (event.getMessage().equals("a listener failed")) {
                    throw new IllegalStateException("the disk is full");
                }
            }
        };
        ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.primary());
        Level before = logger.getLevel();
        logger.setLevel(Level.DEBUG); // one line for each failure
        logger.addAppender(broken);
        try {
            DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                    .readRouteSource(flag)
                    .readRouteSettings(ReadRouteSettings.defaults().refresh(Duration.ofMillis(20)))
                    .listener(throwing(new IllegalStateException("listener"), new HashSet<>())));
            assertThat(repository.save(Sample.of("a", 1)).secondaryApplied()).isTrue();
            for (ReadRoute route : List.of(ReadRoute.secondary(), ReadRoute.primary(), ReadRoute.secondary())) {
                flag.set(route);
                eventually(() -> assertThat(rig.events.of(DualWriteEvent.RouteChanged.class))
                        .extracting(DualWriteEvent.RouteChanged::to)
                        .endsWith(route.toString()));
            }
        } finally {
            logger.detachAppender(broken);
            logger.setLevel(before);
        }
    }

    @Test
    void aListenerThatWantsNothingHasNoEventOfAWriteMadeAndNoCallWatched() {
        AtomicBoolean listens = new AtomicBoolean();
        List<Object> heard = new CopyOnWriteArrayList<>();
        DualWriteListener quiet = new DualWriteListener() {
            @Override
            public boolean listens() {
                return listens.get();
            }

            @Override
            public @Nullable StoreCall onCall(String repository, StoreRole store, Operation operation, int records) {
                heard.add(operation);
                return null;
            }

            @Override
            public void onEvent(DualWriteEvent event) {
                heard.add(event.getClass());
            }
        };
        DualWriteRepository<String, Sample> repository =
                rig.open(DualWriteRepository.builder(Rig.NAME, rig.primary, rig.secondary)
                        .reconcileInBackground(false)
                        .listener(quiet));
        heard.clear(); // the route is an event at the beginning, whoever listens
        repository.save(Sample.of("a", 1));
        assertThat(heard).isEmpty();

        listens.set(true);
        repository.save(Sample.of("a", 2));
        assertThat(heard)
                .contains(
                        Operation.SAVE, Operation.APPLY, DualWriteEvent.Committed.class, DualWriteEvent.Applied.class);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aListenerThatThrowsHarmsNothing(Throwable failure) throws Exception {
        Set<String> called = ConcurrentHashMap.newKeySet();
        rig.follower.checkGives(() -> {
            throw new IllegalStateException("down");
        });
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder().listener(throwing(failure, called)).readRoute(ReadRoute.secondary()));

        assertThat(repository.save(Sample.of("a", 1)).secondaryApplied()).isTrue();
        rig.follower.now(ScriptedFollower.rejects("bad"));
        assertThat(repository.save(Sample.of("bad", 1)).pendingReason()).contains(PendingReason.REJECTED);
        assertThat(repository.read("bad")).contains(Sample.of("bad", 1));
        assertThat(repository.reconciler().drain(Duration.ofSeconds(20)).parked())
                .isEqualTo(1);
        assertThat(repository.reconciler().retryAllParked()).isEqualTo(1);
        repository.reconciler().drain(Duration.ofSeconds(20));
        assertThat(repository.reconciler().discardParked("bad", "test")).isPresent();

        assertThat(called)
                .contains(
                        "onCommitted",
                        "onApplied",
                        "onLeftPending",
                        "onReadFallback",
                        "onParked",
                        "onParkedRetried",
                        "onDiscarded",
                        "onRouteChanged",
                        "onFollowerCheckFailed");
        assertThat(rig.events.of(DualWriteEvent.Committed.class))
                .as("the other listener gets everything")
                .hasSize(2);
        eventually(() -> assertThat(rig.pending()).isZero());
    }

    @ParameterizedTest
    @MethodSource("failures")
    void everyKindOfEventSurvivesAListenerThatThrows(Throwable failure) {
        Set<String> called = ConcurrentHashMap.newKeySet();
        Events events = new Events("r", List.of(throwing(failure, called)));
        EveryEvent.of("r", "a").forEach(events::publish);

        assertThat(called)
                .isEqualTo(Arrays.stream(DualWriteEvent.class.getPermittedSubclasses())
                        .map(kind -> "on" + kind.getSimpleName())
                        .collect(Collectors.toSet()));
    }

    @Test
    void noTextFormShowsAValue() {
        VersionedRecord<String, Sample> written = new VersionedRecord<>("k1", 7, new Sample("k1", "secret", 42));
        WriteResult<String, Sample> result = new WriteResult<>(written, PendingReason.TIMEOUT);

        assertThat(written.toString()).isEqualTo("record k1 at version 7");
        assertThat(new VersionedRecord<>("k1", 8, null)).hasToString("tombstone k1 at version 8");
        assertThat(result.toString()).contains("k1", "7", "TIMEOUT").doesNotContain("secret", "42");
        assertThat(new WriteResult<>(written, null).toString())
                .contains("applied")
                .doesNotContain("secret", "42");
    }

    @Test
    void noEventShowsAValue() {
        DualWriteRepository<String, Sample> repository = rig.open();
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(new Sample("k1", "secret", 42));

        assertThat(rig.events.of(DualWriteEvent.class))
                .isNotEmpty()
                .allSatisfy(e -> assertThat(e.toString()).doesNotContain("secret"));
    }
}
