package io.github.dualwrite.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.PairSides;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.testkit.PairScenario;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.testkit.StoppingCheckpoints;
import io.github.dualwrite.verify.CheckpointFile;
import io.github.dualwrite.verify.Verification;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationSettings;
import io.github.dualwrite.verify.VerificationState;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What was done to a secondary by hand is found, exactly that, and mended; between the four pairs of stores. */
class VerificationPairsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final HikariDataSource primary = PostgresSides.database();
    private final HikariDataSource secondary = PostgresSides.database();
    private final DynamoDbAsyncClient client = DynamoDbServer.shared().client();

    @AfterEach
    void close() {
        primary.close();
        secondary.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PostgreSQL", "DynamoDB"})
    @Tag("DW-3")
    void damageOnPostgres(String first) throws Exception {
        verify(side(first), PostgresSides.postgres("secondary", secondary), () -> {
            PostgresServer.execute(secondary, "UPDATE sample SET number = -1 WHERE id = 'k3'");
            PostgresServer.execute(secondary, "DELETE FROM sample WHERE id = 'k5'");
            PostgresServer.execute(secondary, "INSERT INTO sample VALUES ('extra', 'by hand', 1)");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"PostgreSQL", "DynamoDB"})
    @Tag("DW-3")
    void damageOnDynamoDb(String first) throws Exception {
        String table = DynamoDbServer.shared().createTable("id", ScalarAttributeType.S);
        verify(side(first), PairSides.dynamoDb("secondary", table), () -> {
            client.updateItem(r -> r.tableName(table)
                            .key(key("k3"))
                            .updateExpression("SET #n = :n")
                            .expressionAttributeNames(Map.of("#n", "number"))
                            .expressionAttributeValues(Map.of(":n", AttributeValue.fromN("-1"))))
                    .join();
            client.deleteItem(r -> r.tableName(table).key(key("k5"))).join();
            client.putItem(r -> r.tableName(table)
                            .item(Map.of(
                                    "id", AttributeValue.fromS("extra"),
                                    "text", AttributeValue.fromS("by hand"),
                                    "number", AttributeValue.fromN("1"))))
                    .join();
        });
    }

    /** DynamoDB has no such key. */
    @Test
    @Tag("DW-3")
    void aRowUnderAnEmptyKeyIsUndecidedAndHidesNothingElse() throws Exception {
        try (DualWriteRepository<String, Sample> repository =
                open(side("DynamoDB"), PostgresSides.postgres("secondary", secondary))) {
            repository.saveAll(
                    IntStream.range(0, 10).mapToObj(i -> Sample.of("k" + i, i)).toList());
            assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();
            PostgresServer.execute(secondary, "INSERT INTO sample VALUES ('', 'by hand', 1)");
            PostgresServer.execute(secondary, "DELETE FROM sample WHERE id = 'k5'");

            VerificationReport<String> report = repository.verification().run();

            assertThat(report.undecided()).as(report.text()).isEqualTo(1);
            assertThat(report.missing()).isEqualTo(1);
            assertThat(report.extra()).isZero();
            assertThat(report.matching()).isEqualTo(9);
        }
    }

    /** The four pairs; stopped after one page. */
    @ParameterizedTest
    @CsvSource({"PostgreSQL,PostgreSQL", "PostgreSQL,DynamoDB", "DynamoDB,PostgreSQL", "DynamoDB,DynamoDB"})
    @Tag("DW-7")
    void aRunThatWasStoppedIsGoneOnWith(String first, String second, @TempDir Path folder) throws Exception {
        PairScenario.Side from = side(first);
        PairScenario.Side to = second.equals("DynamoDB")
                ? PairSides.dynamoDb("secondary")
                : PostgresSides.postgres("secondary", secondary);
        CheckpointFile file = CheckpointFile.at(folder.resolve("checkpoint"));
        try (DualWriteRepository<String, Sample> repository = open(from, to)) {
            repository.saveAll(
                    IntStream.range(0, 40).mapToObj(i -> Sample.of("k" + i, i)).toList());
            assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();
            assertThatThrownBy(() -> repository
                            .verification(VerificationSettings.<String, Sample>builder()
                                    .digestsInStores(false)
                                    .threads(1)
                                    .pageSize(3)
                                    .checkpointEvery(Duration.ofNanos(1))
                                    .build())
                            .run(new StoppingCheckpoints(file)))
                    .hasMessageContaining("disk full");

            VerificationReport<String> report = repository
                    .verification(VerificationSettings.<String, Sample>builder()
                            .digestsInStores(false)
                            .build())
                    .run(file);

            assertThat(report.state()).as(report.text()).isEqualTo(VerificationState.CONSISTENT);
            assertThat(report.runs()).isEqualTo(2);
            assertThat(report.authorityRows()).isEqualTo(40);
            assertThat(report.followerRows()).isEqualTo(40);
            assertThat(file.load()).isEmpty();
        }
    }

    private PairScenario.Side side(String first) {
        return first.equals("DynamoDB") ? PairSides.dynamoDb(first) : PostgresSides.postgres(first, primary);
    }

    private static DualWriteRepository<String, Sample> open(PairScenario.Side from, PairScenario.Side to) {
        return DualWriteRepository.builder("accounts", from.authority(), to.follower())
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(21))
                .build();
    }

    private static Map<String, AttributeValue> key(String id) {
        return Map.of("id", AttributeValue.fromS(id));
    }

    @FunctionalInterface
    private interface Damage {
        void run() throws SQLException;
    }

    private static void verify(PairScenario.Side from, PairScenario.Side to, Damage damage) throws Exception {
        try (DualWriteRepository<String, Sample> repository = open(from, to)) {
            repository.saveAll(
                    IntStream.range(0, 40).mapToObj(i -> Sample.of("k" + i, i)).toList());
            repository.delete("k7");
            assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();
            Verification<String, Sample> verification = repository.verification();
            assertThat(verification.run().state()).isEqualTo(VerificationState.CONSISTENT);

            damage.run();
            VerificationReport<String> report = verification.run();

            assertThat(report.state()).as(report.text()).isEqualTo(VerificationState.DIFFERENT);
            assertThat(report.fields()).isEqualTo(Map.of("number", 1L));
            assertThat(report.different()).isEqualTo(1);
            assertThat(report.missing()).isEqualTo(1);
            assertThat(report.extra()).isEqualTo(1);
            assertThat(report.matching()).isEqualTo(37);
            assertThat(report.findings())
                    .allSatisfy(finding -> assertThat(finding.lookAt())
                            .contains("SELECT * FROM \"")
                            .contains("\" WHERE \"id\" = '" + finding.key() + "'; SELECT * FROM \""));
            verification.repair(report, PATIENCE);
            assertThat(verification.run().state()).isEqualTo(VerificationState.CONSISTENT);
        }
        assertThat(to.records().get()).hasSize(39).isEqualTo(from.records().get());
    }
}
