package io.github.dualwrite.reconcile;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be read from the authority at present does not hold up what can. */
@Tag("DW-3")
@Timeout(60)
class UnreadableNowTest {

    private static final int RECORDS = 64;

    private final Rig rig = new Rig();
    private final List<Integer> failures = ThrottledAuthority.failures();

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepository<String, Sample> open(Predicate<Collection<? extends String>> throttled) {
        return openOn(context -> new ThrottledAuthority(rig.primary.openAuthority(context), throttled, failures));
    }

    private DualWriteRepository<String, Sample> openOn(AuthorityStore<String, Sample> authority) {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(authority)
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .executor(task -> {})
                .reconcilerSettings(Rig.quickly()
                        .batchSize(RECORDS)
                        .lease(Duration.ofSeconds(20))
                        .build()));
        repository.saveAll(
                IntStream.range(0, RECORDS).mapToObj(i -> Sample.of("k" + i, i)).toList());
        eventually(() -> assertThat(repository.reconciler().statistics().oldest())
                .hasValueSatisfying(
                        since -> assertThat(since).isBefore(Instant.now().minusMillis(200)))); // all are due
        return repository;
    }

    @Test
    void oneKeyIsFoundAndPushedBackAndTheOthersAreAppliedInTheSameRound() throws Exception {
        DualWriteRepository<String, Sample> repository = open(keys -> keys.contains("k17"));

        DrainReport report = repository.reconciler().drain(Duration.ofSeconds(1));

        assertThat(report.remaining()).isEqualTo(1);
        assertThat(report.applied()).isEqualTo(RECORDS - 1);
        assertThat(rig.follower.batchSizes).containsExactly(RECORDS - 1);
        assertThat(failures.subList(0, 7)).containsExactly(64, 32, 16, 8, 4, 2, 1);
        assertThat(rig.events.of(DualWriteEvent.PushedBack.class)).isNotEmpty().allSatisfy(event -> {
            assertThat(event.key()).isEqualTo("k17");
            assertThat(event.error()).contains("throttled");
        });
    }

    /** Of a record that is nested too deeply for its mapping, or of a class that is missing. */
    @ParameterizedTest
    @ValueSource(classes = {StackOverflowError.class, AssertionError.class, NoClassDefFoundError.class})
    void soIsOneWhoseMappingThrowsAnError(Class<? extends Error> type) throws Exception {
        Error error = type.getDeclaredConstructor().newInstance();
        DualWriteRepository<String, Sample> repository =
                openOn(context -> new ForwardingAuthority(rig.primary.openAuthority(context)) {
                    @Override
                    public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
                        if (keys.contains("k17")) {
                            throw error;
                        }
                        return inner.snapshot(keys);
                    }
                });

        DrainReport report = repository.reconciler().drain(Duration.ofMillis(300));

        assertThat(report.remaining()).isEqualTo(1);
        assertThat(report.applied()).isEqualTo(RECORDS - 1);
        assertThat(rig.events.of(DualWriteEvent.PushedBack.class)).isNotEmpty().allSatisfy(event -> {
            assertThat(event.key()).isEqualTo("k17");
            assertThat(event.error()).contains(type.getName());
        });
    }

    @Test
    void aBatchThatTakesTooLongIsReadInSmallerOnesThatGrowAgain() throws Exception {
        DualWriteRepository<String, Sample> repository = open(keys -> keys.size() > 20);

        assertThatThrownBy(() -> repository.reconciler().drain(Duration.ofSeconds(20)))
                .isInstanceOf(TransientStoreException.class);
        assertThat(failures).as("both halves, and no more").containsExactly(64, 32, 32);

        assertThat(repository.reconciler().drain(Duration.ofSeconds(20)).drained())
                .isTrue();
        assertThat(failures).containsExactly(64, 32, 32, 32);
        assertThat(rig.follower.batchSizes).containsExactly(32, 16, 16);
        assertThat(rig.events.of(DualWriteEvent.PushedBack.class)).isEmpty();
    }

    @Test
    void anAuthorityThatIsDownIsAskedThreeTimesInARound() {
        DualWriteRepository<String, Sample> repository = open(keys -> true);

        assertThatThrownBy(() -> repository.reconciler().drain(Duration.ofSeconds(20)))
                .isInstanceOf(TransientStoreException.class);

        assertThat(failures).containsExactly(64, 32, 32);
    }

    @Test
    void keysThatFailAllOverTheBatchComeToTheirTurnLast() {
        Set<String> throttled = Set.of("k3", "k4", "k5", "k20", "k21", "k40", "k41", "k42", "k60", "k63");
        DualWriteRepository<String, Sample> repository =
                open(keys -> keys.stream().anyMatch(throttled::contains));

        repository.reconciler().start();

        eventually(() -> assertThat(rig.secondary.records()).hasSize(RECORDS - throttled.size()));
        assertThat(rig.secondary.records()).doesNotContainKeys(throttled.toArray(String[]::new));
    }
}
