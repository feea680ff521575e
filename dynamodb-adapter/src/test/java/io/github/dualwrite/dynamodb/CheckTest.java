package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import java.net.ConnectException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableResponse;
import software.amazon.awssdk.services.dynamodb.model.ReplicaDescription;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;

/** A check refuses what is certainly unfit, and nothing else. */
@Tag("DW-4")
class CheckTest {

    private final TestTable table = new TestTable();
    private final FakeService service = new FakeService();

    private static Throwable failureOf(Follower<?, ?> follower) {
        Throwable failure = catchThrowable(() -> join(follower.check()));
        return failure == null ? new AssertionError("the check passed") : failure.getCause();
    }

    private static Throwable failureOf(String tableName) {
        return failureOf(
                TestTable.open(DynamoDbStore.builder(DynamoDbServer.shared().client(), tableName, TestTable.MAPPING)
                        .build()));
    }

    @Test
    void fittingTablePasses() {
        join(table.follower().check());
    }

    @Test
    void missingTableIsUnfit() {
        Throwable failure = failureOf("no-such-table");

        assertThat(failure)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("repository 'customers'")
                .hasMessageContaining("DynamoDB table no-such-table")
                .hasMessageContaining("create it");
        ConfigurationException unfit = (ConfigurationException) failure;
        assertThat(unfit.context().operation()).isEqualTo(Operation.OPEN);
        assertThat(unfit.context().keys()).isEmpty();
    }

    @Test
    void otherKeyIsUnfit() {
        DynamoDbServer server = DynamoDbServer.shared();
        assertThat(failureOf(server.createTable("pk", ScalarAttributeType.S)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("[pk]")
                .hasMessageContaining("[id]");
        assertThat(failureOf(server.createTable("id", ScalarAttributeType.S, "sk", ScalarAttributeType.S)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("[id, sk]");
        assertThat(failureOf(server.createTable("id", ScalarAttributeType.N)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("key attribute id has the type N in the table and S in the mapping");
    }

    @Test
    void keyOfASecondaryIndexOfAnotherTypeIsUnfit() {
        DynamoDbServer.shared().createIndex(table.name(), "by_limit", "credit_limit", ScalarAttributeType.N);

        assertThat(failureOf(table.follower()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("attribute credit_limit, a key of secondary index by_limit, has the type N in the"
                        + " table and S in the mapping");
        assertThatThrownBy(() -> AuthorityRig.open(table.store().schema(TestQueue.install(1))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("by_limit");
    }

    @Test
    void fittingSecondaryIndexesPass() {
        DynamoDbServer.shared().createIndex(table.name(), "by_limit", "credit_limit", ScalarAttributeType.S);
        DynamoDbServer.shared().createIndex(table.name(), "unmapped", "another", ScalarAttributeType.N);

        join(table.follower().check());
    }

    @ParameterizedTest
    @EnumSource(
            value = TableStatus.class,
            names = {"ACTIVE", "UPDATING", "UNKNOWN_TO_SDK_VERSION"},
            mode = EnumSource.Mode.EXCLUDE)
    void tableThatIsNotActiveIsUnfit(TableStatus status) {
        service.after((response, count) -> withStatus(response, status));

        assertThat(failureOf(table.follower(service)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(status.toString());
    }

    @Test
    void tableThatIsBeingUpdatedPasses() {
        service.after((response, count) -> withStatus(response, TableStatus.UPDATING));

        join(table.follower(service).check());
    }

    @Test
    void anAuthoritysTableWithReplicasIsUnfit() {
        DynamoDbSchema schema = TestQueue.install(1);
        for (String name : List.of(table.name(), schema.queueTableName())) {
            service.after((response, count) -> withReplica(response, name));

            assertThatThrownBy(() ->
                            AuthorityRig.open(table.store(service.client()).schema(schema)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("replicas in [us-east-1]")
                    .hasMessageContaining("remove the replicas");
        }
        assertThatThrownBy(() -> schema.install(service.client())).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void aFollowersTableWithReplicasIsWarnedAboutOnce() {
        service.after((response, count) -> withReplica(response, table.name()));
        Logger logger = (Logger) LoggerFactory.getLogger(DynamoDbFollower.class);
        ListAppender<ILoggingEvent> seen = new ListAppender<>();
        seen.start();
        logger.addAppender(seen);
        try {
            Follower<?, ?> follower = table.follower(service);
            join(follower.check());
            join(follower.check());
        } finally {
            logger.detachAppender(seen);
        }

        assertThat(seen.list).singleElement().satisfies(event -> {
            assertThat(event.getLevel()).isEqualTo(Level.WARN);
            assertThat(event.getKeyValuePairs().toString()).contains("TableReplicated", table.name(), "us-east-1");
        });
    }

    private static SdkResponse withReplica(SdkResponse response, String table) {
        return response instanceof DescribeTableResponse described
                        && described.table().tableName().equals(table)
                ? described.toBuilder()
                        .table(described.table().toBuilder()
                                .replicas(ReplicaDescription.builder()
                                        .regionName("us-east-1")
                                        .build())
                                .build())
                        .build()
                : response;
    }

    private static SdkResponse withStatus(SdkResponse response, TableStatus status) {
        DescribeTableResponse described = (DescribeTableResponse) response;
        return described.toBuilder()
                .table(described.table().toBuilder().tableStatus(status).build())
                .build();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UnrecognizedClientException",
                "InvalidSignatureException",
                "MissingAuthenticationToken",
                "IncompleteSignature"
            })
    void wrongCredentialsAreUnfit(String code) {
        service.failing(() -> FakeService.error(code, "no", 400));

        assertThat(failureOf(table.follower(service)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(code)
                .hasMessageContaining("credentials");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"AccessDeniedException", "ThrottlingException", "ExpiredTokenException", "InternalServerError"})
    void whatMayWorkNeverthelessIsNotKnown(String code) {
        service.failing(() -> FakeService.error(code, "no", code.startsWith("Internal") ? 500 : 400));

        assertThat(failureOf(table.follower(service)))
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining(code);
    }

    @Test
    void aNameThatDynamoDbDoesNotAcceptIsUnfit() {
        service.failing(() -> FakeService.error("ValidationException", "no such name", 400));

        assertThat(failureOf(table.follower(service)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("the table's name");
        assertThatThrownBy(() -> AuthorityRig.open(table.store(service.client())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("the table's name");
    }

    @Test
    void wrongCredentialsOfAnotherServiceAreNotKnown() {
        service.failing(() -> FakeService.errorOfAnotherService("InvalidClientTokenId", 403));

        assertThat(failureOf(table.follower(service)))
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining("credentials provider");
    }

    @Test
    void unreachableServerIsNotKnown() {
        try (DynamoDbAsyncClient nobody = DynamoDbServer.newClientOfNobody()) {
            assertThat(failureOf(TestTable.open(table.store(nobody).build())))
                    .isInstanceOf(TransientStoreException.class)
                    .hasMessageContaining("SdkClientException")
                    .hasRootCauseInstanceOf(ConnectException.class);
        }
    }
}
