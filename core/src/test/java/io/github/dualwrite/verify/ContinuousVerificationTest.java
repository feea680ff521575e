package io.github.dualwrite.verify;

import static io.github.dualwrite.fake.Rig.eventually;
import static io.github.dualwrite.verify.VerifyRig.byHand;
import static io.github.dualwrite.verify.VerifyRig.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Machine;
import io.github.dualwrite.internal.RealMachine;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ContinuousVerificationTest {

    private static final Duration PAUSE = Duration.ofHours(1);

    private final VerifyRig rig = new VerifyRig();
    private final Semaphore rounds = new Semaphore(0);

    @AfterEach
    void close() {
        rig.close();
    }

    /** Rounds that wait for the test between them; time passes only there. */
    private ContinuousVerification<String, Sample> started(DualWriteRepository<String, Sample> repository) {
        rig.clock.whileAsleep = () -> {
            try {
                rounds.acquire();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        return rig.verification(repository, settings()).continuously(PAUSE).start();
    }

    private static Instant hour(long hours) {
        return Instant.EPOCH.plus(Duration.ofHours(hours));
    }

    @Test
    void aBeginningThatFoundNoThreadKeepsNoLaterOneFromStarting() {
        AtomicBoolean none = new AtomicBoolean(true);
        Machine real = new RealMachine();
        Thread unstartable = new Thread() {
            @Override
            public synchronized void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
        Machine machine = (Machine) Proxy.newProxyInstance(
                Machine.class.getClassLoader(),
                new Class<?>[] {Machine.class},
                (self, method, arguments) -> method.getName().equals("thread") && none.getAndSet(false)
                        ? unstartable
                        : method.invoke(real, arguments));
        Verification<String, Sample> verification = rig.verification(rig.seeded(10), settings());
        try (ContinuousVerification<String, Sample> continuous = new ContinuousVerification<>(
                verification,
                new Events(Rig.NAME, List.of()),
                PAUSE,
                VerificationClock.of(real),
                () -> false,
                machine)) {
            assertThatThrownBy(continuous::start).isInstanceOf(OutOfMemoryError.class);
            assertThat(continuous.running()).isFalse();

            assertThat(continuous.start().running()).isTrue();
            eventually(() -> assertThat(continuous.rounds()).isEqualTo(1));
        }
    }

    @Test
    void consistentAsOfAdvancesWithEveryGoodRoundAndStopsAtADifference() {
        DualWriteRepository<String, Sample> repository = rig.seeded(100);
        try (ContinuousVerification<String, Sample> continuous = started(repository)) {
            eventually(() -> assertThat(continuous.rounds()).isEqualTo(1));
            assertThat(continuous.consistentAsOf()).contains(hour(0));

            rounds.release();
            eventually(() -> assertThat(continuous.rounds()).isEqualTo(2));
            assertThat(continuous.consistentAsOf()).contains(hour(1));

            byHand(rig.secondary).delete("k5");
            rounds.release();
            eventually(() -> assertThat(continuous.rounds()).isEqualTo(3));
            assertThat(continuous.consistentAsOf()).contains(hour(1));
            assertThat(continuous.lastReport().orElseThrow().missing()).isEqualTo(1);

            repository.markPending(List.of("k5"));
            rig.confirmed();
            rounds.release();
            eventually(() -> assertThat(continuous.rounds()).isEqualTo(4));
            assertThat(continuous.consistentAsOf()).contains(hour(3));
        }
        List<DualWriteEvent.VerificationEnded> ended = rig.events.of(DualWriteEvent.VerificationEnded.class);
        assertThat(ended).extracting(DualWriteEvent.VerificationEnded::round).containsExactly(1L, 2L, 3L, 4L);
        assertThat(ended)
                .extracting(DualWriteEvent.VerificationEnded::changed)
                .as("only changes of state are worth a line")
                .containsExactly(true, false, true, true);
        assertThat(ended)
                .extracting(DualWriteEvent.VerificationEnded::consistentAsOf)
                .containsExactly(hour(0), hour(1), hour(1), hour(3));
    }

    @Test
    void aRoundThatFailsIsAnEventAndTheNextOneComes() {
        DualWriteRepository<String, Sample> repository = rig.open();
        AtomicBoolean broken = new AtomicBoolean(true);
        rig.authorityScan = scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
            if (method.equals("page") && broken.get()) {
                throw new IllegalArgumentException("broken");
            }
            return real.call();
        });
        try (ContinuousVerification<String, Sample> continuous = started(repository)) {
            eventually(() -> {
                rounds.release(); // also its backoff sleeps
                assertThat(rig.events.of(DualWriteEvent.VerificationEnded.class))
                        .anySatisfy(e -> assertThat(e.state()).isEqualTo("FAILED"));
            });
            assertThat(continuous.consistentAsOf()).isEmpty();

            broken.set(false);
            eventually(() -> {
                rounds.release();
                assertThat(continuous.consistentAsOf()).isPresent();
            });
        }
    }

    @Test
    void closingEndsItAtOnceAndForGood() {
        ContinuousVerification<String, Sample> continuous = started(rig.seeded(10));
        eventually(() -> assertThat(continuous.rounds()).isEqualTo(1));
        assertThat(continuous.running()).isTrue();

        continuous.close();

        assertThat(continuous.running()).isFalse();
        assertThatIllegalStateException().isThrownBy(continuous::start);
    }

    @Test
    void itEndsWithItsRepository() {
        DualWriteRepository<String, Sample> repository = rig.seeded(10);
        ContinuousVerification<String, Sample> continuous =
                repository.verification().continuously(PAUSE).start(); // the pause is a real one
        eventually(() -> assertThat(continuous.rounds()).isEqualTo(1));

        repository.close();

        eventually(() -> assertThat(continuous.running()).isFalse());
        assertThat(continuous.rounds()).isEqualTo(1);
    }

    @Test
    void aPauseThatIsNegativeOrEndlessIsRefused() {
        DualWriteRepository<String, Sample> repository = rig.open();
        for (Duration wrong : List.of(Duration.ofSeconds(-1), ChronoUnit.FOREVER.getDuration())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> repository.verification().continuously(wrong))
                    .withMessageContaining("the pause between two rounds");
        }
    }
}
