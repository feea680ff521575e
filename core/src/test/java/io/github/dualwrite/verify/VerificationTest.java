package io.github.dualwrite.verify;

import static io.github.dualwrite.verify.VerifyRig.byHand;
import static io.github.dualwrite.verify.VerifyRig.samples;
import static io.github.dualwrite.verify.VerifyRig.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.spi.AppliedVersion;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class VerificationTest {

    private final VerifyRig rig = new VerifyRig();

    @AfterEach
    void close() {
        rig.close();
    }

    private static Map<String, Difference> differences(VerificationReport<String> report) {
        return report.findings().stream().collect(Collectors.toMap(Finding::key, Finding::difference));
    }

    private static DualWriteException.Context context() {
        return new DualWriteException.Context("rig", Operation.READ, "a store", List.of());
    }

    @Test
    void equalStoresAreConsistent() throws Exception {
        rig.seeded(1_000);

        VerificationReport<String> report = rig.verify();

        assertThat(report.state()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(report.exitCode()).isZero();
        assertThat(report.authorityRows()).isEqualTo(1_000);
        assertThat(report.followerRows()).isEqualTo(1_000);
        assertThat(report.compared()).isEqualTo(1_000);
        assertThat(report.matching()).isEqualTo(1_000);
        assertThat(report.mostKeysInMemory())
                .as("no key of equal stores is held")
                .isZero();
    }

    @Test
    void emptyStoresAreConsistent() throws Exception {
        assertThat(rig.verify().state()).isEqualTo(VerificationState.CONSISTENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16_384})
    void everyKindOfDifferenceIsFoundAndNoOther(int buckets) throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(500);
        repository.delete("k77");
        rig.confirmed();
        byHand(rig.secondary).save(new Sample("k3", "text 3", 4)); // a field changed
        byHand(rig.secondary).save(new Sample("k4", null, 4));
        byHand(rig.primary).save(Sample.of("never copied", 1)); // missing
        byHand(rig.secondary).save(Sample.of("put there", 1)); // extra
        byHand(rig.secondary).delete("k5"); // deleted by hand
        byHand(rig.secondary).save(Sample.of("k77", 77)); // brought back by hand

        VerificationReport<String> report = rig.verify(settings().buckets(buckets));

        assertThat(differences(report))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "k3", Difference.DIFFERENT,
                        "k4", Difference.DIFFERENT,
                        "never copied", Difference.MISSING,
                        "k5", Difference.MISSING,
                        "put there", Difference.EXTRA,
                        "k77", Difference.EXTRA));
        assertThat(report.state()).isEqualTo(VerificationState.DIFFERENT);
        assertThat(report.exitCode()).isEqualTo(1 | 2 | 4);
        assertThat(report.fields()).containsExactlyInAnyOrderEntriesOf(Map.of("number", 1L, "text", 1L));
        assertThat(report.matching()).isEqualTo(500 - 1 - 3);
        assertThat(report.compared()).isEqualTo(502);
    }

    @Test
    void whatWasDoneToTheFollowerByHandIsNamed() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(100);
        repository.delete("k77");
        rig.confirmed();
        byHand(rig.secondary).save(new Sample("k3", "text 3", 4));
        byHand(rig.primary).save(Sample.of("never copied", 1));
        byHand(rig.secondary).save(Sample.of("put there", 1));
        byHand(rig.secondary).delete("k5");
        byHand(rig.secondary).save(Sample.of("k77", 77));
        byHand(rig.primary).delete("k6");

        VerificationReport<String> report = rig.verify();

        assertThat(report.findings().stream().collect(Collectors.toMap(Finding::key, Finding::cause)))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "k3", Cause.CHANGED_BY_OTHER_MEANS,
                        "never copied", Cause.NEVER_APPLIED,
                        "put there", Cause.NEVER_APPLIED,
                        "k5", Cause.REMOVED_BY_HAND,
                        "k77", Cause.BROUGHT_BACK_BY_HAND,
                        "k6", Cause.CHANGED_BY_OTHER_MEANS));
        assertThat(report.rogue()).isEqualTo(2);
    }

    /** TRAPS 35 */
    @Test
    void aKeyThatIsPendingDuringTheScanIsLookedAtAgainAndMatches() throws Exception {
        rig.seeded(200);
        DualWriteRepository<String, Sample> writer = rig.open(rig.builder());
        rig.followerCalls = (method, arguments, real) -> method.equals("apply")
                ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                : real.call();
        writer.save(new Sample("k9", "new", 9));
        writer.delete("k10");
        writer.save(new Sample("created", "new", 1));
        rig.clock.whileAsleep = () -> {
            rig.followerCalls = VerifyRig.NONE;
            writer.markPending(List.of("k9", "k10", "created")); // sends them at once
            rig.confirmed();
        };

        VerificationReport<String> report = rig.verify(settings().rechecks(3));

        assertThat(report.findings()).isEmpty();
        assertThat(report.state()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(rig.clock.sleeps.get()).as("looked again").isPositive();
        assertThat(report.matching()).as("one is gone on both sides").isGreaterThanOrEqualTo(200);
    }

    @Test
    void keysThatAreWrittenDuringTheScanAreNotDifferent() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(2_000);
        AtomicInteger pages = new AtomicInteger();
        rig.clock.whileAsleep = rig::confirmed;
        rig.followerScan = scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
            Object page = real.call();
            if (method.equals("page")) { // read already, and old now
                int i = pages.incrementAndGet();
                repository.save(new Sample("k" + i, "changed", -i));
                repository.delete("k" + (1_000 + i));
                repository.save(Sample.of("new" + i, i));
            }
            return page;
        });

        VerificationReport<String> report =
                rig.verify(settings().pageSize(100).threads(1).buckets(4));

        assertThat(pages.get()).isGreaterThan(20);
        assertThat(report.findings()).isEmpty();
        assertThat(report.state()).isEqualTo(VerificationState.CONSISTENT);
    }

    @Test
    void aKeyThatStaysPendingIsInFlightAndNeitherMatchingNorDifferent() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(50);
        rig.followerCalls = (method, arguments, real) -> method.equals("apply")
                ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                : real.call();
        repository.save(new Sample("k9", "new", 9));

        VerificationReport<String> report = rig.verify(settings().rechecks(4));

        assertThat(differences(report)).containsExactly(Map.entry("k9", Difference.IN_FLIGHT));
        assertThat(report.matching()).isEqualTo(49);
        assertThat(report.state()).isEqualTo(VerificationState.INCOMPLETE);
        assertThat(report.exitCode()).isEqualTo(8);
        assertThat(rig.clock.sleeps.get()).isEqualTo(4);
        assertThat(report.consistentButForWritesOnTheirWay()).isTrue();
    }

    @Test
    void aKeyThatChangesAtEveryLookIsInFlight() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(50);
        byHand(rig.secondary).save(new Sample("k9", "rogue", 9)); // a reason to look at it
        AtomicInteger looks = new AtomicInteger();
        rig.followerCalls = (method, arguments, real) -> {
            Object answer = real.call();
            if (method.equals("readAll")) {
                repository.save(new Sample("k9", "hot", looks.incrementAndGet())); // applied, but after the read
                rig.confirmed();
            }
            return answer;
        };

        VerificationReport<String> report = rig.verify(settings().rechecks(5));

        assertThat(differences(report)).containsExactly(Map.entry("k9", Difference.IN_FLIGHT));
        assertThat(looks.get()).isEqualTo(6);
    }

    /** Both reads of the authority see the same record, nothing is pending around them, and yet the follower was only late. */
    @Test
    void aKeyThatIsChangedAndChangedBackDuringALookIsNotDifferent() throws Exception {
        AtomicInteger looks = changedAndChangedBackInLooks(3);

        VerificationReport<String> report = rig.verify(settings().rechecks(5));

        assertThat(differences(report)).containsExactly(Map.entry("k10", Difference.MISSING));
        assertThat(looks.get()).isEqualTo(4);
    }

    @Test
    void aKeyWhoseAppliedVersionIsNotToldNowIsLookedAtAgain() throws Exception {
        AtomicInteger looks = changedAndChangedBackInLooks(2);
        AtomicInteger asked = new AtomicInteger();
        VerificationReport<String> report = verifyThrottled(
                () -> asked.incrementAndGet() <= 3 || looks.get() < 2,
                settings().rechecks(5).attempts(3));

        assertThat(differences(report)).containsExactly(Map.entry("k10", Difference.MISSING));
        assertThat(looks.get()).isEqualTo(3);
        assertThat(report.undecided()).isZero();
    }

    @Test
    void aKeyWhoseAppliedVersionIsNeverToldIsUndecidedAndNotDifferent() throws Exception {
        AtomicInteger looks = changedAndChangedBackInLooks(100);
        AtomicInteger asked = new AtomicInteger();
        VerificationReport<String> report = verifyThrottled(
                () -> asked.incrementAndGet() > 0, settings().rechecks(5).attempts(3));

        assertThat(differences(report)).isEmpty();
        assertThat(looks.get()).isEqualTo(6);
        assertThat(report.undecided()).isEqualTo(2);
        assertThat(report.unreadableSamples())
                .allSatisfy(one -> assertThat(one.side()).isEqualTo(Side.FOLLOWER))
                .extracting(Unreadable::shown)
                .containsExactlyInAnyOrder("k9", "k10");
        assertThat(report.unreadableSamples().get(0).reason()).contains("applied versions", "throttled");
        assertThat(report.exitCode()).isEqualTo(16);
        assertThat(asked).as("patient once, then once in each look").hasValue(3 + 5);
    }

    /** The follower tells no applied versions when that is so. */
    private VerificationReport<String> verifyThrottled(
            BooleanSupplier throttled, VerificationSettings.Builder<String, Sample> settings) throws Exception {
        VerifyRig.Hook others = rig.followerCalls;
        rig.followerCalls = (method, arguments, real) -> method.equals("appliedVersions")
                ? Optional.of((AppliedVersions<String>) keys -> throttled.getAsBoolean()
                        ? CompletableFuture.failedFuture(new TransientStoreException(context(), "throttled", null))
                        : applied(real, keys))
                : others.call(method, arguments, real);
        CircuitBreakerConfig patient = CircuitBreakerConfig.custom()
                .minimumNumberOfCalls(1_000)
                .slidingWindowSize(1_000)
                .build();
        return rig.verification(rig.open(rig.builder().circuitBreakerConfig(patient)), settings)
                .run();
    }

    /** The follower is read while it has another record than before and after, and k10 is missing there. */
    private AtomicInteger changedAndChangedBackInLooks(int most) {
        DualWriteRepository<String, Sample> repository = rig.seeded(50);
        Sample usual = new Sample("k9", "on", 9);
        byHand(rig.secondary).delete("k10"); // makes the look happen, with the other in the same bucket
        repository.save(usual);
        rig.confirmed();
        byHand(rig.secondary).save(new Sample("k9", "off", 9)); // a reason to look at it
        AtomicInteger looks = new AtomicInteger();
        rig.followerCalls = (method, arguments, real) -> {
            if (!method.equals("readAll") || looks.incrementAndGet() > most) {
                return real.call();
            }
            repository.save(new Sample("k9", "off", 9));
            rig.confirmed();
            Object answer = real.call();
            Object unused = ((CompletableFuture<?>) Objects.requireNonNull(answer)).join();
            repository.save(usual);
            rig.confirmed();
            return answer;
        };
        return looks;
    }

    @Test
    void atTheEndOfTheTimeBudgetKeysInFlightAreSaidNotToHaveHadAllLooks() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(50);
        rig.followerCalls = (method, arguments, real) -> method.equals("apply")
                ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                : real.call();
        repository.save(new Sample("k9", "new", 9));

        VerificationReport<String> report = rig.verify(settings().rechecks(100).timeBudget(Duration.ofSeconds(5)));

        assertThat(report.inFlight()).isEqualTo(1);
        assertThat(report.notCovered()).singleElement().asString().contains("time budget", "in flight");
        assertThat(report.exitCode()).isEqualTo(8 | 32);
    }

    private DualWriteRepository<String, Sample> withAFollowerThatRejects() {
        DualWriteRepository<String, Sample> repository = rig.seeded(20);
        rig.followerCalls = (method, arguments, real) -> method.equals("apply")
                ? CompletableFuture.completedFuture(List.of(ApplyResult.permanentFailure("too large: split it", null)))
                : real.call();
        return repository;
    }

    @Test
    void aParkedKeyIsInFlightWithItsCause() throws Exception {
        DualWriteRepository<String, Sample> repository = withAFollowerThatRejects();
        DualWriteRepository<String, Sample> reconciling =
                rig.open(rig.builder().secondaryTimeout(Duration.ofMillis(50)).grace(Duration.ofMillis(60)));
        reconciling.save(new Sample("k9", "too large", 9));
        reconciling.reconciler().drain(Duration.ofSeconds(20));
        assertThat(repository.reconciler().findParked("k9")).isPresent();

        VerificationReport<String> report = rig.verify(settings().rechecks(1));

        assertThat(report.findings()).hasSize(1);
        assertThat(report.findings().get(0).cause()).isEqualTo(Cause.PARKED);
        assertThat(report.consistentButForWritesOnTheirWay()).isFalse();
    }

    @Test
    void ifItIsNotKnownWhetherAKeyIsParkedTheReportSaysSo() throws Exception {
        DualWriteRepository<String, Sample> repository = withAFollowerThatRejects();
        repository.save(new Sample("k9", "too large", 9));
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger failures = new AtomicInteger();
        rig.queueCalls = (method, arguments, real) -> {
            if (method.equals("findParked") && asked.getAndIncrement() < failures.get()) {
                throw new TransientStoreException(context(), "the queue is slow", null);
            }
            return real.call();
        };

        failures.set(1);
        assertThat(rig.verify(settings().rechecks(1)).notCovered())
                .as("asked again")
                .isEmpty();
        assertThat(asked).hasValue(2);

        failures.set(Integer.MAX_VALUE);
        VerificationReport<String> report = rig.verify(settings().rechecks(1));
        assertThat(report.notCovered()).singleElement().asString().contains("parked");
        assertThat(report.consistentButForWritesOnTheirWay()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(value = KeyPrivacy.class, names = "PLAIN", mode = EnumSource.Mode.EXCLUDE)
    void errorsOfStoresNameNoKeysInAReportThatShowsNone(KeyPrivacy privacy) throws Exception {
        DualWriteRepository<String, Sample> repository = withAFollowerThatRejects();
        repository.save(new Sample("k9", "too large", 9));
        DualWriteException.Context k9 =
                new DualWriteException.Context(Rig.NAME, Operation.READ_ALL, "a store", List.of("secret k9"));
        VerifyRig.Hook rejecting = rig.followerCalls;
        rig.followerCalls = (method, arguments, real) ->
                method.equals("readAll") && VerifyRig.keys(arguments).contains("k10")
                        ? CompletableFuture.failedFuture(new PermanentStoreException(k9, "secret k10 is no text", null))
                        : rejecting.call(method, arguments, real);
        rig.queueCalls = (method, arguments, real) -> {
            if (method.equals("findParked")) {
                throw new TransientStoreException(k9, "the queue is slow", null);
            }
            return real.call();
        };
        byHand(rig.secondary).delete("k10");

        VerificationReport<String> report = rig.verify(settings().rechecks(1).keyPrivacy(privacy));

        assertThat(report.undecided()).isEqualTo(1);
        assertThat(report.notCovered()).singleElement().asString().contains("parked", "TransientStoreException");
        assertThat(report.text()).contains("PermanentStoreException").doesNotContain("secret");
        assertThat(report.json()).doesNotContain("secret");
    }

    @Test
    void memoryStaysFlatHoweverManyKeysDiffer() throws Exception {
        rig.seeded(3_000);
        for (int i = 0; i < 3_000; i += 2) {
            byHand(rig.secondary).delete("k" + i);
        }

        VerificationReport<String> report = rig.verify(
                settings().buckets(16).keysInMemory(100).passes(1_000).findings(10));

        assertThat(report.missing()).isEqualTo(1_500);
        assertThat(report.matching()).isEqualTo(1_500);
        assertThat(report.mostKeysInMemory()).isBetween(1, 200);
        assertThat(report.findings()).hasSize(10);
    }

    @Test
    void keysThatGrowBeyondMemoryWhileTheyAreComparedAreGivenUpAndSaidToBe() throws Exception {
        rig.seeded(45);
        byHand(rig.secondary).delete("k9");
        AtomicInteger scans = new AtomicInteger();
        rig.authorityScan = scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
            if (method.equals("splits") && scans.incrementAndGet() == 2) {
                samples(2_000).forEach(sample -> byHand(rig.primary).save(sample));
            }
            return real.call();
        });

        VerificationReport<String> report =
                rig.verify(settings().buckets(1).keysInMemory(100).pageSize(50));

        assertThat(report.mostKeysInMemory()).isLessThanOrEqualTo(300);
        assertThat(report.notCovered()).singleElement().asString().contains("grew too fast");
        assertThat(report.state()).isEqualTo(VerificationState.INCOMPLETE);
    }

    @Test
    void whatNeedsMorePassesThanAllowedIsSaidToBeLeft() throws Exception {
        rig.seeded(1_000);
        for (int i = 0; i < 1_000; i += 2) {
            byHand(rig.secondary).save(new Sample("k" + i, "rogue", 0));
        }

        VerificationReport<String> report =
                rig.verify(settings().buckets(16).keysInMemory(100).passes(3));

        assertThat(report.different()).isBetween(1L, 499L);
        assertThat(report.notCovered()).singleElement().asString().contains("passes", "buckets differ");
        assertThat(report.exitCode() & 32).isEqualTo(32);

        VerificationReport<String> none = rig.verify(settings().passes(0));
        assertThat(none.state()).isEqualTo(VerificationState.INCOMPLETE);
    }

    @Test
    void aSampleIsOfTheKeysThatARouteOfThatPercentageSendsToTheSecondary() throws Exception {
        rig.seeded(2_000);
        for (int i = 0; i < 2_000; i++) {
            byHand(rig.secondary).save(new Sample("k" + i, "rogue", 0));
        }
        ReadRoute route = ReadRoute.parse("secondary 10%");

        VerificationReport<String> report = rig.verify(settings().sample(10));

        assertThat(differences(report).keySet())
                .isEqualTo(samples(2_000).stream()
                        .map(Sample::id)
                        .filter(key -> route.readsSecondary("rig", key))
                        .collect(Collectors.toSet()))
                .hasSizeBetween(100, 300);
        assertThat(report.exitCode() & 64).isEqualTo(64);
        assertThat(report.leftOut()).hasValueSatisfying(why -> assertThat(why).contains("10%"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rig", "shop"})
    void aSampleOfARepositoryWithARoutingKeyIsOfTheKeysThatItsRouteSends(String group) throws Exception {
        rig.seeded(2_000);
        for (int i = 0; i < 2_000; i++) {
            byHand(rig.secondary).save(new Sample("k" + i, "rogue", 0));
        }
        ReadRoute route = ReadRoute.parse("secondary 10%");
        Function<String, Object> tenant = key -> "tenant" + key.hashCode() % 100;
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder().routingKey(tenant).routingGroup(group));

        VerificationReport<String> report =
                rig.verification(repository, settings().sample(10)).run();

        assertThat(differences(report).keySet())
                .isEqualTo(samples(2_000).stream()
                        .map(Sample::id)
                        .filter(key -> route.readsSecondary(group, tenant.apply(key)))
                        .collect(Collectors.toSet()))
                .hasSizeBetween(50, 500);
    }

    @Test
    void whatHasNoRoutingKeyCannotBeSampled() throws Exception {
        rig.seeded(10);
        Map<String, Object> nothing = Map.of();
        DualWriteRepository<String, Sample> throwing = rig.open(rig.builder().routingKey(key -> {
            throw new IllegalStateException("no tenant");
        }));
        DualWriteRepository<String, Sample> without = rig.open(rig.builder().routingKey(nothing::get));

        for (DualWriteRepository<String, Sample> repository : List.of(throwing, without)) {
            assertThatThrownBy(() ->
                            rig.verification(repository, settings().sample(10)).run())
                    .isInstanceOf(VerificationException.class)
                    .hasMessageContaining("function routingKey")
                    .hasMessageContaining("without a sample");
            assertThat(rig.verification(repository, settings()).run().state()).isEqualTo(VerificationState.CONSISTENT);
        }
    }

    @Test
    void onlyTheKeysOfAFilterAreCompared() throws Exception {
        rig.seeded(100);
        byHand(rig.secondary).delete("k9");

        VerificationReport<String> report = rig.verify(settings().keys("k1...", key -> key.startsWith("k1")));

        assertThat(report.state()).isEqualTo(VerificationState.CONSISTENT_IN_PART);
        assertThat(report.compared()).isEqualTo(11);
        assertThat(report.leftOut()).hasValueSatisfying(why -> assertThat(why).contains("k1..."));
    }

    @Test
    void theRateHoldsForBothSidesTogether() throws Exception {
        rig.seeded(1_000);

        VerificationReport<String> report =
                rig.verify(settings().rowsPerSecond(100).pageSize(50).threads(1));

        assertThat(report.duration()).isBetween(Duration.ofMillis(19_900), Duration.ofMillis(20_100));
        assertThat(report.rowsPerSecond()).isBetween(99.0, 101.0);
    }

    @Test
    void atTheEndOfTheTimeBudgetTheReportSaysThatNothingIsKnown() throws Exception {
        rig.seeded(1_000);

        VerificationReport<String> report =
                rig.verify(settings().rowsPerSecond(100).pageSize(50).threads(1).timeBudget(Duration.ofSeconds(5)));

        assertThat(report.state()).isEqualTo(VerificationState.INCOMPLETE);
        assertThat(report.compared()).isZero();
        assertThat(report.authorityRows() + report.followerRows()).isBetween(400L, 600L);
        assertThat(report.notCovered()).singleElement().asString().contains("time budget");
        assertThat(report.duration()).isLessThanOrEqualTo(Duration.ofSeconds(6));
        assertThat(report.exitCode()).isEqualTo(32);
    }

    @Test
    void progressIsToldOnceASecond() throws Exception {
        rig.seeded(1_000);

        rig.verify(settings().rowsPerSecond(100).pageSize(50).threads(1));

        List<DualWriteEvent.VerificationProgressed> told = rig.events.of(DualWriteEvent.VerificationProgressed.class);
        assertThat(told).hasSizeBetween(15, 21);
        assertThat(told.get(10).estimatedRows()).isEqualTo(2_000);
        assertThat(told.get(10).remaining()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(15));
    }

    @Test
    void whatASideCannotReadIsNamedAndKeepsTheResultOpen() throws Exception {
        rig.seeded(100);
        rig.followerScan = scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
            Object answer = real.call();
            if (!(answer instanceof ScanPage<?, ?> page)) {
                return answer;
            }
            boolean here =
                    page.records().stream().anyMatch(record -> record.key().equals("k9"));
            return new ScanPage<>(
                    page.records().stream()
                            .filter(record -> !record.key().equals("k9"))
                            .toList(),
                    here ? List.of(new ScanPage.Unreadable("k9", "column text is no text")) : List.of(),
                    page.bytes(),
                    page.next());
        });
        rig.followerCalls = (method, arguments, real) -> method.equals("readAll")
                        && VerifyRig.keys(arguments).contains("k9")
                ? CompletableFuture.failedFuture(new PermanentStoreException(context(), "column text is no text", null))
                : real.call();
        byHand(rig.secondary).delete("k10");

        VerificationReport<String> report = rig.verify(settings().buckets(1));

        assertThat(report.unreadable(Side.FOLLOWER)).isEqualTo(1);
        assertThat(differences(report)).containsExactly(Map.entry("k10", Difference.MISSING));
        assertThat(report.matching()).isEqualTo(98);
        assertThat(report.undecided()).isEqualTo(1);
        assertThat(report.exitCode()).isEqualTo(2 | 16);
        assertThat(report.text()).contains("column text is no text");
    }

    /** As '' for DynamoDB: what cannot be read cannot be asked for in the queue either. */
    @Test
    void aKeyThatTheAuthorityCannotStoreKeepsNoOtherFromBeingCompared() throws Exception {
        rig.seeded(100);
        rig.authorityCalls = (method, arguments, real) -> refusing("k9", method, "readAll", arguments, real);
        rig.queueCalls = (method, arguments, real) -> refusing("k9", method, "pendingAmong", arguments, real);
        byHand(rig.secondary).save(new Sample("k9", "by hand", 9));
        byHand(rig.secondary).delete("k10");

        VerificationReport<String> report = rig.verify();

        assertThat(differences(report)).containsExactly(Map.entry("k10", Difference.MISSING));
        assertThat(report.undecided()).isEqualTo(1);
        assertThat(report.matching()).isEqualTo(98);
        assertThat(report.text()).contains("k9 is no key");
    }

    @Test
    void aKeyThatOnlyTheQueueCannotHoldIsUndecided() throws Exception {
        rig.seeded(100);
        rig.queueCalls = (method, arguments, real) -> refusing("k9", method, "pendingAmong", arguments, real);
        byHand(rig.secondary).save(new Sample("k9", "by hand", 9));
        byHand(rig.secondary).delete("k10");

        VerificationReport<String> report = rig.verify();

        assertThat(differences(report)).containsExactly(Map.entry("k10", Difference.MISSING));
        assertThat(report.undecided()).isEqualTo(1);
    }

    @Test
    void aKeyWhoseAppliedVersionCannotBeReadTakesNoCauseFromOthers() throws Exception {
        rig.seeded(100);
        rig.followerCalls = (method, arguments, real) -> method.equals("appliedVersions")
                ? Optional.of((AppliedVersions<String>) keys -> keys.contains("k9")
                        ? CompletableFuture.failedFuture(new PermanentStoreException(context(), "k9 is no key", null))
                        : applied(real, keys))
                : real.call();
        byHand(rig.secondary).save(new Sample("k9", "by hand", 9));
        byHand(rig.secondary).delete("k10");

        assertThat(rig.verify().findings())
                .extracting(Finding::key, Finding::difference, Finding::cause)
                .containsExactlyInAnyOrder(
                        tuple("k9", Difference.DIFFERENT, Cause.UNKNOWN),
                        tuple("k10", Difference.MISSING, Cause.REMOVED_BY_HAND));
    }

    @SuppressWarnings("unchecked")
    private static CompletableFuture<Map<String, AppliedVersion>> applied(
            VerifyRig.Real real, Collection<? extends String> keys) {
        try {
            return ((Optional<AppliedVersions<String>>) Objects.requireNonNull(real.call()))
                    .orElseThrow()
                    .of(keys);
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static @Nullable Object refusing(
            String key, String method, String refused, @Nullable Object[] arguments, VerifyRig.Real real)
            throws Throwable {
        if (method.equals(refused) && VerifyRig.keys(arguments).contains(key)) {
            throw new PermanentStoreException(context(), key + " is no key", null);
        }
        return real.call();
    }

    @Test
    void aFieldWithinItsToleranceMatches() throws Exception {
        rig.seeded(100);
        byHand(rig.secondary).save(new Sample("k3", "text 3", 4));
        byHand(rig.secondary).save(new Sample("k4", "text 4", 40));

        VerificationReport<String> report = rig.verify(settings()
                .comparator(FieldComparison.of(Sample.class)
                        .tolerance("number", BigDecimal.ONE)
                        .build()));

        assertThat(differences(report)).containsExactly(Map.entry("k4", Difference.DIFFERENT));
    }

    @Test
    void anIgnoredFieldCostsNoComparisonByKey() throws Exception {
        rig.seeded(100);
        byHand(rig.secondary).save(new Sample("k3", "other", 3));

        VerificationReport<String> report = rig.verify(settings()
                .comparator(FieldComparison.of(Sample.class).ignore("text").build()));

        assertThat(report.state()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(report.differingBuckets()).isZero();
    }

    @Test
    void aComparatorThatFailsLeavesTheKeyUndecided() throws Exception {
        rig.seeded(100);
        byHand(rig.secondary).save(new Sample("k3", "other", 3));

        VerificationReport<String> report = rig.verify(settings().comparator((a, b) -> {
            throw new IllegalStateException("secret value");
        }));

        assertThat(report.undecided()).isEqualTo(1);
        assertThat(report.state()).isEqualTo(VerificationState.INCOMPLETE);
        assertThat(report.text()).contains("IllegalStateException").doesNotContain("secret");
    }

    @Test
    void aFailureThatPassesIsRepeated() throws Exception {
        rig.seeded(100);
        byHand(rig.secondary).delete("k9");
        AtomicInteger failures = new AtomicInteger(3);
        VerifyRig.Hook flaky = (method, arguments, real) -> {
            if ((method.equals("page") || method.equals("readAll")) && failures.getAndDecrement() > 0) {
                throw new TransientStoreException(context(), "throttled", null);
            }
            return real.call();
        };
        rig.authorityScan = scan -> VerifyRig.hooked(scan, flaky);
        rig.followerCalls = flaky;

        assertThat(rig.verify().missing()).isEqualTo(1);
    }

    @Test
    void aFailureThatStaysEndsTheRunAndNamesTheSplit() {
        rig.seeded(100);
        rig.followerScan = scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
            if (method.equals("page")) {
                throw new TransientStoreException(context(), "throttled", null);
            }
            return real.call();
        });

        assertThatThrownBy(() -> rig.verify(settings().attempts(3)))
                .isInstanceOf(VerificationException.class)
                .hasMessageContaining("repository 'rig'")
                .hasMessageContaining("split")
                .hasMessageContaining("follower")
                .hasMessageContaining("3 times")
                .hasMessageContaining("throttled");
        assertThat(rig.events.of(DualWriteEvent.VerificationEnded.class))
                .singleElement()
                .satisfies(e -> assertThat(e.state()).isEqualTo("FAILED"));
    }

    /** Or a gauge of runs under way never comes down again. */
    @Test
    @Tag("DW-6")
    void aRunThatIsInterruptedOrBreaksDownEndsWithAnEvent() {
        rig.seeded(100);
        rig.followerScan = scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
            if (method.equals("page")) {
                throw new AssertionError("broken down");
            }
            return real.call();
        });
        assertThatThrownBy(rig::verify).hasMessageContaining("broken down");
        rig.followerScan = scan -> scan;
        Verification<String, Sample> interrupted = rig.verification(rig.open(), settings());
        Thread.currentThread().interrupt();
        assertThatThrownBy(interrupted::run).isInstanceOf(InterruptedException.class);

        assertThat(rig.events.of(DualWriteEvent.VerificationBegan.class)).hasSize(2);
        assertThat(rig.events.of(DualWriteEvent.VerificationEnded.class))
                .extracting(DualWriteEvent.VerificationEnded::state)
                .containsExactly("FAILED", "FAILED");
    }

    @Test
    void exactlyTheGivenKeysAreChecked() throws Exception {
        DualWriteRepository<String, Sample> repository = rig.seeded(100);
        byHand(rig.secondary).delete("k9");
        byHand(rig.secondary).delete("k10");

        VerificationReport<String> report =
                rig.verification(repository, settings()).check(List.of("k9", "k1", "k1", "nowhere"));

        assertThat(differences(report)).containsExactly(Map.entry("k9", Difference.MISSING));
        assertThat(report.compared()).isEqualTo(3);
    }

    @Test
    void closingTheRepositoryEndsARunThatWaitsForItsRate() throws Exception {
        rig.seeded(100);
        CountDownLatch read = new CountDownLatch(1);
        rig.authorityScan = scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
            if (method.equals("page")) {
                read.countDown();
            }
            return real.call();
        });
        DualWriteRepository<String, Sample> repository = rig.open();
        Verification<String, Sample> verification = repository.verification(settings()
                .threads(1)
                .rowsPerSecond(0.001)
                .build()); // the time is real, and one page would take all of it
        CompletableFuture<Object> ended = new CompletableFuture<>();
        Thread running = new Thread(() -> {
            try {
                ended.complete(verification.run());
            } catch (InterruptedException | RuntimeException e) {
                ended.complete(e);
            }
        });
        running.start();
        read.await();

        repository.close();

        assertThat(ended.get(5, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
        running.join();
    }

    @Test
    void closingTheRepositoryEndsARun() {
        DualWriteRepository<String, Sample> repository = rig.seeded(100);
        Verification<String, Sample> verification = rig.verification(repository, settings());
        rig.authorityScan = scan -> scan;
        repository.close();

        assertThatThrownBy(verification::run).hasMessageContaining("closed");
    }

    @Test
    @Tag("DW-6")
    void aFindingIsAnEventWithoutValues() throws Exception {
        rig.seeded(100);
        byHand(rig.secondary).save(new Sample("k3", "secret", 3));

        rig.verify();

        assertThat(rig.events.of(DualWriteEvent.VerificationFound.class))
                .containsExactly(new DualWriteEvent.VerificationFound(
                        "rig", "k3", "DIFFERENT", Set.of("text"), "CHANGED_BY_OTHER_MEANS"));
    }
}
