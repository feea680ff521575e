package io.github.dualwrite.metrics;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.testkit.Sample;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.ObservationView;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a trace shows of calls. */
class DualWriteObservationsTest {

    private final Rig rig = new Rig();
    private final ConcurrentLinkedQueue<Observation.Context> seen = new ConcurrentLinkedQueue<>();
    private final ObservationRegistry registry = ObservationRegistry.create();

    DualWriteObservationsTest() {
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                seen.add(context);
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepository<String, Sample> open(SecondaryMode mode, Duration handOverDelay) {
        return rig.open(rig.builder()
                .secondaryMode(mode)
                .handOverDelay(handOverDelay)
                .listener(new DualWriteObservations(registry)));
    }

    private Observation.Context named(String contextualName) {
        return seen.stream()
                .filter(context -> contextualName.equals(context.getContextualName()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(contextualName + " is not among " + seen));
    }

    private static String parent(Observation.Context context) {
        ObservationView parent = context.getParentObservation();
        return parent == null ? "" : parent.getContextView().getName();
    }

    private static void in(ObservationRegistry registry, Runnable work) {
        Observation.createNotStarted("request", registry).observe(work);
    }

    @Test
    void aSynchronousWriteShowsBothStoresBeneathTheCallersSpan() {
        DualWriteRepository<String, Sample> repository = open(SecondaryMode.SYNCHRONOUS, Duration.ofMillis(2));
        in(registry, () -> repository.save(Sample.of("a", 1)));

        for (String name : List.of("dualwrite authority save", "dualwrite follower apply")) {
            assertThat(parent(named(name))).isEqualTo("request");
            assertThat(named(name).getName()).isEqualTo("dualwrite.call");
        }
        assertThat(named("dualwrite follower apply").getLowCardinalityKeyValues())
                .containsExactlyInAnyOrder(
                        KeyValue.of("dualwrite.repository", Rig.NAME),
                        KeyValue.of("dualwrite.store", "follower"),
                        KeyValue.of("dualwrite.operation", "apply"),
                        KeyValue.of("dualwrite.outcome", "success"),
                        KeyValue.of("dualwrite.exception", "none"));
        assertThat(registry.getCurrentObservation()).isNull();
    }

    @Test
    void aFollowerThatIsCalledOnAnotherThreadIsStillBeneathTheCallersSpan() {
        rig.follower.saysThatItMayBlock();
        DualWriteRepository<String, Sample> repository = open(SecondaryMode.SYNCHRONOUS, Duration.ofMillis(2));
        AtomicReference<Thread> caller = new AtomicReference<>();
        rig.follower.now((records, real) -> {
            caller.set(Thread.currentThread());
            return real.get();
        });
        in(registry, () -> repository.save(Sample.of("a", 1)));

        eventually(() -> assertThat(parent(named("dualwrite follower apply"))).isEqualTo("request"));
        assertThat(caller.get()).isNotSameAs(Thread.currentThread());
    }

    @Test
    void anAsynchronousWriteThatIsHandedOverByItselfIsBeneathTheCallersSpanAndOneOfABatchIsNot() {
        DualWriteRepository<String, Sample> alone = open(SecondaryMode.ASYNCHRONOUS, Duration.ZERO);
        in(registry, () -> alone.save(Sample.of("a", 1)));
        eventually(() -> assertThat(parent(named("dualwrite follower apply"))).isEqualTo("request"));

        seen.clear();
        DualWriteRepository<String, Sample> together = open(SecondaryMode.ASYNCHRONOUS, Duration.ofMillis(2));
        in(registry, () -> together.save(Sample.of("b", 1)));
        eventually(() -> assertThat(parent(named("dualwrite follower apply"))).isEmpty());
    }

    @Test
    void whatTheStoresClientObservesIsBeneathTheCall() {
        DualWriteRepository<String, Sample> repository = open(SecondaryMode.SYNCHRONOUS, Duration.ofMillis(2));
        rig.follower.now((records, real) ->
                Observation.createNotStarted("http", registry).observe(real));
        repository.save(Sample.of("a", 1));

        assertThat(seen)
                .filteredOn(context -> context.getName().equals("http"))
                .singleElement()
                .satisfies(context -> assertThat(parent(context)).isEqualTo("dualwrite.call"));
    }

    @Test
    void anErrorIsShownByNamesAloneBecauseMessagesMayHoldValues() {
        DualWriteRepository<String, Sample> repository = open(SecondaryMode.SYNCHRONOUS, Duration.ofMillis(2));
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("card 4711")));
        repository.save(Sample.of("a", 1));

        Observation.Context apply = named("dualwrite follower apply");
        assertThat(apply.getLowCardinalityKeyValues())
                .contains(
                        KeyValue.of("dualwrite.outcome", "error"),
                        KeyValue.of("dualwrite.exception", "IllegalStateException"));
        assertThat(apply.getError()).hasMessage("ERROR (IllegalStateException)").hasNoCause();
        assertThat(apply.getHighCardinalityKeyValues()).isEmpty();
    }

    @Test
    void aRegistryThatDoesNothingCostsNoObservation() {
        DualWriteObservations off = new DualWriteObservations(ObservationRegistry.NOOP);
        assertThat(off.onCall(
                        "r", io.github.dualwrite.event.StoreRole.AUTHORITY, io.github.dualwrite.spi.Operation.SAVE, 1))
                .isNull();
        Runnable work = () -> {};
        assertThat(off.onHandOver(work)).isSameAs(work);
    }

    @Test
    void withARegistryThatDoesNothingNoEventIsMadeAndNoCallIsWatched() {
        Events events = new Events("r", List.of(new DualWriteObservations(ObservationRegistry.NOOP)));
        assertThat(events.listening()).isFalse();

        ObservationRegistry later = ObservationRegistry.create(); // a framework adds handlers afterwards
        Events waiting = new Events("r", List.of(new DualWriteObservations(later)));
        assertThat(waiting.listening()).isFalse();
        later.observationConfig().observationHandler(context -> true);
        assertThat(waiting.listening()).isTrue();
    }

    @Test
    void theKeysOfAnObservationAreThoseThatAreDocumented() {
        DualWriteRepository<String, Sample> repository = open(SecondaryMode.SYNCHRONOUS, Duration.ofMillis(2));
        repository.save(Sample.of("a", 1));

        assertThat(named("dualwrite authority save").getLowCardinalityKeyValues())
                .extracting(KeyValue::getKey)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(DualWriteObservation.STORE_CALL.getLowCardinalityKeyNames())
                                .map(key -> key.asString())
                                .toList());
    }
}
