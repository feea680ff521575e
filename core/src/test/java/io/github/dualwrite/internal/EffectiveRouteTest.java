package io.github.dualwrite.internal;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.routing.WritableReadRouteSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EffectiveRouteTest {

    private static final ReadRoute QUARTER = ReadRoute.parse("secondary 25% shadow 1%");

    private final Recorder recorder = new Recorder();
    private final Events events = new Events("route", List.of(recorder));
    private final AtomicLong nanos = new AtomicLong();
    private final CountDownLatch never = new CountDownLatch(1);
    private final List<ExecutorService> started = new ArrayList<>();
    private ReadRouteSettings settings = ReadRouteSettings.defaults();

    @AfterEach
    void close() {
        never.countDown();
        started.forEach(ExecutorService::shutdownNow);
    }

    /** Asks in the thread that refreshes. */
    private EffectiveRoute route(ReadRouteSource source) {
        return new EffectiveRoute(source, settings, Runnable::run, events, nanos::get);
    }

    /** Asks in a thread of its own, as in a repository. */
    private EffectiveRoute routeInBackground(ReadRouteSource source) {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        started.add(thread);
        return new EffectiveRoute(source, settings, thread, events, nanos::get);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private void assertChanges(RouteChangeReason... reasons) {
        assertThat(recorder.of(DualWriteEvent.RouteChanged.class))
                .extracting(DualWriteEvent.RouteChanged::reason)
                .containsExactly(reasons);
    }

    @Test
    void aChangeOfTheFlagTakesEffectAtTheNextRefreshAndIsAnEventWithTheSource() {
        ReadRoute[] flag = {ReadRoute.secondary()};
        EffectiveRoute route = route(repository -> flag[0]);
        assertThat(route.current()).isEqualTo(ReadRoute.secondary());

        flag[0] = QUARTER;
        assertThat(route.current()).isEqualTo(ReadRoute.secondary());
        route.refresh();
        assertThat(route.current()).isEqualTo(QUARTER);

        assertThat(recorder.of(DualWriteEvent.RouteChanged.class))
                .extracting(
                        DualWriteEvent.RouteChanged::from,
                        DualWriteEvent.RouteChanged::to,
                        DualWriteEvent.RouteChanged::source,
                        DualWriteEvent.RouteChanged::reason)
                .containsExactly(
                        tuple("primary", "secondary", "a function of the application", RouteChangeReason.FLAG),
                        tuple(
                                "secondary",
                                "secondary 25% shadow 1%",
                                "a function of the application",
                                RouteChangeReason.FLAG));
    }

    @Test
    void beforeAnyValueThePrimaryAnswersAlsoIfTheSourceHangs() {
        EffectiveRoute route = routeInBackground(repository -> {
            never.await();
            return ReadRoute.secondary();
        });

        assertThat(route.current()).isEqualTo(ReadRoute.primary());
    }

    @Test
    void aThreadThatCannotBeStartedOnceDoesNotEndAsking() {
        ReadRoute[] flag = {ReadRoute.secondary()};
        boolean[] noThread = {false};
        EffectiveRoute route = new EffectiveRoute(
                repository -> flag[0],
                settings,
                task -> {
                    if (noThread[0]) {
                        throw new Error("unable to create native thread");
                    }
                    task.run();
                },
                events,
                nanos::get);
        assertThat(route.current()).isEqualTo(ReadRoute.secondary());

        flag[0] = ReadRoute.primary();
        noThread[0] = true;
        route.refresh();
        noThread[0] = false;
        route.refresh();

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
                repository -> ReadRoute.parse("secondary 101%"),
                repository -> ReadRoute.parse("secondary -1%"),
                repository -> null)) {
            recorder.forget();
            EffectiveRoute route = route(source);
            assertThat(route.current()).isEqualTo(ReadRoute.primary());
            assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class))
                    .hasSize(1)
                    .allMatch(e -> e.route().equals("primary") && e.failures() == 1);
        }
    }

    @Test
    void aSourceThatFailsLaterKeepsTheLastGoodRouteAndEveryFailedRefreshIsAnEvent() {
        AtomicReference<ReadRouteSource> source = new AtomicReference<>(repository -> QUARTER);
        EffectiveRoute route = route(repository -> source.get().route(repository));

        source.set(repository -> ReadRoute.parse("secondary 25 per cent"));
        route.refresh();
        route.refresh();

        assertThat(route.current()).isEqualTo(QUARTER);
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class))
                .extracting(DualWriteEvent.RouteSourceFailed::failures, DualWriteEvent.RouteSourceFailed::route)
                .containsExactly(tuple(1L, QUARTER.toString()), tuple(2L, QUARTER.toString()));

        source.set(repository -> QUARTER);
        route.refresh();
        assertThat(recorder.of(DualWriteEvent.RouteSourceRecovered.class))
                .extracting(DualWriteEvent.RouteSourceRecovered::failures)
                .containsExactly(2L);
        assertChanges(RouteChangeReason.FLAG);
    }

    @Test
    void aSourceThatHangsIsGivenUpInterruptedAndNotAskedAgainWhileItHangs() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        EffectiveRoute route = routeInBackground(repository -> {
            if (asked.incrementAndGet() > 1) {
                return QUARTER;
            }
            try {
                never.await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                goOn.await();
            }
            return ReadRoute.secondary();
        });
        eventually(() -> assertThat(asked).hasValue(1));
        route.refresh();
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).isEmpty();

        pass(settings.timeout());
        route.refresh();
        interrupted.await();
        route.refresh();
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class))
                .hasSize(2)
                .allMatch(e -> e.error() instanceof TimeoutException);
        assertThat(asked).hasValue(1);

        goOn.countDown();
        eventually(() -> {
            route.refresh();
            assertThat(route.current()).isEqualTo(QUARTER);
        });
        eventually(() -> assertThat(recorder.of(DualWriteEvent.RouteChanged.class))
                .as("the late answer is not used")
                .extracting(DualWriteEvent.RouteChanged::to)
                .containsExactly(QUARTER.toString()));
    }

    @Test
    void aSourceThatHangsForOneRepositoryDoesNotStopAnother() {
        ReadRouteSource source = repository -> {
            if (repository.equals("route")) {
                never.await();
            }
            return QUARTER;
        };
        EffectiveRoute stuck = routeInBackground(source);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        started.add(thread);
        EffectiveRoute other = new EffectiveRoute(source, settings, thread, new Events("other", List.of()), nanos::get);

        eventually(() -> assertThat(other.current()).isEqualTo(QUARTER));
        assertThat(stuck.current()).isEqualTo(ReadRoute.primary());
    }

    @Test
    void aLastGoodRouteThatIsTooOldGivesWayToTheAuthorityUntilTheSourceRecovers() {
        settings = settings.maxStaleness(Duration.ofMinutes(1));
        AtomicReference<ReadRouteSource> source = new AtomicReference<>(repository -> QUARTER);
        EffectiveRoute route = route(repository -> source.get().route(repository));
        source.set(repository -> null);

        pass(Duration.ofMinutes(1));
        route.refresh();
        assertThat(route.current()).isEqualTo(QUARTER);
        pass(Duration.ofSeconds(1));
        route.refresh();
        assertThat(route.current()).isEqualTo(ReadRoute.primary());

        source.set(repository -> QUARTER);
        route.refresh();
        assertThat(route.current()).isEqualTo(QUARTER);
        assertChanges(RouteChangeReason.FLAG, RouteChangeReason.STALE, RouteChangeReason.FLAG);
    }

    @Test
    void anImmediateSourceThatFailsIsAnEventOnceForEachRefreshNotForEachRead() {
        EffectiveRoute route = route(new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                throw new IllegalStateException("broken");
            }

            @Override
            public boolean immediate() {
                return true;
            }
        });
        for (int i = 0; i < 100; i++) {
            assertThat(route.current()).isEqualTo(ReadRoute.primary());
        }
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).hasSize(1);
        pass(settings.refresh());
        route.current();
        route.current();
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).hasSize(2);
    }

    @Test
    void aSourceThatTellsOfAChangeIsAskedAtOnce() {
        AtomicReference<Runnable> changed = new AtomicReference<>();
        ReadRoute[] flag = {ReadRoute.primary()};
        EffectiveRoute route = route(new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                return flag[0];
            }

            @Override
            public Runnable onChange(Runnable listener) {
                changed.set(listener);
                return () -> changed.set(null);
            }
        });
        flag[0] = QUARTER;
        changed.get().run();
        assertThat(route.current()).isEqualTo(QUARTER);
        route.close();
        assertThat(changed).hasNullValue();
    }

    @Test
    void aChangeThatIsToldWhileTheSourceIsBeingAskedIsNotLost() {
        AtomicReference<Runnable> changed = new AtomicReference<>();
        AtomicReference<ReadRoute> flag = new AtomicReference<>(ReadRoute.primary());
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch answer = new CountDownLatch(1);
        EffectiveRoute route = routeInBackground(new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) throws InterruptedException {
                ReadRoute now = flag.get();
                asked.incrementAndGet();
                answer.await();
                return now;
            }

            @Override
            public Runnable onChange(Runnable listener) {
                changed.set(listener);
                return () -> {};
            }
        });
        eventually(() -> assertThat(asked).hasValue(1));

        flag.set(QUARTER);
        changed.get().run();
        changed.get().run();
        answer.countDown();

        eventually(() -> assertThat(route.current()).isEqualTo(QUARTER));
        assertThat(asked).as("asked once more, without a refresh").hasValue(2);
    }

    @Test
    void anAnswerThatIsOvertakenByANewerOneIsNotTakenOver() throws Exception {
        ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.primary());
        AtomicReference<Thread> slow = new AtomicReference<>();
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        EffectiveRoute route = route(new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) throws InterruptedException {
                ReadRoute now = flag.route(repository);
                if (slow.compareAndSet(Thread.currentThread(), null)) {
                    read.countDown();
                    goOn.await();
                }
                return now;
            }

            @Override
            public boolean immediate() {
                return true;
            }
        });
        flag.set(ReadRoute.secondary());
        CompletableFuture<ReadRoute> overtaken = new CompletableFuture<>();
        Thread reader = new Thread(() -> overtaken.complete(route.current()));
        slow.set(reader);
        reader.start();
        read.await();
        flag.set(ReadRoute.primary());
        assertThat(route.current()).isEqualTo(ReadRoute.primary());
        goOn.countDown();

        assertThat(overtaken.get(20, TimeUnit.SECONDS)).isEqualTo(ReadRoute.primary());
        assertThat(route.current()).isEqualTo(ReadRoute.primary());
        assertChanges();
    }

    /** Holds its own lock while it answers, and while it tells of a change. */
    private static final class Observable implements ReadRouteSource {
        private ReadRoute route = ReadRoute.primary();
        private Runnable changed = () -> {};

        @Override
        public ReadRoute route(String repository) {
            ReadRoute now;
            synchronized (this) {
                now = route;
            }
            LockSupport.parkNanos(1); // an answer takes its time
            return now;
        }

        synchronized void set(ReadRoute next) {
            route = next;
            changed.run();
        }

        @Override
        public boolean immediate() {
            return true;
        }

        @Override
        public synchronized Runnable onChange(Runnable listener) {
            changed = listener;
            return () -> {};
        }
    }

    @Test
    void aSourceMayHoldItsOwnLockWhileItTellsOfAChange() throws Exception {
        Observable flag = new Observable();
        EffectiveRoute route = route(flag);
        List<Thread> threads = new ArrayList<>();
        CountDownLatch setting = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) {
            threads.add(new Thread(() -> {
                for (int turn = 0; turn < 1_000; turn++) {
                    flag.set(turn % 2 == 0 ? QUARTER : ReadRoute.primary());
                }
                setting.countDown();
            }));
        }
        for (int i = 0; i < 4; i++) {
            threads.add(new Thread(() -> {
                while (setting.getCount() > 0) {
                    ReadRoute unused = route.current();
                }
            }));
        }
        threads.forEach(thread -> thread.setDaemon(true)); // or they would hang for good
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join(20_000);
            assertThat(thread.isAlive()).as("waits for ever").isFalse();
        }

        assertThat(route.mayReadSecondary()).as("the last change is in force").isFalse();
    }

    /** Set away and back again while somebody reads: what was judged is in force, and stays judged. */
    @Test
    void anAnswerFromBeforeAStepBackDoesNotEndIt() throws Exception {
        ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.secondary());
        AtomicReference<Thread> slow = new AtomicReference<>();
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        EffectiveRoute route = route(new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) throws InterruptedException {
                ReadRoute now = flag.route(repository);
                if (Thread.currentThread() == slow.get() && asked.incrementAndGet() == 2) {
                    read.countDown();
                    goOn.await();
                }
                return now;
            }

            @Override
            public boolean immediate() {
                return true;
            }
        });
        flag.set(QUARTER);
        CompletableFuture<ReadRoute> before = new CompletableFuture<>();
        Thread reader = new Thread(() -> before.complete(route.current()));
        slow.set(reader);
        reader.start();
        read.await();
        flag.set(ReadRoute.secondary());
        assertThat(route.stepBack("errors", false)).isTrue();
        goOn.countDown();

        assertThat(before.get(20, TimeUnit.SECONDS)).isEqualTo(ReadRoute.primary());
        assertThat(route.steppedBack()).isTrue();
        assertThat(route.current()).isEqualTo(ReadRoute.primary());
    }

    @Test
    void aQuestionThatTheEndInterruptsIsNoFailureOfTheSource() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        EffectiveRoute route = routeInBackground(repository -> {
            asked.countDown();
            try {
                never.await();
            } finally {
                interrupted.countDown();
            }
            return QUARTER;
        });
        asked.await();

        route.close();
        started.get(0).shutdownNow();
        interrupted.await();
        assertThat(started.get(0).awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        route.refresh();

        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).isEmpty();
    }

    // events

    @Test
    void aListenerMayCallBackFromAnotherThread() {
        AtomicReference<EffectiveRoute> route = new AtomicReference<>();
        List<String> toldOf = new ArrayList<>();
        Events asking = new Events("route", List.of(listener(event -> {
            if (event.reason() == RouteChangeReason.STEP_BACK) {
                CompletableFuture.runAsync(route.get()::resume)
                        .orTimeout(20, TimeUnit.SECONDS)
                        .join();
            }
            toldOf.add(event.reason() + " to " + event.to());
        })));
        route.set(new EffectiveRoute(repository -> QUARTER, settings, Runnable::run, asking, nanos::get));

        route.get().stepBack("too many errors", false);

        assertThat(toldOf)
                .containsExactly("FLAG to " + QUARTER, "STEP_BACK to primary shadow 1%", "RESUMED to " + QUARTER);
    }

    @Test
    void everyListenerHearsOfChangesInTheirOrderAlsoIfOneOfThemMakesTheNext() {
        AtomicReference<EffectiveRoute> route = new AtomicReference<>();
        DualWriteListener resumes = listener(event -> {
            if (event.reason() == RouteChangeReason.STEP_BACK) {
                route.get().resume();
            }
        });
        route.set(new EffectiveRoute(
                repository -> QUARTER,
                settings,
                Runnable::run,
                new Events("route", List.of(resumes, recorder)),
                nanos::get));

        route.get().stepBack("too many errors", false);

        assertChanges(RouteChangeReason.FLAG, RouteChangeReason.STEP_BACK, RouteChangeReason.RESUMED);
    }

    private static DualWriteListener listener(Consumer<DualWriteEvent.RouteChanged> onChange) {
        return new DualWriteListener() {
            @Override
            public void onEvent(DualWriteEvent event) {
                if (event instanceof DualWriteEvent.RouteChanged changed) {
                    onChange.accept(changed);
                }
            }
        };
    }

    // step back

    @Test
    void aStepBackHoldsUntilTheFlagHasAnotherValue() {
        ReadRoute[] flag = {QUARTER};
        EffectiveRoute route = route(repository -> flag[0]);

        assertThat(route.stepBack("too many errors", true)).isTrue();
        assertThat(route.stepBack("again", true)).isFalse();
        route.refresh();
        assertThat(route.current()).hasToString("primary shadow 1%");
        assertThat(route.steppedBack()).isTrue();

        flag[0] = ReadRoute.parse("secondary 10%");
        route.refresh();
        assertThat(route.current()).isEqualTo(flag[0]);
        assertThat(route.steppedBack()).isFalse();
        assertChanges(RouteChangeReason.FLAG, RouteChangeReason.STEP_BACK, RouteChangeReason.FLAG);
        assertThat(recorder.of(DualWriteEvent.RouteChanged.class).get(1).detail())
                .isEqualTo("too many errors");
    }

    @Test
    void aStepBackEndsWhenAPersonResumes() {
        EffectiveRoute route = route(repository -> QUARTER);
        route.stepBack("too many errors", false);

        route.resume();

        assertThat(route.current()).isEqualTo(QUARTER);
        assertChanges(RouteChangeReason.FLAG, RouteChangeReason.STEP_BACK, RouteChangeReason.RESUMED);
    }

    @Test
    void whereNoReadGoesToTheSecondaryThereIsNothingToStepBackFrom() {
        EffectiveRoute route = route(repository -> ReadRoute.parse("primary shadow 50%"));
        assertThat(route.stepBack("mismatches", true)).isFalse();
        assertThat(route.current()).hasToString("primary shadow 50%");
    }

    @Test
    void aWritableFlagIsSetBackForTheFleet() {
        ReadRouteSwitch flag = ReadRouteSwitch.of(QUARTER);
        EffectiveRoute route = route(flag);
        EffectiveRoute other = route(flag);

        route.stepBack("mismatches", true);

        assertThat(flag.route("route")).hasToString("primary shadow 1%");
        assertThat(other.current()).hasToString("primary shadow 1%");
        flag.set(QUARTER);
        assertThat(route.current()).as("a person decides again").isEqualTo(QUARTER);
    }

    @Test
    void aStepBackKeepsTheKeysThatAreDenied() {
        ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.parse("secondary 25% allow a deny x"));
        EffectiveRoute route = route(flag);

        route.stepBack("mismatches", true);

        assertThat(flag.route("route")).hasToString("primary deny x");
        assertThat(route.current()).hasToString("primary deny x");
    }

    @Test
    void aFlagThatAPersonHasChangedMeanwhileIsNotSetBack() {
        ReadRouteSwitch flag = ReadRouteSwitch.of(QUARTER);
        ReadRouteSource cached = new Remote(flag, 0, false);
        EffectiveRoute route = route(cached);
        flag.set(ReadRoute.parse("secondary 1%"));

        route.stepBack("mismatches", true); // judged the old value
        route.refresh();

        assertThat(flag.route("route")).hasToString("secondary 1%");
        assertThat(route.current()).hasToString("secondary 1%");
    }

    @Test
    void aFlagThatCannotBeSetBackIsTriedAgainAtEachRefresh() {
        ReadRouteSwitch flag = ReadRouteSwitch.of(QUARTER);
        EffectiveRoute route = route(new Remote(flag, 2, false));
        route.stepBack("mismatches", true);

        route.refresh();
        route.refresh();
        assertThat(flag.route("route")).isEqualTo(QUARTER);
        assertThat(route.current()).hasToString("primary shadow 1%");
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).hasSize(2);

        route.refresh();
        assertThat(flag.route("route")).hasToString("primary shadow 1%");
    }

    @Test
    void anImmediateFlagThatCannotBeSetBackIsTriedAgainAtEachRefreshAndNotAtEachRead() {
        ReadRouteSwitch flag = ReadRouteSwitch.of(QUARTER);
        EffectiveRoute route = route(new Remote(flag, 2, true));
        route.stepBack("mismatches", true);

        route.refresh();
        for (int i = 0; i < 10; i++) {
            assertThat(route.current()).hasToString("primary shadow 1%");
        }
        assertThat(flag.route("route")).isEqualTo(QUARTER);

        route.refresh();
        assertThat(flag.route("route")).hasToString("primary shadow 1%");
        assertThat(route.current()).hasToString("primary shadow 1%");
        assertThat(route.steppedBack()).as("the flag itself says so now").isFalse();
    }

    @Test
    void aStepBackDoesNotEndWhileTheSourceStillGivesTheOldValueAfterTheFlagWasSetBack() {
        ReadRouteSwitch flag = ReadRouteSwitch.of(QUARTER);
        ReadRoute[] replica = {QUARTER};
        AtomicInteger written = new AtomicInteger();
        EffectiveRoute route = route(new WritableReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                return replica[0];
            }

            @Override
            public boolean compareAndSet(
                    String repository, ReadRoute expected, ReadRoute route, String who, String why) {
                written.incrementAndGet();
                return flag.compareAndSet(repository, expected, route, who, why);
            }
        });
        route.stepBack("mismatches", true);
        for (int i = 0; i < 3; i++) {
            route.refresh();
            assertThat(route.current()).hasToString("primary shadow 1%");
            assertThat(route.steppedBack()).isTrue();
        }
        assertThat(flag.route("route")).hasToString("primary shadow 1%");
        assertThat(written).as("set back once, not again after a person").hasValue(1);

        replica[0] = flag.route("route");
        route.refresh();
        assertThat(route.steppedBack()).as("the source says so itself").isFalse();
        replica[0] = QUARTER;
        route.refresh();
        assertThat(route.current()).as("a person decides again").isEqualTo(QUARTER);
        assertChanges(RouteChangeReason.FLAG, RouteChangeReason.STEP_BACK, RouteChangeReason.FLAG);
    }

    @Test
    void aStepBackFromRoutesOfKeysDoesNotEndWithTheFirstAnswerForTheRepository() {
        AtomicReference<RuntimeException> failure = new AtomicReference<>(new IllegalStateException("cold"));
        EffectiveRoute route = route(new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                if (failure.get() != null) {
                    throw failure.get();
                }
                return ReadRoute.secondary();
            }

            @Override
            public ReadRoute route(String repository, Object key) {
                return ReadRoute.secondary();
            }

            @Override
            public boolean perKey() {
                return true;
            }
        });
        route.current("a");
        assertThat(route.stepBack("errors", true)).isTrue();

        failure.set(null);
        route.refresh();
        assertThat(route.steppedBack()).isTrue();
        assertThat(route.current("a")).isEqualTo(ReadRoute.primary());
    }

    @Test
    void aStepBackFromRoutesOfKeysIsAnEventAlsoWhereTheRouteOfTheRepositoryIsThePrimary() {
        EffectiveRoute route = route(perKey(new AtomicInteger(), new AtomicReference<>()));
        route.current("s1");
        assertThat(route.current("s1")).isEqualTo(ReadRoute.secondary());
        assertThat(route.current()).isEqualTo(ReadRoute.primary());
        assertChanges();

        route.stepBack("errors", false);
        assertThat(route.current("s1")).isEqualTo(ReadRoute.primary());
        assertThat(recorder.of(DualWriteEvent.RouteChanged.class))
                .singleElement()
                .satisfies(e -> assertThat(e.detail()).isEqualTo("errors"));
        route.refresh();
        route.resume();
        route.resume();
        route.refresh();

        assertChanges(RouteChangeReason.STEP_BACK, RouteChangeReason.RESUMED);
    }

    @Test
    @Timeout(30) // it would hang
    void aReadThatStepsBackDoesNotWaitForTheFlagToBeSetBack() {
        CountDownLatch setting = new CountDownLatch(1);
        EffectiveRoute route = routeInBackground(new WritableReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                return QUARTER;
            }

            @Override
            public boolean immediate() {
                return true;
            }

            @Override
            public boolean compareAndSet(String repository, ReadRoute expected, ReadRoute route, String who, String why)
                    throws InterruptedException {
                setting.countDown();
                never.await();
                return true;
            }
        });

        assertThat(route.stepBack("mismatches", true)).isTrue();

        eventually(() -> assertThat(setting.getCount()).isZero());
        assertThat(route.current()).hasToString("primary shadow 1%");
        pass(settings.timeout());
        route.refresh();
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class))
                .as("it is bounded")
                .extracting(DualWriteEvent.RouteSourceFailed::error)
                .hasOnlyElementsOfType(TimeoutException.class)
                .isNotEmpty();
    }

    /** A switch far away, which refuses to be set some times. */
    private static final class Remote implements WritableReadRouteSource {
        private final ReadRouteSwitch flag;
        private final boolean immediate;
        private int refusals;

        private Remote(ReadRouteSwitch flag, int refusals, boolean immediate) {
            this.flag = flag;
            this.refusals = refusals;
            this.immediate = immediate;
        }

        @Override
        public boolean immediate() {
            return immediate;
        }

        @Override
        public ReadRoute route(String repository) {
            return flag.route(repository);
        }

        @Override
        public boolean compareAndSet(String repository, ReadRoute expected, ReadRoute route, String who, String why)
                throws IOException {
            if (refusals-- > 0) {
                throw new IOException("read only");
            }
            return flag.compareAndSet(repository, expected, route, who, why);
        }
    }

    // per key

    /** Keys that begin with s are read from the secondary. */
    private static ReadRouteSource perKey(AtomicInteger asked, AtomicReference<RuntimeException> failure) {
        return new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                return ReadRoute.primary();
            }

            @Override
            public ReadRoute route(String repository, Object key) {
                asked.incrementAndGet();
                if (failure.get() != null) {
                    throw failure.get();
                }
                return key.toString().startsWith("s") ? ReadRoute.secondary() : ReadRoute.primary();
            }

            @Override
            public boolean perKey() {
                return true;
            }
        };
    }

    @Test
    void theFirstReadOfAKeyIsAnsweredByTheAuthorityAndLaterOnesByItsRoute() {
        AtomicInteger asked = new AtomicInteger();
        List<Runnable> waiting = new ArrayList<>();
        EffectiveRoute route =
                new EffectiveRoute(perKey(asked, new AtomicReference<>()), settings, waiting::add, events, nanos::get);

        assertThat(route.current("s1")).isEqualTo(ReadRoute.primary());
        assertThat(route.current("s1")).isEqualTo(ReadRoute.primary());
        assertThat(asked).as("a read does not wait for the source").hasValue(0);
        List.copyOf(waiting).forEach(Runnable::run);
        waiting.clear();
        assertThat(asked).hasValue(1);
        assertThat(route.current("s1")).isEqualTo(ReadRoute.secondary());

        route.stepBack("errors", false);
        assertThat(route.current("s1")).as("a step back is for all keys").isEqualTo(ReadRoute.primary());
    }

    @Test
    void aKeyKeepsItsLastGoodRouteAndASourceThatFailsIsOneEventForEachRefresh() {
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        settings = settings.maxStaleness(Duration.ofMinutes(1)).keys(1000);
        EffectiveRoute route = route(perKey(new AtomicInteger(), failure));
        for (int i = 0; i < 100; i++) {
            route.current("s" + i);
        }
        failure.set(new IllegalStateException("flags are down"));
        pass(settings.refresh());
        for (int i = 0; i < 100; i++) {
            assertThat(route.current("s" + i)).isEqualTo(ReadRoute.secondary());
        }
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).hasSize(1);

        pass(Duration.ofMinutes(2));
        assertThat(route.current("s1")).as("too old").isEqualTo(ReadRoute.primary());
    }

    @Test
    void aKeyThatWasIdleIsAnsweredByTheAuthorityUntilTheSourceHasBeenAskedAgain() {
        ReadRoute[] flag = {ReadRoute.secondary()};
        List<Runnable> waiting = new ArrayList<>();
        ReadRouteSource source = new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                return flag[0];
            }

            @Override
            public boolean perKey() {
                return true;
            }
        };
        EffectiveRoute route = new EffectiveRoute(source, settings, waiting::add, events, nanos::get);
        route.current("a");
        runAll(waiting);
        assertThat(route.current("a")).isEqualTo(ReadRoute.secondary());

        flag[0] = ReadRoute.primary();
        pass(Duration.ofHours(1));
        route.refresh();
        runAll(waiting);
        assertThat(route.current()).isEqualTo(ReadRoute.primary());
        assertThat(route.current("a")).isEqualTo(ReadRoute.primary());

        flag[0] = ReadRoute.secondary();
        pass(settings.refresh());
        runAll(waiting);
        pass(settings.timeout());
        assertThat(route.current("a")).as("old by refresh and timeout").isEqualTo(ReadRoute.secondary());
        runAll(waiting);
        pass(settings.refresh().plus(settings.timeout()).plusNanos(1));
        assertThat(route.current("a")).as("older than that").isEqualTo(ReadRoute.primary());
    }

    @Test
    void whatWasKnownOfAKeyWhenTheSourceBeganToFailStaysAndNothingOlder() {
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        ReadRouteSource source = new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                if (failure.get() != null) {
                    throw failure.get();
                }
                return ReadRoute.secondary();
            }

            @Override
            public boolean perKey() {
                return true;
            }
        };
        EffectiveRoute route = route(source);
        route.current("idle");
        pass(Duration.ofMinutes(1));
        route.refresh();
        route.current("busy");

        failure.set(new IllegalStateException("flags are down"));
        for (int i = 0; i < 10; i++) {
            pass(Duration.ofMinutes(1));
            route.refresh();
            assertThat(route.current("busy")).isEqualTo(ReadRoute.secondary());
            assertThat(route.current("idle")).isEqualTo(ReadRoute.primary());
        }
    }

    @Test
    void readsOfKeysWhoseRouteIsNotKnownAreCountedInOneEventForEachRefresh() {
        List<Runnable> waiting = new ArrayList<>();
        EffectiveRoute route = new EffectiveRoute(
                perKey(new AtomicInteger(), new AtomicReference<>()), settings, waiting::add, events, nanos::get);
        runAll(waiting);
        for (int i = 0; i < SourceCalls.WAITING_KEYS + 5; i++) {
            route.current("s" + i);
        }
        route.refresh();
        runAll(waiting);
        for (int i = 0; i < SourceCalls.WAITING_KEYS; i++) {
            assertThat(route.current("s" + i)).isEqualTo(ReadRoute.secondary());
        }
        route.refresh();

        assertThat(recorder.of(DualWriteEvent.KeyRoutesUnknown.class))
                .extracting(DualWriteEvent.KeyRoutesUnknown::reads, DualWriteEvent.KeyRoutesUnknown::notAsked)
                .containsExactly(tuple(SourceCalls.WAITING_KEYS + 5L, 5L));
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).isEmpty();
    }

    @Test
    void aSourceThatTellsOftenMakesNothingComeMoreOftenThanOnceForEachRefresh() {
        AtomicInteger asked = new AtomicInteger();
        AtomicReference<Runnable> changed = new AtomicReference<>();
        EffectiveRoute route = routeInBackground(new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) throws InterruptedException {
                asked.incrementAndGet();
                never.await();
                return ReadRoute.primary();
            }

            @Override
            public boolean perKey() {
                return true;
            }

            @Override
            public Runnable onChange(Runnable listener) {
                changed.set(listener);
                return () -> {};
            }
        });
        eventually(() -> assertThat(asked).hasValue(1));
        pass(settings.timeout());
        for (int i = 0; i < 10; i++) {
            assertThat(route.current("k" + i)).isEqualTo(ReadRoute.primary());
            changed.get().run();
        }
        assertThat(recorder.of(DualWriteEvent.class)).isEmpty();

        route.refresh();
        assertThat(recorder.of(DualWriteEvent.RouteSourceFailed.class)).hasSize(1);
        assertThat(recorder.of(DualWriteEvent.KeyRoutesUnknown.class))
                .extracting(DualWriteEvent.KeyRoutesUnknown::reads)
                .containsExactly(10L);
    }

    @Test
    void theQuestionForTheRepositoryDoesNotWaitBehindThoseForKeys() {
        List<String> asked = new ArrayList<>();
        List<Runnable> waiting = new ArrayList<>();
        ReadRouteSource source = new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                asked.add(repository);
                return ReadRoute.primary();
            }

            @Override
            public ReadRoute route(String repository, Object key) {
                asked.add(key.toString());
                return ReadRoute.primary();
            }

            @Override
            public boolean perKey() {
                return true;
            }
        };
        EffectiveRoute route = new EffectiveRoute(source, settings, waiting::add, events, nanos::get);
        runAll(waiting);
        asked.clear();
        route.current("a");
        route.current("b");
        route.refresh();
        runAll(waiting);

        assertThat(asked).containsExactly("route", "a", "b");
    }

    private static void runAll(List<Runnable> waiting) {
        List<Runnable> now = List.copyOf(waiting);
        waiting.clear();
        now.forEach(Runnable::run);
    }
}
