package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.event.CallOutcome;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.StoreCall;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What listeners are told of calls of the stores. */
class ObservedStoresTest {

    private final Rig rig = new Rig();
    private final ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.primary());
    private final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();

    private final DualWriteListener listener = new DualWriteListener() {
        @Override
        public StoreCall onCall(String repository, StoreRole store, Operation operation, int records) {
            String call = store + " " + operation + " " + records;
            Thread beginner = Thread.currentThread();
            return new StoreCall() {
                @Override
                public void left() {
                    assertThat(Thread.currentThread()).isSameAs(beginner);
                    told.add(call + " left");
                }

                @Override
                public void ended(CallOutcome outcome, Throwable error) {
                    told.add(call + " " + outcome + (error == null ? "" : " " + error.getMessage()));
                }
            };
        }
    };

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepository<String, Sample> open() {
        return rig.open(
                rig.builder().readRouteSource(flag).backfillComplete(() -> true).listener(listener));
    }

    /** Without the queue's own calls, which come from other threads. */
    private List<String> told(String store) {
        return told.stream()
                .filter(line -> line.startsWith(store) && !line.contains("QUEUE") && !line.endsWith("left"))
                .toList();
    }

    @Test
    void everyVerbOfBothStoresIsToldWithItsEnd() {
        DualWriteRepository<String, Sample> repository = open();
        repository.create(Sample.of("a", 1));
        repository.update(Sample.of("a", 2));
        repository.save(Sample.of("b", 1));
        repository.saveAll(List.of(Sample.of("c", 1), Sample.of("d", 1)));
        repository.deleteAll(List.of("c", "d"));
        repository.delete("b");
        repository.markPending(List.of("a"));
        repository.read("a");
        repository.readAll(List.of("a", "b"));
        repository.query(Query.of("q", "a", () -> "same", () -> "same"));
        assertThatThrownBy(() -> repository.create(Sample.of("a", 3))).isInstanceOf(RecordExistsException.class);

        assertThat(told("AUTHORITY"))
                .contains(
                        "AUTHORITY CREATE 1 SUCCESS",
                        "AUTHORITY UPDATE 1 SUCCESS",
                        "AUTHORITY SAVE 1 SUCCESS",
                        "AUTHORITY SAVE_ALL 2 SUCCESS",
                        "AUTHORITY DELETE_ALL 2 SUCCESS",
                        "AUTHORITY DELETE 1 SUCCESS",
                        "AUTHORITY MARK_PENDING 1 SUCCESS",
                        "AUTHORITY SNAPSHOT 1 SUCCESS",
                        "AUTHORITY READ 1 SUCCESS",
                        "AUTHORITY READ_ALL 2 SUCCESS",
                        "AUTHORITY QUERY 1 SUCCESS")
                .anyMatch(line -> line.startsWith("AUTHORITY CREATE 1 CONFLICT"));
        assertThat(told).anyMatch(line -> line.startsWith("AUTHORITY QUEUE"));

        flag.set(ReadRoute.secondary());
        repository.read("x"); // nothing of these is pending
        repository.readAll(List.of("x", "y"));
        repository.query(Query.of("q", "a", () -> "same", () -> "same"));
        assertThat(told("FOLLOWER"))
                .contains(
                        "FOLLOWER APPLY 1 SUCCESS",
                        "FOLLOWER APPLY 2 SUCCESS",
                        "FOLLOWER READ 1 SUCCESS",
                        "FOLLOWER READ_ALL 2 SUCCESS",
                        "FOLLOWER QUERY 1 SUCCESS");
        assertThat(told.stream().filter(line -> line.endsWith("left")).count())
                .as("each call is left once and ends once")
                .isEqualTo(told.stream().filter(line -> !line.endsWith("left")).count());
    }

    static Stream<Arguments> ends() {
        return Stream.of(
                Arguments.of(ScriptedFollower.answers(ApplyResult.superseded()), "SUCCESS"),
                Arguments.of(ScriptedFollower.answers(ApplyResult.transientFailure("throttled", null)), "TRANSIENT"),
                Arguments.of(ScriptedFollower.answers(ApplyResult.permanentFailure("too large", null)), "PERMANENT"),
                Arguments.of(ScriptedFollower.fails(new IllegalStateException("down")), "ERROR down"),
                Arguments.of(ScriptedFollower.fails(new TimeoutException("late")), "TIMEOUT late"),
                Arguments.of(ScriptedFollower.throwing(AssertionError::new), "ERROR thrown by the follower"));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void theEndOfAnApplySaysHowItEnded(ScriptedFollower.Script script, String end) {
        DualWriteRepository<String, Sample> repository = open();
        rig.follower.now(script);

        repository.save(Sample.of("a", 1));

        assertThat(told("FOLLOWER")).containsExactly("FOLLOWER APPLY 1 " + end);
    }

    @Test
    void aCallThatIsGivenUpAtItsDeadlineEndsThen() {
        DualWriteRepository<String, Sample> repository = open();
        rig.follower.now(ScriptedFollower.HANGS);

        repository.save(Sample.of("a", 1));

        Rig.eventually(
                () -> assertThat(told("FOLLOWER")).singleElement().asString().startsWith("FOLLOWER APPLY 1 TIMEOUT"));
    }

    @Test
    void aListenerThatThrowsHarmsNeitherTheCallNorTheOthers() {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                .listener(new DualWriteListener() {
                    @Override
                    public StoreCall onCall(String name, StoreRole store, Operation operation, int records) {
                        if (operation == Operation.SAVE) {
                            throw new AssertionError("at the beginning");
                        }
                        return (outcome, error) -> {
                            throw new AssertionError("at the end");
                        };
                    }

                    @Override
                    public Runnable onHandOver(Runnable work) {
                        throw new AssertionError("in between");
                    }
                })
                .listener(listener));

        assertThat(repository.save(Sample.of("a", 1)).secondaryApplied()).isTrue();
        assertThat(told("AUTHORITY")).containsExactly("AUTHORITY SAVE 1 SUCCESS");
        assertThat(told("FOLLOWER")).containsExactly("FOLLOWER APPLY 1 SUCCESS");
    }

    @Test
    void aListenerCanComeLaterAndGo() {
        DualWriteRepository<String, Sample> repository = rig.open(
                DualWriteRepository.builder(Rig.NAME, rig.primary, rig.follower).reconcileInBackground(false));
        repository.save(Sample.of("a", 1));
        repository.watch().addListener(listener);
        repository.save(Sample.of("a", 2));
        repository.watch().removeListener(listener);
        repository.save(Sample.of("a", 3));

        assertThat(told("AUTHORITY")).containsExactly("AUTHORITY SAVE 1 SUCCESS");
    }

    @Test
    void workThatGoesOnInAnotherThreadIsHandedOverByTheCallersThread() {
        Thread caller = Thread.currentThread();
        ConcurrentLinkedQueue<Thread> handedOver = new ConcurrentLinkedQueue<>();
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .handOverDelay(Duration.ZERO)
                .listener(new DualWriteListener() {
                    @Override
                    public Runnable onHandOver(Runnable work) {
                        handedOver.add(Thread.currentThread());
                        return work;
                    }
                }));

        repository.save(Sample.of("a", 1));

        assertThat(handedOver).containsExactly(caller);
    }

    @Test
    void workThatAListenerDoesNotGiveBackGoesOnAsItWas() {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .handOverDelay(Duration.ZERO)
                .listener(new DualWriteListener() {
                    @Override
                    @SuppressWarnings("NullAway") // breaks what it is asked for on purpose
                    public Runnable onHandOver(Runnable work) {
                        return null;
                    }
                }));

        repository.save(Sample.of("a", 1));

        Rig.eventually(() -> assertThat(rig.follower.applied).hasSize(1));
    }

    /** A verb that gets a default later must not be lost between core and an adapter. */
    @ParameterizedTest
    @MethodSource
    void everyMethodIsPassedOn(Class<?> watching, Class<?> watched) {
        List<String> own = Stream.<Class<?>>iterate(watching, c -> c != Object.class, Class::getSuperclass)
                .flatMap(c -> Arrays.stream(c.getDeclaredMethods()))
                .map(ObservedStoresTest::signature)
                .toList();

        assertThat(Arrays.stream(watched.getMethods())
                        .filter(method -> !Modifier.isStatic(method.getModifiers()))
                        .map(ObservedStoresTest::signature))
                .isNotEmpty()
                .allMatch(own::contains);
    }

    static Stream<Arguments> everyMethodIsPassedOn() {
        return Stream.of(
                Arguments.of(ObservedAuthority.class, Authority.class),
                Arguments.of(ObservedFollower.class, Follower.class),
                Arguments.of(ObservedQueue.class, ReconciliationQueue.class));
    }

    private static String signature(Method method) {
        return method.getName() + Arrays.toString(method.getParameterTypes());
    }
}
