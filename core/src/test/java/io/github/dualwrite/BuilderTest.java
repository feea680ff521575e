package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.routing.StepBack;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.CallerTransaction;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.testkit.Sample;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BuilderTest {

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private void assertRefused(UnaryOperator<DualWriteRepositoryBuilder<String, Sample>> setting, String... words) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setting.apply(rig.builder()).build())
                .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }

    @Test
    void settingsOutOfRangeAreRefusedWithTheirName() {
        for (Duration wrong : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
            assertRefused(b -> b.secondaryTimeout(wrong), "secondaryTimeout", "longer than");
            assertRefused(b -> b.secondaryReadTimeout(wrong), "secondaryReadTimeout", "longer than");
            assertRefused(
                    b -> b.readRouteSettings(ReadRouteSettings.defaults().refresh(wrong)), "refresh", "longer than");
            assertRefused(
                    b -> b.readRouteSettings(ReadRouteSettings.defaults().timeout(wrong)), "timeout", "longer than");
            assertRefused(
                    b -> b.readRouteSettings(ReadRouteSettings.defaults().maxStaleness(wrong)),
                    "maxStaleness",
                    "longer than");
            assertRefused(b -> b.readYourWrites(ReadYourWrites.fleet(wrong)), "bound", "from PT0.1S to PT1H");
        }
        for (Duration endless : List.of(Duration.ofMillis(Long.MAX_VALUE), ChronoUnit.FOREVER.getDuration())) {
            assertRefused(b -> b.secondaryTimeout(endless), "secondaryTimeout", "36500 days");
            assertRefused(b -> b.secondaryReadTimeout(endless), "secondaryReadTimeout", "36500 days");
            assertRefused(b -> b.grace(endless), "grace", "36500 days");
            assertRefused(b -> b.readRouteSettings(ReadRouteSettings.defaults().maxStaleness(endless)), "maxStaleness");
            assertRefused(
                    b -> b.shadowSettings(
                            ShadowSettings.builder().recheckDelay(endless).build()),
                    "recheckDelay");
            assertRefused(
                    b -> b.stepBack(StepBack.defaults().window(endless)), "window of the step back", "36500 days");
        }
        assertRefused(b -> b.routingGroup(" "), "routingGroup", "blank");
        assertRefused(b -> b.readRouteSettings(ReadRouteSettings.defaults().keys(0)), "keys", "at least 1");
        assertRefused(b -> b.readYourWrites(ReadYourWrites.instance().capacity(5)), "capacity");
        assertRefused(b -> b.stepBack(StepBack.defaults().errorPercent(101)), "errorPercent", "from 0 to 100");
        assertRefused(b -> b.stepBack(StepBack.defaults().mismatchPercent(Double.NaN)), "mismatchPercent");
        assertRefused(b -> b.stepBack(StepBack.defaults().minimum(0)), "minimum", "at least 1");
        assertRefused(b -> b.stepBack(StepBack.defaults().window(Duration.ofMillis(1))), "window", "100 ms");
    }

    @Test
    void aGracePeriodThatRacesLiveWritesIsRefused() {
        assertRefused(
                b -> b.secondaryTimeout(Duration.ofSeconds(2)).grace(Duration.ofSeconds(2)),
                "grace (PT2S) must be longer than secondaryTimeout (PT2S)");
        assertRefused(
                b -> b.secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .handOverDelay(Duration.ofSeconds(2))
                        .secondaryTimeout(Duration.ofSeconds(2))
                        .grace(Duration.ofSeconds(4)),
                "grace (PT4S) must be longer than secondaryTimeout (PT2S) plus handOverDelay (PT2S)");
        assertRefused(b -> b.handOverDelay(Duration.ofMillis(-1)), "handOverDelay must not be negative");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void aNameMustNotBeBlank(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DualWriteRepository.builder(name, rig.primary, rig.follower)
                        .build())
                .withMessageContaining("name");
    }

    @Test
    void aNameMustNotBeEndless() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DualWriteRepository.builder("x".repeat(201), rig.primary, rig.follower)
                        .build())
                .withMessageContaining("1 to 200");
    }

    private static void assertSettingsRefused(UnaryOperator<ReconcilerSettings.Builder> setting, String... words) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setting.apply(ReconcilerSettings.builder()).build())
                .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }

    @Test
    void settingsOfTheReconcilerOutOfRangeAreRefusedWithTheirName() {
        assertSettingsRefused(s -> s.batchSize(0), "batchSize", "1 to 10000", "0");
        assertSettingsRefused(s -> s.batchSize(10_001), "batchSize", "10001");
        assertSettingsRefused(s -> s.batchTimeout(Duration.ZERO), "batchTimeout");
        assertSettingsRefused(s -> s.lease(Duration.ZERO), "lease");
        assertSettingsRefused(s -> s.pollInterval(Duration.ofMillis(-5)), "pollInterval");
        assertSettingsRefused(s -> s.initialBackoff(Duration.ofMillis(9)), "initialBackoff", "10 ms");
        assertSettingsRefused(s -> s.maxBackoff(Duration.ofMillis(100)), "maxBackoff", "initialBackoff");
        assertSettingsRefused(s -> s.maxBackoff(Duration.ofSeconds(Long.MAX_VALUE)), "maxBackoff", "36500 days");
        assertSettingsRefused(s -> s.pollInterval(Duration.ofSeconds(Long.MAX_VALUE)), "pollInterval", "36500 days");
        assertSettingsRefused(
                s -> s.lease(Duration.ofSeconds(20)).batchTimeout(Duration.ofSeconds(20)),
                "lease (PT20S) must be longer than batchTimeout (PT20S)");
    }

    private static ConfigurationException unfit() {
        return new ConfigurationException(
                new DualWriteException.Context(Rig.NAME, Operation.OPEN, "scripted follower", List.of()),
                "there is no table; create it",
                null);
    }

    @Test
    void anUnfitSecondaryIsRefused() {
        rig.follower.checkGives(() -> CompletableFuture.failedFuture(unfit()));

        assertThatThrownBy(() -> rig.builder().build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("create it");
    }

    @Test
    void anUnfitSecondaryIsAnEventIfTheApplicationWantsToStartAllTheSame() {
        rig.follower.checkGives(() -> CompletableFuture.failedFuture(unfit()));
        rig.follower.now(ScriptedFollower.fails(unfit()));

        DualWriteRepository<String, Sample> repository = rig.open(rig.builder().refuseUnfitSecondary(false));

        assertThat(rig.events.of(DualWriteEvent.FollowerCheckFailed.class))
                .singleElement()
                .extracting(DualWriteEvent.FollowerCheckFailed::error)
                .isInstanceOf(ConfigurationException.class);
        assertThat(repository.save(Sample.of("a", 1)).pendingReason()).contains(PendingReason.FAILED);
    }

    @Test // DW-4
    void aSecondaryThatIsDownDoesNotKeepTheApplicationFromStarting() {
        rig.follower.checkGives(() -> CompletableFuture.failedFuture(new IOException("refused")));
        assertThat(rig.open().save(Sample.of("a", 1)).secondaryApplied()).isTrue();
        rig.follower.checkGives(() -> {
            throw new IllegalStateException("in the call itself");
        });
        assertThat(rig.open().save(Sample.of("a", 2)).secondaryApplied()).isTrue();

        assertThat(rig.events.of(DualWriteEvent.FollowerCheckFailed.class)).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false}) // DW-4
    void aSecondaryWhoseCheckIsBrokenDoesNotKeepTheApplicationFromStarting(boolean refuseUnfit) {
        List<Supplier<CompletableFuture<Void>>> checks = List.of(BuilderTest::noFuture, () -> {
            throw new NoClassDefFoundError("in the call itself");
        });
        for (Supplier<CompletableFuture<Void>> check : checks) {
            rig.follower.checkGives(check);
            assertThat(rig.open(rig.builder().refuseUnfitSecondary(refuseUnfit))
                            .save(Sample.of("a", 1))
                            .secondaryApplied())
                    .isTrue();
        }

        assertThat(rig.events.of(DualWriteEvent.FollowerCheckFailed.class)).hasSize(2);
    }

    @SuppressWarnings("NullAway") // breaks the SPI on purpose
    private static CompletableFuture<Void> noFuture() {
        return null;
    }

    private static final CallerTransaction TRANSACTION = new CallerTransaction() {
        @Override
        public <T> T unwrap(Class<T> type) {
            throw new IllegalArgumentException("no handle");
        }

        @Override
        public boolean afterCommit(Runnable action) {
            return false;
        }
    };

    @Test
    @SuppressWarnings("NullAway") // hands over nulls on purpose
    void nullsAreRefusedWithTheRepositorysName() {
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new ForwardingAuthority(rig.primary.openAuthority(context)) {
                    @Override
                    public Optional<AuthorityWrites<String, Sample>> joining(CallerTransaction transaction) {
                        return Optional.of(this);
                    }
                }));
        TransactionalWrites<String, Sample> inside = repository.within(TRANSACTION);
        List<String> withNull = Arrays.asList("a", null);
        List<Sample> samplesWithNull = Arrays.asList(Sample.of("a", 1), null);

        List<ThrowingCallable> calls = List.of(
                () -> repository.create(null),
                () -> repository.update(null),
                () -> repository.save(null),
                () -> repository.delete(null),
                () -> repository.read(null),
                () -> repository.saveAll(null),
                () -> repository.saveAll(samplesWithNull),
                () -> repository.deleteAll(null),
                () -> repository.deleteAll(withNull),
                () -> repository.markPending(null),
                () -> repository.markPending(withNull),
                () -> repository.readAll(null),
                () -> repository.readAll(withNull),
                () -> repository.query(null),
                () -> repository.within(null),
                () -> repository.backfill(null),
                () -> repository.verification(null),
                () -> inside.create(null),
                () -> inside.update(null),
                () -> inside.save(null),
                () -> inside.delete(null),
                () -> inside.read(null),
                () -> inside.saveAll(null),
                () -> inside.saveAll(samplesWithNull),
                () -> inside.deleteAll(null),
                () -> inside.deleteAll(withNull),
                () -> inside.markPending(null),
                () -> inside.markPending(withNull),
                () -> inside.readAll(null),
                () -> inside.readAll(withNull));

        assertThat(calls)
                .extracting(Assertions::catchThrowable)
                .allSatisfy(error -> assertThat(error)
                        .isInstanceOf(NullPointerException.class)
                        .hasMessageContaining("repository '" + Rig.NAME + "'"));
        assertThat(rig.primary.records()).isEmpty();
        assertThat(rig.pending()).isZero();
    }

    @Test
    void aStoreThatCannotJoinATransactionSaysSo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rig.open().within(TRANSACTION))
                .withMessageContaining(Rig.NAME)
                .withMessageContaining("cannot join");
    }

    @Test
    void aClosedRepositoryRefusesWork() {
        DualWriteRepository<String, Sample> repository = rig.open();
        repository.close();

        assertThatIllegalStateException()
                .isThrownBy(() -> repository.save(Sample.of("a", 1)))
                .withMessageContaining(Rig.NAME);
        assertThatIllegalStateException().isThrownBy(() -> repository.read("a"));
        assertThat(rig.primary.records()).isEmpty();
    }
}
