package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.internal.RealMachine;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.CallerTransaction;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two instances, or two processes one after the other, over one pair of stores. */
@Tag("DW-5")
class ReadYourWritesTest {

    private static final Duration BOUND = Duration.ofMillis(200);

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepositoryBuilder<String, Sample> builder() {
        return rig.builder().readRoute(ReadRoute.secondary()).backfillComplete(() -> true);
    }

    /** A write that the follower does not get. */
    private void saveOnly(DualWriteRepository<String, Sample> instance, Sample value) {
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        assertThat(instance.save(value).secondaryApplied()).isFalse();
        rig.follower.now(ScriptedFollower.WORKS);
    }

    private static void pass(Duration time) {
        long start = System.nanoTime();
        eventually(() -> assertThat(System.nanoTime() - start).isGreaterThan(time.toNanos()));
    }

    /** Reads until the follower answers: the instance has looked at the queue. */
    private void warmUp(DualWriteRepository<String, Sample> instance, String key) {
        eventually(() -> {
            int before = rig.follower.readCalls.get();
            instance.read(key);
            assertThat(rig.follower.readCalls).hasValueGreaterThan(before);
        });
    }

    @Test
    void aWriteThroughAnotherInstanceIsReadAfterTheBound() throws Exception {
        DualWriteRepository<String, Sample> writer = rig.open(builder());
        DualWriteRepository<String, Sample> reader = rig.open(builder().readYourWrites(ReadYourWrites.fleet(BOUND)));
        writer.save(Sample.of("a", 0));
        warmUp(reader, "a");

        for (int i = 1; i <= 5; i++) {
            saveOnly(writer, Sample.of("a", i));
            pass(BOUND);
            assertThat(reader.read("a")).contains(Sample.of("a", i));
        }
        assertThat(rig.events.of(DualWriteEvent.ReadFallback.class))
                .isNotEmpty()
                .allMatch(e -> e.reason() == FallbackReason.PENDING);

        rig.drain();
        warmUp(reader, "a");
        assertThat(reader.read("a")).contains(Sample.of("a", 5));
    }

    @Test
    void withTheScopeInstanceAWriteThroughAnotherInstanceMayBeMissed() {
        DualWriteRepository<String, Sample> writer = rig.open(builder());
        DualWriteRepository<String, Sample> reader = rig.open(builder());
        writer.save(Sample.of("a", 1));
        saveOnly(writer, Sample.of("a", 2));

        assertThat(writer.read("a")).contains(Sample.of("a", 2));
        assertThat(reader.read("a")).contains(Sample.of("a", 1));
    }

    @Test
    void whenTheQueueCannotBeReadTheAuthorityAnswersAfterTheBound() {
        AtomicBoolean down = new AtomicBoolean();
        DualWriteRepository<String, Sample> reader =
                rig.open(rig.builder(context -> new QueueMayBeDown(rig.primary.openAuthority(context), down))
                        .readRoute(ReadRoute.secondary())
                        .readYourWrites(ReadYourWrites.fleet(BOUND)));
        reader.save(Sample.of("a", 1));
        warmUp(reader, "a");

        down.set(true);
        DualWriteRepository<String, Sample> writer = rig.open(builder());
        saveOnly(writer, Sample.of("a", 2));
        pass(BOUND);
        assertThat(reader.read("a")).contains(Sample.of("a", 2));
        eventually(() -> {
            reader.read("a");
            assertThat(rig.events.of(DualWriteEvent.PendingKeysKnown.class)).anyMatch(e -> !e.known());
        });

        down.set(false);
        eventually(() -> {
            reader.read("a");
            assertThat(rig.events.of(DualWriteEvent.PendingKeysKnown.class))
                    .anyMatch(DualWriteEvent.PendingKeysKnown::known);
        });
    }

    @Test
    void moreKeysThanTheCapacityAreAllReadFromTheAuthority() {
        DualWriteRepository<String, Sample> writer = rig.open(builder());
        DualWriteRepository<String, Sample> reader =
                rig.open(builder().readYourWrites(ReadYourWrites.fleet(BOUND).capacity(1)));
        writer.save(Sample.of("untouched", 1));
        warmUp(reader, "untouched");
        saveOnly(writer, Sample.of("a", 1));
        saveOnly(writer, Sample.of("b", 1));
        pass(BOUND);

        int before = rig.follower.readCalls.get();
        assertThat(reader.read("untouched")).contains(Sample.of("untouched", 1));
        assertThat(reader.read("b")).contains(Sample.of("b", 1));
        assertThat(rig.follower.readCalls).hasValue(before);
    }

    private void saveAndPark(DualWriteRepository<String, Sample> writer, DualWriteRepository<String, Sample> parking)
            throws InterruptedException {
        rig.follower.now(ScriptedFollower.answers(ApplyResult.permanentFailure("too large", null)));
        writer.save(Sample.of("a", 2));
        parking.reconciler().drain(Duration.ofSeconds(1));
        rig.follower.now(ScriptedFollower.WORKS);
        assertThat(parking.reconciler().parked(0, 10)).hasSize(1);
    }

    @Test
    void aKeyThatAnotherInstanceHasParkedIsReadFromTheAuthorityUntilItIsDealtWith() throws Exception {
        DualWriteRepository<String, Sample> writer = rig.open(builder());
        DualWriteRepository<String, Sample> reader = rig.open(builder());
        writer.save(Sample.of("a", 1));
        saveAndPark(writer, writer);

        eventually(() -> assertThat(reader.read("a")).contains(Sample.of("a", 2)));
        pass(Duration.ofSeconds(2)); // sweeps
        assertThat(reader.read("a")).contains(Sample.of("a", 2));

        writer.reconciler().retryAllParked();
        rig.drain();
        warmUp(reader, "a");
        assertThat(reader.read("a")).contains(Sample.of("a", 2));
    }

    @Test
    void aKeyThatThisInstanceHasParkedIsReadFromTheAuthorityAtOnceWhoeverWroteIt() throws Exception {
        DualWriteRepository<String, Sample> writer = rig.open(builder());
        DualWriteRepository<String, Sample> reader = rig.open(builder());
        writer.save(Sample.of("a", 1));

        saveAndPark(writer, reader);

        assertThat(reader.read("a")).contains(Sample.of("a", 2));
    }

    @Test
    void afterARestartWhatTheProcessBeforeLeftPendingIsReadFromTheAuthority() throws Exception {
        try (DualWriteRepository<String, Sample> before = builder().build()) {
            before.save(Sample.of("a", 1));
            saveOnly(before, Sample.of("a", 2));
        }

        DualWriteRepository<String, Sample> after = rig.open(builder());
        assertThat(after.read("a")).contains(Sample.of("a", 2));
        after.save(Sample.of("b", 1));
        int calls = rig.follower.readCalls.get();
        assertThat(after.read("b")).contains(Sample.of("b", 1));
        assertThat(rig.follower.readCalls).hasValue(calls + 1);

        rig.drain();
        warmUp(after, "a");
    }

    @Test // the caller is told to read the key to find out
    void aWriteWhoseOutcomeIsUnknownIsReadFromTheAuthority() {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(context ->
                        new LossyAuthority(rig.primary.openAuthority(context), LossyAuthority.Loss.AFTER_COMMIT))
                .readRoute(ReadRoute.secondary())
                .backfillComplete(() -> true));

        assertThatThrownBy(() -> repository.save(Sample.of("a", 1))).isInstanceOf(OutcomeUnknownException.class);

        assertThat(repository.read("a")).contains(Sample.of("a", 1));
    }

    @Test
    void aStartWithoutAnAnswerOfTheQueueMeansThatTheAuthorityAnswersUntilThereIsOne() {
        AtomicBoolean down = new AtomicBoolean(true);
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new QueueMayBeDown(rig.primary.openAuthority(context), down))
                        .readRoute(ReadRoute.secondary())
                        .backfillComplete(() -> true));
        assertThat(rig.events.of(DualWriteEvent.PendingKeysKnown.class))
                .singleElement()
                .matches(e -> !e.known() && e.cause() != null);
        repository.save(Sample.of("a", 1));
        assertThat(repository.read("a")).contains(Sample.of("a", 1));
        assertThat(rig.follower.readCalls).hasValue(0);

        down.set(false);
        warmUp(repository, "a");
        eventually(() -> assertThat(rig.events.of(DualWriteEvent.PendingKeysKnown.class))
                .extracting(DualWriteEvent.PendingKeysKnown::known)
                .containsExactly(false, true));
    }

    /** An authority whose queue cannot list its keys at times. */
    private static final class QueueMayBeDown extends ForwardingAuthority {
        private final AtomicBoolean down;

        private QueueMayBeDown(io.github.dualwrite.spi.Authority<String, Sample> inner, AtomicBoolean down) {
            super(inner);
            this.down = down;
        }

        @Override
        public ReconciliationQueue<String> queue() {
            return new ForwardingQueue(inner.queue()) {
                @Override
                public Optional<Set<String>> pendingKeys(int limit) {
                    if (down.get()) {
                        throw new IllegalStateException("the authority is down");
                    }
                    return super.pendingKeys(limit);
                }
            };
        }
    }

    /** The real machine with a clock that goes ahead, and with housekeeping that is done when the test says so. */
    private static final class LateMachine {
        final AtomicLong later = new AtomicLong();
        private final List<Runnable> housekeeping = new CopyOnWriteArrayList<>();

        Machine machine() {
            Machine real = new RealMachine();
            return proxy(Machine.class, (self, method, arguments) -> switch (method.getName()) {
                case "nanos" -> real.nanos() + later.get();
                case "scheduled" -> {
                    Object executor = method.invoke(real, arguments);
                    yield proxy(
                            ScheduledExecutorService.class,
                            (scheduler, called, with) -> called.getName().equals("scheduleWithFixedDelay")
                                    ? kept((Runnable) with[0])
                                    : called.invoke(executor, with));
                }
                default -> method.invoke(real, arguments);
            });
        }

        private @Nullable Object kept(Runnable task) {
            housekeeping.add(task);
            return null;
        }

        void keepHouse() {
            housekeeping.forEach(Runnable::run);
        }

        private static <T> T proxy(Class<T> type, InvocationHandler handler) {
            return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
        }
    }

    /** A transaction of whose end nothing is heard. */
    private static final CallerTransaction OPEN = new CallerTransaction() {
        @Override
        public <T> T unwrap(Class<T> type) {
            throw new IllegalArgumentException("no handle");
        }

        @Override
        public boolean afterCommit(Runnable action) {
            return true;
        }
    };

    @Test
    void aTransactionThatGoesOnWritingAKeyIsReadFromThePrimaryForAsLong() {
        LateMachine late = new LateMachine();
        try (DualWriteRepository<String, Sample> instance = SimulatedRepositories.build(
                rig.builder(context -> new ForwardingAuthority(rig.primary.openAuthority(context)) {
                            @Override
                            public Optional<AuthorityWrites<String, Sample>> joining(CallerTransaction transaction) {
                                return Optional.of(this);
                            }

                            @Override
                            public VersionedRecord<String, Sample> save(Sample value) { // not committed yet
                                return new VersionedRecord<>(value.id(), 1, value);
                            }
                        })
                        .readRoute(ReadRoute.secondary())
                        .backfillComplete(() -> true),
                late.machine(),
                100)) {
            TransactionalWrites<String, Sample> transaction = instance.within(OPEN);
            transaction.save(Sample.of("a", 1));
            late.later.set(Duration.ofMinutes(4).toNanos());
            transaction.save(Sample.of("a", 2));

            late.later.set(Duration.ofMinutes(6).toNanos());
            late.keepHouse();
            instance.read("a");
            assertThat(rig.follower.readCalls).hasValue(0);

            late.later.set(Duration.ofMinutes(10).toNanos());
            late.keepHouse();
            instance.read("a");
            assertThat(rig.follower.readCalls).hasValue(1);
        }
    }
}
