package io.github.dualwrite.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.dynamodb.DynamoDbStore;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.integration.Pair.Account;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.routing.ReadRoute;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The guarantees on the two real stores together. */
class PostgresToDynamoDbTest {

    private static final Duration DRAIN = Duration.ofSeconds(60);

    private Pair pair;

    @BeforeEach
    void open() throws SQLException {
        pair = new Pair();
    }

    @AfterEach
    void close() {
        pair.close();
    }

    private static RuntimeException unreachable() {
        return SdkClientException.create("nobody answers");
    }

    private void assertBothEqual() {
        assertThat(pair.labelsOnSecondary()).isEqualTo(pair.labelsOnPrimary());
    }

    @Test
    void everyTypeArrivesAsThePrimaryStoredIt() {
        try (DualWriteRepository<String, Account> repository =
                pair.repository().readRoute(ReadRoute.secondary()).build()) {
            for (Account account : List.of(Account.full("a", 7), Account.full("b", -8), Account.empty("c"))) {
                WriteResult<String, Account> saved = repository.save(account);

                assertThat(saved.secondaryApplied()).isTrue();
                assertThat(repository.read(account.id()).orElseThrow())
                        .usingRecursiveComparison()
                        .isEqualTo(saved.value().orElseThrow())
                        .isEqualTo(account);
            }
            assertThat(pair.service.requests(software.amazon.awssdk.services.dynamodb.model.GetItemRequest.class))
                    .hasSize(3)
                    .allMatch(request -> request.consistentRead());
        }
    }

    private static final List<Account> ACCOUNTS =
            List.of(Account.full("a", 7), Account.full("b", -8), Account.empty("c"));

    @Test
    void everyTypeArrivesThroughTheReconcilerToo() throws InterruptedException {
        try (DualWriteRepository<String, Account> repository = pair.repository()
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .executor(lost -> {})
                .secondaryTimeout(Duration.ofMillis(300))
                .secondaryReadTimeout(Duration.ofSeconds(5))
                .grace(Duration.ofMillis(310))
                .readRoute(ReadRoute.secondary())
                .build()) {
            assertEveryTypeArrivesByADrain(repository);
        }
    }

    @Test
    void everyTypeArrivesFromDynamoDbToo() throws InterruptedException {
        DynamoDbStore<String, Account> primary = DynamoDbStore.builder(pair.service.client(), pair.table, Pair.ITEMS)
                .schema(TestQueue.install(2))
                .authorityTimeout(Duration.ofSeconds(30))
                .build();
        try (DualWriteRepository<String, Account> live = DualWriteRepository.builder("live", primary, pair.primary())
                .secondaryTimeout(Duration.ofSeconds(30))
                .grace(Duration.ofSeconds(31))
                .reconcileInBackground(false)
                .readRoute(ReadRoute.secondary())
                .build()) {
            for (Account account : ACCOUNTS) {
                assertThat(live.save(account).secondaryApplied()).isTrue();
                assertThat(live.read(account.id()).orElseThrow())
                        .usingRecursiveComparison()
                        .isEqualTo(account);
            }
        }
        try (DualWriteRepository<String, Account> late = DualWriteRepository.builder("late", primary, pair.primary())
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .executor(lost -> {})
                .secondaryTimeout(Duration.ofMillis(300))
                .secondaryReadTimeout(Duration.ofSeconds(5))
                .grace(Duration.ofMillis(310))
                .reconcileInBackground(false)
                .readRoute(ReadRoute.secondary())
                .build()) {
            assertEveryTypeArrivesByADrain(late);
        }
    }

    private static void assertEveryTypeArrivesByADrain(DualWriteRepository<String, Account> repository)
            throws InterruptedException {
        List<Account> swapped = List.of(Account.empty("a"), Account.full("b", 9), Account.full("c", -10));
        for (List<Account> accounts : List.of(ACCOUNTS, swapped)) {
            for (Account account : accounts) {
                assertThat(repository.save(account).secondaryApplied()).isFalse();
            }
            assertThat(repository.reconciler().drain(DRAIN).drained()).isTrue();
            for (Account account : accounts) {
                assertThat(repository.read(account.id()).orElseThrow())
                        .usingRecursiveComparison()
                        .isEqualTo(account);
            }
        }
    }

    @Test
    @Tag("DW-1")
    @Tag("DW-3")
    @Tag("DW-4")
    void anOutageCostsNoWriteAndOneEntryForEachKey() throws InterruptedException {
        try (DualWriteRepository<String, Account> repository = pair.repository().build()) {
            repository.saveAll(List.of(Account.full("kept", 1), Account.full("deleted", 1)));
            pair.service.failing(PostgresToDynamoDbTest::unreachable);
            List<PendingReason> reasons = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                repository.save(Account.full("k" + i % 20, i)).pendingReason().ifPresent(reasons::add);
            }
            repository.delete("deleted");

            assertThat(reasons).hasSize(200).contains(PendingReason.FAILED, PendingReason.BREAKER_OPEN);
            assertThat(repository.reconciler().statistics().depth()).isBetween(21L, 23L);
            DrainReport hopeless = repository.reconciler().drain(Duration.ofMillis(300));
            assertThat(hopeless.drained()).isFalse();
            assertThat(hopeless.remaining()).isGreaterThanOrEqualTo(21);

            pair.service.before((request, count) -> null);
            DrainReport report = repository.reconciler().drain(DRAIN);

            assertThat(report.drained()).isTrue();
            assertThat(report.parkedInTotal()).isZero();
            assertBothEqual();
            assertThat(pair.labelsOnSecondary()).hasSize(21);
        }
    }

    @Test
    @Tag("DW-1")
    @Tag("DW-7")
    void whatADeadProcessLeftIsPickedUpByTheNext() throws InterruptedException {
        pair.service.failing(PostgresToDynamoDbTest::unreachable);
        try (DualWriteRepository<String, Account> dead = pair.repository().build()) {
            dead.saveAll(List.of(Account.full("a", 1), Account.full("b", 1)));
            dead.delete("b");
        }
        pair.service.before((request, count) -> null);

        try (DualWriteRepository<String, Account> next = pair.repository().build()) {
            assertThat(next.reconciler().drain(DRAIN).drained()).isTrue();
        }

        assertBothEqual();
        assertThat(pair.labelsOnSecondary()).containsOnlyKeys("a");
    }

    @Test
    @Tag("DW-6")
    void aRecordThatDynamoDbCannotHoldIsParkedAndHoldsUpNothing() throws InterruptedException {
        String large = "x".repeat(500_000);
        List<DualWriteEvent.Parked> parked = new CopyOnWriteArrayList<>();
        try (DualWriteRepository<String, Account> repository = pair.repository()
                .listener(new DualWriteListener() {
                    @Override
                    public void onParked(DualWriteEvent.Parked event) {
                        parked.add(event);
                    }
                })
                .build()) {
            WriteResult<String, Account> result = repository.save(labelled("large", large));
            WriteResult<String, Account> noKey = repository.save(labelled("", "an empty key"));
            repository.save(labelled("small", "fits"));
            assertThat(result.pendingReason()).contains(PendingReason.REJECTED);
            assertThat(noKey.pendingReason()).contains(PendingReason.REJECTED);

            DrainReport report = repository.reconciler().drain(DRAIN);

            assertThat(report.drained()).isTrue();
            assertThat(report.parkedInTotal()).isEqualTo(2);
            assertThat(parked).extracting(DualWriteEvent.Parked::key).containsExactlyInAnyOrder("large", "");
            assertThat(repository.reconciler().findParked("large").orElseThrow().reason())
                    .contains("repository 'accounts'", "key large", "400 KB");
            assertThat(repository.reconciler().findParked("").orElseThrow().reason())
                    .contains("id");
            assertThat(pair.labelsOnSecondary()).containsOnlyKeys("small");

            repository.save(labelled("large", "now it fits"));
            assertThat(repository.reconciler().findParked("large")).isEmpty();
            assertThat(pair.labelsOnSecondary()).containsEntry("large", "now it fits");
            assertThat(repository.reconciler().discardParked("", "DynamoDB has no empty keys"))
                    .isPresent();
            assertThat(repository.reconciler().drain(DRAIN).drained()).isTrue();
            assertThat(repository.reconciler().statistics().parked()).isZero();
        }
    }

    private static Account labelled(String id, String label) {
        Account empty = Account.empty(id);
        return new Account(
                id,
                empty.small(),
                empty.number(),
                empty.big(),
                empty.exact(),
                label,
                empty.flag(),
                empty.uuid(),
                empty.happenedAt(),
                empty.day(),
                empty.bytes(),
                empty.document(),
                empty.texts(),
                empty.numbers(),
                empty.status());
    }

    @Test
    @Tag("DW-5")
    void aWriteThatIsPendingIsReadFromThePrimary() throws InterruptedException {
        List<FallbackReason> fallbacks = new CopyOnWriteArrayList<>();
        try (DualWriteRepository<String, Account> repository = pair.repository()
                .readRoute(ReadRoute.secondary())
                .listener(new DualWriteListener() {
                    @Override
                    public void onReadFallback(DualWriteEvent.ReadFallback event) {
                        fallbacks.add(event.reason());
                    }
                })
                .build()) {
            repository.save(labelled("a", "old"));
            pair.service.before(
                    (request, count) -> request instanceof software.amazon.awssdk.services.dynamodb.model.PutItemRequest
                            ? unreachable()
                            : null);
            repository.save(labelled("a", "new"));

            assertThat(repository.read("a").orElseThrow().label()).isEqualTo("new");
            assertThat(fallbacks).containsExactly(FallbackReason.PENDING);

            pair.service.before((request, count) -> null);
            assertThat(repository.reconciler().drain(DRAIN).drained()).isTrue();
            assertThat(repository.read("a").orElseThrow().label()).isEqualTo("new");
            assertThat(fallbacks).containsExactly(FallbackReason.PENDING);
        }
    }

    /**
     * Two instances with reconcilers in the background, eight writers on 25 keys, and a follower that fails before or after
     * the effect in a third of all calls. Then everything is drained, and both stores are compared.
     */
    @Test
    @Tag("DW-1")
    @Tag("DW-2")
    @Tag("DW-3")
    void twoInstancesAndAnUnreliableFollowerConverge() throws Exception {
        long seed = ThreadLocalRandom.current().nextLong();
        pair.service.before((request, count) -> ThreadLocalRandom.current().nextInt(6) == 0 ? unreachable() : null);
        pair.service.after((response, count) -> {
            if (ThreadLocalRandom.current().nextInt(6) == 0) {
                throw SdkClientException.create("the answer is lost");
            }
            return response;
        });
        int failedCalls = 0;
        try (DualWriteRepository<String, Account> one = pair.repository()
                        .reconcileInBackground(true)
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .build();
                DualWriteRepository<String, Account> two =
                        pair.repository().reconcileInBackground(true).build()) {
            ExecutorService writers = Executors.newFixedThreadPool(8);
            List<Future<Integer>> failed = new ArrayList<>();
            for (int w = 0; w < 8; w++) {
                Random random = new Random(seed + w);
                DualWriteRepository<String, Account> mine = w % 2 == 0 ? one : two;
                failed.add(writers.submit(() -> write(mine, random, 150)));
            }
            for (Future<Integer> writer : failed) {
                failedCalls += writer.get(120, TimeUnit.SECONDS);
            }
            writers.shutdown();
            pair.service.before((request, count) -> null);
            pair.service.after((response, count) -> response);
            assertThat(two.reconciler().drain(DRAIN)).matches(DrainReport::drained, "drained");
        }
        assertThat(failedCalls).as("seed %d", seed).isZero();
        assertBothEqual();
    }

    private static int write(DualWriteRepository<String, Account> repository, Random random, int calls) {
        int failed = 0;
        for (int i = 0; i < calls; i++) {
            String key = "k" + random.nextInt(25);
            try {
                switch (random.nextInt(4)) {
                    case 0 -> repository.delete(key);
                    case 1 ->
                        repository.saveAll(List.of(
                                Account.full(key, random.nextInt(1000)), Account.full("k0", random.nextInt(1000))));
                    default -> repository.save(Account.full(key, random.nextInt(1000)));
                }
            } catch (RuntimeException e) {
                failed++;
            }
        }
        return failed;
    }

    @Test
    void aTableWithAnotherKeyIsRefusedWhenTheRepositoryIsBuilt() {
        String other = DynamoDbServer.shared().createTable("account_id", ScalarAttributeType.S);
        assertThatThrownBy(() -> DualWriteRepository.builder(
                                "accounts",
                                pair.primary(),
                                DynamoDbStore.builder(DynamoDbServer.shared().client(), other, Pair.ITEMS)
                                        .build())
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("repository 'accounts'")
                .hasMessageContaining("account_id");
        assertThatThrownBy(() -> DualWriteRepository.builder(
                                "accounts",
                                pair.primary(),
                                DynamoDbStore.builder(DynamoDbServer.shared().client(), "no-such-table", Pair.ITEMS)
                                        .build())
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no-such-table");
    }

    @Test
    @Tag("DW-4")
    void anApplicationStartsAndWritesWhileDynamoDbIsDown() throws InterruptedException {
        pair.service.failing(PostgresToDynamoDbTest::unreachable);
        List<DualWriteEvent> events = new CopyOnWriteArrayList<>();
        try (DualWriteRepository<String, Account> repository = pair.repository()
                .listener(new DualWriteListener() {
                    @Override
                    public void onFollowerCheckFailed(DualWriteEvent.FollowerCheckFailed event) {
                        events.add(event);
                    }
                })
                .build()) {
            assertThat(events).hasSize(1);
            repository.save(Account.full("a", 1));
            pair.service.before((request, count) -> null);
            assertThat(repository.reconciler().drain(DRAIN).drained()).isTrue();
            assertBothEqual();
        }
    }

    @Test
    @Tag("DW-1")
    void aLostPrivilegeOnTheTableKeepsWritesPendingAndParksNothing() throws InterruptedException {
        try (DualWriteRepository<String, Account> repository = pair.repository().build()) {
            pair.service.failing(() ->
                    (DynamoDbException) FakeService.error("AccessDeniedException", "User is not authorized", 400));
            for (int i = 0; i < 10; i++) {
                repository.save(Account.full("k" + i, i));
            }
            DrainReport report = repository.reconciler().drain(Duration.ofSeconds(3));
            assertThat(report.remaining()).isEqualTo(10);
            assertThat(report.parkedInTotal()).isZero();

            pair.service.before((request, count) -> null);
            assertThat(repository.reconciler().drain(DRAIN).drained()).isTrue();
            assertBothEqual();
        }
    }
}
