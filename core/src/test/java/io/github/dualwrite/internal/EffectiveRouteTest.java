package io.github.dualwrite.internal;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EffectiveRouteTest {

    private final Recorder recorder = new Recorder();
    private final Events events = new Events("route", List.of(recorder));
    private final Executor refresher = task -> {
        Thread thread = new Thread(task, "refresher");
        thread.setDaemon(true);
        thread.start();
    };
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void close() {
        never.countDown();
    }

    private EffectiveRoute route(ReadRouteSource source) {
        return new EffectiveRoute(source, Duration.ofMillis(2), refresher, events);
    }

    @Test
    void aChangeOfTheFlagTakesEffectAndIsAnEvent() {
        AtomicReference<ReadRoute> flag = new AtomicReference<>(ReadRoute.secondary());
        EffectiveRoute route = route(repository -> flag.get());

        eventually(() -> assertThat(route.current()).isEqualTo(ReadRoute.secondary()));
        flag.set(ReadRoute.primary());
        eventually(() -> assertThat(route.current()).isEqualTo(ReadRoute.primary()));

        assertThat(recorder.of(DualWriteEvent.RouteChanged.class))
                .extracting(DualWriteEvent.RouteChanged::from, DualWriteEvent.RouteChanged::to)
                .containsExactly(tuple("primary", "secondary"), tuple("secondary", "primary"));
    }

    @Test
    void beforeAnyValueThePrimaryAnswersAlsoIfTheSourceHangs() {
        EffectiveRoute route = route(repository -> {
            never.await();
            return ReadRoute.secondary();
        });

        assertThat(route.current()).isEqualTo(ReadRoute.primary());
    }

    @Test // TRAPS 36
    void aSourceThatThrowsOrHasNoValueLeavesThePrimaryInForce() {
        for (ReadRouteSource source : List.<ReadRouteSource>of(
                repository -> {
                    throw new IOException("flags are down");
                },
                repository -> {
                    throw new NoClassDefFoundError("flags");
                },
                repository -> ReadRoute.parse("malformed"),
                repository -> null)) {
            recorder.forget();
            EffectiveRoute route = route(source);
            eventually(() -> {
                assertThat(route.current()).isEqualTo(ReadRoute.primary());
                assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class))
                        .isNotEmpty()
                        .allMatch(e -> e.route().equals("primary"));
            });
        }
    }

    @Test
    void aSourceThatFailsLaterKeepsTheLastGoodRoute() {
        AtomicReference<ReadRouteSource> source = new AtomicReference<>(repository -> ReadRoute.secondary());
        EffectiveRoute route = route(repository -> source.get().route(repository));
        eventually(() -> assertThat(route.current()).isEqualTo(ReadRoute.secondary()));

        source.set(repository -> {
            throw new IllegalStateException("flags are down");
        });
        eventually(() -> {
            assertThat(route.current()).isEqualTo(ReadRoute.secondary());
            assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).isNotEmpty();
        });

        CountDownLatch asked = new CountDownLatch(1);
        source.set(repository -> {
            asked.countDown();
            never.await();
            return ReadRoute.primary();
        });
        eventually(() -> {
            assertThat(route.current()).isEqualTo(ReadRoute.secondary());
            assertThat(asked.getCount()).isZero();
        });
        assertThat(route.current()).isEqualTo(ReadRoute.secondary());
    }
}
