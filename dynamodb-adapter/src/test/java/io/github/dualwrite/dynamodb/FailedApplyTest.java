package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static io.github.dualwrite.dynamodb.TestTable.record;
import static io.github.dualwrite.dynamodb.TestTable.tombstone;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.ApplyResult.Status;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What becomes of a write that DynamoDB does not take. */
@Tag("DW-6")
class FailedApplyTest {

    private static final String TOO_LARGE = "é".repeat(250 * 1024);

    private final TestTable table = new TestTable();
    private final FakeService service = new FakeService();
    private final Follower<String, Customer> follower = table.follower(service);

    @Test // TRAPS 18, 24
    void oneOversizedRecordDoesNotStopTheOthersOfItsBatch() {
        List<VersionedRecord<String, Customer>> batch = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            batch.add(record("k" + i, 1));
        }
        batch.set(50, new VersionedRecord<>("k50", 1, Customer.of("k50", TOO_LARGE)));

        List<ApplyResult> results = join(follower.apply(batch));

        for (int i = 0; i < 100; i++) {
            assertThat(results.get(i).status()).isEqualTo(i == 50 ? Status.PERMANENT_FAILURE : Status.APPLIED);
        }
        assertThat(results.get(50).error())
                .contains(
                        "repository 'customers'", "key k50", "ValidationException", "400 KB", "retry the parked write")
                .doesNotContain("éé");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ProvisionedThroughputExceededException",
                "RequestLimitExceeded",
                "ThrottlingException",
                "TransactionConflictException",
                "ResourceNotFoundException",
                "AccessDeniedException",
                "UnrecognizedClientException",
                "ExpiredTokenException",
                "InvalidSignatureException",
                "MissingAuthenticationToken",
                "LimitExceededException",
                "SomethingNobodyKnows"
            })
    void errorsThatConcernEveryKeyOrPassAreTransient(String code) {
        service.failing(() -> FakeService.error(code, "classified value", 400));

        ApplyResult result = applyOne(follower, record("a", 1));

        assertThat(result.status()).isEqualTo(Status.TRANSIENT_FAILURE);
        assertThat(result.error()).contains(code, "customers", table.name()).doesNotContain("classified");
        assertThat(result.cause()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ValidationError", "AccessDeniedException", "ExpiredTokenException"})
    void anErrorOfTheServiceThatGivesCredentialsIsNoReasonToParkAnything(String code) {
        service.failing(() -> FakeService.errorOfAnotherService(code, 400));

        ApplyResult result = applyOne(follower, record("a", 1));

        assertThat(result.status()).isEqualTo(Status.TRANSIENT_FAILURE);
        assertThat(result.error())
                .contains(code, "credentials provider")
                .doesNotContain("classified", "DynamoDbStore lists");
    }

    @Test
    void errorsOfTheServiceAndOfTheClientAreTransient() {
        service.failing(() -> FakeService.error("InternalServerError", "oops", 500));
        assertThat(applyOne(follower, record("a", 1)).status()).isEqualTo(Status.TRANSIENT_FAILURE);

        service.failing(() -> ApiCallTimeoutException.create(1000));
        assertThat(applyOne(follower, record("a", 1)).error()).contains("ApiCallTimeoutException", "did not answer");

        service.failing(() -> SdkClientException.create("connection reset"));
        assertThat(applyOne(follower, record("a", 1)).status()).isEqualTo(Status.TRANSIENT_FAILURE);

        service.failing(() -> new IllegalStateException("connection pool shut down"));
        assertThat(applyOne(follower, record("a", 1)).status()).isEqualTo(Status.TRANSIENT_FAILURE);
    }

    @Test
    void unreachableServerIsTransient() {
        try (DynamoDbAsyncClient nobody = DynamoDbServer.newClientOfNobody()) {
            ApplyResult result = applyOne(TestTable.open(table.store(nobody).build()), record("a", 1));

            assertThat(result.status()).isEqualTo(Status.TRANSIENT_FAILURE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ValidationException", "ItemCollectionSizeLimitExceededException"})
    void whatIsWrongWithOneRecordIsPermanent(String code) {
        service.failing(() -> FakeService.error(code, "classified value", 400));

        ApplyResult result = applyOne(follower, record("a", 1));

        assertThat(result.status()).isEqualTo(Status.PERMANENT_FAILURE);
        assertThat(result.error()).contains(code, "key a").doesNotContain("classified");
    }

    @Test
    void tableWithAnotherKeyIsNoReasonToParkEverything() {
        String other = DynamoDbServer.shared().createTable("pk", ScalarAttributeType.S);
        String otherType = DynamoDbServer.shared().createTable("id", ScalarAttributeType.N);
        for (String name : List.of(other, otherType)) {
            Follower<String, Customer> misconfigured =
                    TestTable.open(DynamoDbStore.builder(DynamoDbServer.shared().client(), name, TestTable.MAPPING)
                            .build());

            ApplyResult result = applyOne(misconfigured, record("a", 1));

            assertThat(result.status()).isEqualTo(Status.TRANSIENT_FAILURE);
            assertThat(result.error()).contains("not that of the mapping");
        }
    }

    @Test
    void anIndexOfAnotherTypeIsNoReasonToParkEverythingButANulIsOfItsRecord() {
        DynamoDbServer.shared().createIndex(table.name(), "by_limit", "credit_limit", ScalarAttributeType.N);
        Follower<String, Customer> byHand =
                TestTable.open(DynamoDbStore.builder(DynamoDbServer.shared().client(), table.name(), WITH_NUL)
                        .build());

        ApplyResult misfit = applyOne(follower, record("a", 1));
        ApplyResult empty = applyOne(byHand, record("b", 1));

        assertThat(misfit.status()).isEqualTo(Status.TRANSIENT_FAILURE);
        assertThat(misfit.error()).contains("secondary index", "create the index");
        assertThat(empty.status()).isEqualTo(Status.PERMANENT_FAILURE);
        assertThat(empty.error()).contains("null or an empty string in the key of a secondary index");
    }

    @Test
    void anIndexOfAnotherTypeIsNoneEitherWhereAnUpdateMeetsIt() {
        service.failing(() -> FakeService.error(
                "ValidationException",
                "The update expression attempted to update the secondary index key to unsupported type",
                400));
        Follower<String, Customer> keeping = TestTable.open(table.store(service.client())
                .unmappedAttributes(UnmappedAttributes.KEEP)
                .build());

        ApplyResult misfit = applyOne(keeping, record("a", 1));

        assertThat(misfit.status()).isEqualTo(Status.TRANSIENT_FAILURE);
        assertThat(misfit.error()).contains("secondary index", "create the index");
    }

    /** Stores what no mapping by convention does. */
    private static final ItemMapping<String, Customer> WITH_NUL = new ItemMapping<>() {
        @Override
        public String partitionKey() {
            return TestTable.MAPPING.partitionKey();
        }

        @Override
        public Map<String, AttributeValue> key(String key) {
            return TestTable.MAPPING.key(key);
        }

        @Override
        public Map<String, AttributeValue> item(Customer value) {
            Map<String, AttributeValue> item = new HashMap<>(TestTable.MAPPING.item(value));
            item.put("credit_limit", AttributeValue.fromNul(true));
            return item;
        }

        @Override
        public Customer value(Map<String, AttributeValue> item) {
            return TestTable.MAPPING.value(item);
        }
    };

    @Test
    void aNullThatIsTheKeyOfASecondaryIndexIsStoredInBothRoles() {
        Customer unlimited = new Customer("a", "Ada", null, List.of());
        DynamoDbServer.shared().createIndex(table.name(), "by_limit", "credit_limit", ScalarAttributeType.S);

        assertThat(applyOne(follower, new VersionedRecord<>("a", 1, unlimited)).status())
                .isEqualTo(Status.APPLIED);
        assertThat(join(follower.read("a"))).contains(unlimited);

        AuthorityRig rig = new AuthorityRig();
        DynamoDbServer.shared().createIndex(rig.table.name(), "by_limit", "credit_limit", ScalarAttributeType.S);
        VersionedRecord<String, Customer> saved = rig.open().save(unlimited);
        assertThat(saved.value()).isEqualTo(unlimited);
        assertThat(rig.open().snapshot(List.of("a"))).containsExactly(saved);
    }

    @Test
    void whatWasStoredAsNulIsReadAsNull() {
        table.put(Map.of(
                "id", AttributeValue.fromS("a"),
                "name", AttributeValue.fromS("Ada"),
                "credit_limit", AttributeValue.fromNul(true),
                "tags", AttributeValue.fromL(List.of())));

        assertThat(join(follower.read("a"))).contains(new Customer("a", "Ada", null, List.of()));
    }

    @Test // TRAPS 20
    void repeatOfAWriteWhoseAnswerWasLostFindsItThere() {
        service.after((response, count) -> {
            if (count == 1) {
                throw SdkClientException.create("answer lost");
            }
            return response;
        });

        assertThat(applyOne(follower, record("a", 7)).status()).isEqualTo(Status.TRANSIENT_FAILURE);
        assertThat(applyOne(follower, record("a", 7)).status()).isEqualTo(Status.SUPERSEDED);
        assertThat(join(follower.read("a"))).contains(Customer.of("a", "name 7"));
    }

    @Test // TRAPS 18
    void throttlingOfSomeIsSeenRecordByRecord() {
        service.before((request, count) -> request instanceof PutItemRequest put
                        && put.item().get("id").s().endsWith("3")
                ? FakeService.error("ThrottlingException", "slow down", 400)
                : null);
        List<VersionedRecord<String, Customer>> batch = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            batch.add(i % 2 == 0 ? record("k" + i, 1) : tombstone("k" + i, 1));
        }

        List<ApplyResult> results = join(follower.apply(batch));

        for (int i = 0; i < 40; i++) {
            assertThat(results.get(i).status()).isEqualTo(i % 10 == 3 ? Status.TRANSIENT_FAILURE : Status.APPLIED);
        }
    }

    @Test // TRAPS 23
    void recommendedClientAsksOnlyOnce() {
        service.after((response, count) -> {
            throw SdkClientException.create("answer lost");
        });

        applyOne(follower, record("a", 1));

        assertThat(service.requests(PutItemRequest.class)).hasSize(1);
        assertThat(DynamoDbStore.clientOverrides(Duration.ofSeconds(1))
                        .retryStrategy()
                        .orElseThrow()
                        .maxAttempts())
                .isEqualTo(1);
    }

    @Test // TRAPS 24
    void emptyKeyIsRejectedWithoutAskingTheService() {
        ApplyResult result = applyOne(follower, record("", 1));

        assertThat(result.status()).isEqualTo(Status.PERMANENT_FAILURE);
        assertThat(result.error()).contains("repository 'customers'", "attribute id", "empty string");
        assertThat(service.requests()).isEmpty();
        assertThat(applyOne(follower, tombstone("", 2)).status()).isEqualTo(Status.PERMANENT_FAILURE);
    }

    @Test
    @SuppressWarnings("NullAway") // what an application may do all the same
    void nullInTheKeyOfARecordIsRejectedWithTheRepositoryNamed() {
        ApplyResult result = applyOne(follower, new VersionedRecord<>("a", 1, Customer.of(null, "x")));

        assertThat(result.status()).isEqualTo(Status.PERMANENT_FAILURE);
        assertThat(result.error()).contains("repository 'customers'", "id", "null");
        assertThat(service.requests()).isEmpty();
    }

    @Test
    void recordUnderAnotherKeyThanItsOwnIsRejected() {
        ApplyResult result = applyOne(follower, new VersionedRecord<>("a", 1, Customer.of("b", "x")));

        assertThat(result.status()).isEqualTo(Status.PERMANENT_FAILURE);
        assertThat(result.error()).contains("attribute id", "another key");
    }
}
