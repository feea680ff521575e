package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableResponse;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/** An instance whose table of pending writes was deleted and installed again writes no more. */
@Tag("DW-1")
class ReplacedQueueTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    private final DynamoDbAsyncClient client = DynamoDbServer.shared().client();
    private final TestTable table = new TestTable();
    private final FakeService service = new FakeService();
    private final DynamoDbSchema schema = TestQueue.install(16);
    private final TestClock clock = new TestClock();
    private final Authority<String, Customer> old = open(service.client());
    private Runnable whileItIsAway = () -> {};

    /** Is what it is set to. */
    private static final class TestClock extends Clock {

        private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());

        void pass(Duration duration) {
            now.updateAndGet(before -> before.plus(duration));
        }

        @Override
        public Instant instant() {
            return now.get();
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private Authority<String, Customer> open(DynamoDbAsyncClient of) {
        return AuthorityRig.open(table.store(of).schema(schema).clock(clock).authorityTimeout(Duration.ofSeconds(30)));
    }

    private void delete() {
        TestTable.join(client.deleteTable(request -> request.tableName(schema.queueTableName())));
    }

    private void assertRefusedAsReplaced() {
        assertRefused(
                "was replaced since this repository was built; what was pending in it may be lost with it: restart");
    }

    private void assertRefusedAsMissing() {
        assertRefused("is not found; nothing is written as long as it is not");
    }

    private void assertRefused(String why) {
        assertThatThrownBy(() -> old.save(Customer.of("b", "Bob")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("repository 'customers'")
                .hasMessageContaining(schema.queueTableName())
                .hasMessageContaining(why);
        assertThatThrownBy(() -> old.queue().statistics()).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> old.jobs().orElseThrow().find("job")).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void anInstanceThatGoesOnNoticesBeforeItClaimsAndWritesNoMore() {
        old.save(Customer.of("a", "Ada"));
        delete();
        schema.shards(2).install(client);
        Authority<String, Customer> young = open(client);
        clock.pass(QueueWatch.INTERVAL);

        assertThatThrownBy(() -> old.queue().claim(Lease.of(LONG), 10)).isInstanceOf(ConfigurationException.class);

        assertRefusedAsReplaced();
        assertThat(old.read("b")).as("reads of records go on").isEmpty();
        assertThat(young.queue().statistics().depth()).isZero();
        young.save(Customer.of("b", "Bob"));
        assertThat(young.queue().statistics().depth()).isEqualTo(1);
        assertThat(young.queue().claim(Lease.of(LONG), 10)).hasSize(1);
    }

    @Test
    void theSameNumberOfShardsIsAnotherTableAllTheSame() {
        delete();
        schema.install(client);
        clock.pass(QueueWatch.INTERVAL);

        assertThatThrownBy(() -> old.queue().claim(Lease.of(LONG), 10)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void aWriteBeginsTheLookAndDoesNotWaitForIt() {
        delete();
        schema.shards(2).install(client);
        clock.pass(QueueWatch.INTERVAL);

        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (System.nanoTime() < end && saved()) {
            Thread.onSpinWait();
        }

        assertRefusedAsReplaced();
    }

    @Test
    void theFirstWriteAfterAMinuteInWhichNobodyHasLookedWaitsForTheLook() {
        delete();
        schema.shards(2).install(client);
        clock.pass(QueueWatch.UNSEEN);

        assertRefusedAsReplaced();
    }

    @Test
    void aLookThatAWriteWaitsForAndThatFailsHarmsNothing() {
        service.requests().clear();
        service.before(
                (request, count) -> looks(request) ? FakeService.error("ThrottlingException", "slow down", 400) : null);
        clock.pass(QueueWatch.UNSEEN);

        for (int i = 0; i < 10; i++) {
            assertThat(old.save(Customer.of("a", "Ada")).key()).isEqualTo("a");
        }

        assertThat(service.requests(GetItemRequest.class)).hasSize(1);
    }

    /** The application does not hear of it: its writes go on. */
    @Test
    void aLookThatFailsAtOnceIsRepeatedAfterASecondWhileNobodyHasSeenTheTable() {
        restore();
        AtomicInteger described = new AtomicInteger();
        service.before((request, count) -> request instanceof DescribeTableRequest && described.incrementAndGet() == 1
                ? FakeService.error("ThrottlingException", "slow down", 400)
                : null);
        clock.pass(QueueWatch.UNSEEN);
        assertThat(old.save(Customer.of("a", "Ada")).key()).isEqualTo("a");

        clock.pass(QueueWatch.PAUSE);

        assertRefusedAsReplaced();
    }

    /** All writes would wait for it all the time. */
    @Test
    void aLookThatGetsNoAnswerIsNotRepeatedBeforeItIsTime() {
        service.requests().clear();
        service.before((request, count) -> {
            if (looks(request)) {
                clock.pass(QueueWatch.PAUSE);
                return FakeService.error("InternalServerError", "too late", 500);
            }
            return null;
        });
        clock.pass(QueueWatch.UNSEEN);
        assertThat(old.save(Customer.of("a", "Ada")).key()).isEqualTo("a");

        clock.pass(QueueWatch.PAUSE);
        assertThat(old.save(Customer.of("a", "Ada")).key()).isEqualTo("a");
        assertThat(service.requests(GetItemRequest.class)).hasSize(1);

        clock.pass(QueueWatch.INTERVAL);
        assertThat(old.save(Customer.of("a", "Ada")).key()).isEqualTo("a");
        assertThat(service.requests(GetItemRequest.class)).hasSize(2);
    }

    @Test
    @Tag("DW-6")
    void thatNobodyCanSeeTheTableIsALineOnceUntilItIsSeenAgain() {
        Logger logger = (Logger) LoggerFactory.getLogger(QueueWatch.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try {
            for (int time = 1; time <= 2; time++) {
                service.before((request, count) -> request instanceof DescribeTableRequest
                        ? FakeService.error("AccessDeniedException", "no", 400)
                        : null);
                clock.pass(QueueWatch.UNSEEN);
                for (int i = 0; i < 3; i++) {
                    old.save(Customer.of("a", "Ada"));
                    clock.pass(QueueWatch.PAUSE);
                }
                assertThat(lines.list).hasSize(time);
                service.before((request, count) -> null);
                old.save(Customer.of("a", "Ada"));
            }
        } finally {
            logger.detachAppender(lines);
        }

        assertThat(lines.list).allSatisfy(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getKeyValuePairs().toString())
                    .contains("QueueTableUnseen", "customers", schema.queueTableName());
            assertThat(line.getFormattedMessage()).contains("dynamodb:DescribeTable");
        });
    }

    private boolean saved() {
        try {
            old.save(Customer.of("a", "Ada"));
            return true;
        } catch (ConfigurationException e) {
            return false;
        }
    }

    @Test
    void aTableThatIsGoneIsNotWaitedFor() {
        delete();

        assertRefusedAsMissing();

        schema.shards(2).install(client);
        assertRefusedAsMissing();
        clock.pass(QueueWatch.PAUSE);
        assertThatThrownBy(() -> old.queue().claim(Lease.of(LONG), 10)).isInstanceOf(ConfigurationException.class);
        assertRefusedAsReplaced();
    }

    /** Another table with the same settings. */
    private void restore() {
        Map<String, AttributeValue> settings = TestTable.join(
                        client.getItem(QueueSettings.request(schema.queueTableName())))
                .item();
        delete();
        whileItIsAway.run();
        schema.install(client);
        TestTable.join(client.putItem(
                request -> request.tableName(schema.queueTableName()).item(settings)));
        service.after((response, count) -> response instanceof DescribeTableResponse described
                ? described.toBuilder()
                        .table(described.table().toBuilder()
                                .tableId("of the table that was restored")
                                .build())
                        .build()
                : response); // the server gives none
    }

    @Test
    void aTableThatWasRestoredFromABackupIsAnotherOne() {
        whileItIsAway = this::assertRefusedAsMissing;
        restore();
        clock.pass(QueueWatch.PAUSE);

        assertThatThrownBy(() -> old.queue().claim(Lease.of(LONG), 10)).isInstanceOf(ConfigurationException.class);

        assertRefusedAsReplaced();
    }

    @Test
    void aTableThatWasRestoredWhileNobodyLookedIsAnotherOne() {
        restore();
        clock.pass(QueueWatch.UNSEEN);

        assertThatThrownBy(() -> old.queue().claim(Lease.of(LONG), 10)).isInstanceOf(ConfigurationException.class);

        assertRefusedAsReplaced();
    }

    @Test
    void aTableOfAnEarlierVersionHasNoGenerationAndIsTheSameAllTheTime() {
        Map<String, AttributeValue> settings = new HashMap<>(QueueTable.SETTINGS);
        settings.put(QueueTable.SHARDS, QueueTable.number(16));
        TestTable.join(client.putItem(
                request -> request.tableName(schema.queueTableName()).item(settings)));
        Authority<String, Customer> later = open(service.client());
        schema.install(client);
        clock.pass(QueueWatch.INTERVAL);

        assertThatCode(() -> {
                    later.queue().claim(Lease.of(LONG), 10);
                    later.save(Customer.of("a", "Ada"));
                })
                .doesNotThrowAnyException();
        assertThat(later.queue().pendingAmong(List.of("a"))).containsExactly("a");
    }

    @Test
    void itLooksOnceInTenSecondsAndALookThatFailsHarmsNothing() {
        service.requests().clear();
        service.before(
                (request, count) -> looks(request) ? FakeService.error("ThrottlingException", "slow down", 400) : null);
        clock.pass(QueueWatch.INTERVAL);

        for (int i = 0; i < 10; i++) {
            assertThat(old.queue().claim(Lease.of(LONG), 10)).isEmpty();
        }

        assertThat(service.requests(GetItemRequest.class)).hasSize(1);
    }

    private static RuntimeException notFound() {
        return ResourceNotFoundException.builder()
                .message("not found")
                .statusCode(400)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode("ResourceNotFoundException")
                        .build())
                .build();
    }

    private static boolean looks(SdkRequest request) {
        return request instanceof GetItemRequest get && get.key().equals(QueueTable.SETTINGS);
    }

    @Test
    void oneLookThatFindsNoTableStopsNobodyAndNobodyWaitsForTheNext() {
        service.requests().clear();
        service.before((request, count) -> looks(request) ? notFound() : null);
        clock.pass(QueueWatch.INTERVAL);

        assertThat(old.queue().claim(Lease.of(LONG), 10)).isEmpty();

        assertThat(old.save(Customer.of("a", "Ada")).key()).isEqualTo("a");
        assertThat(service.requests(GetItemRequest.class))
                .as("the next one comes after a pause")
                .hasSize(1);
    }

    @Test
    void aTableThatIsNotFoundIsRefusedAsLongAsItIsNot() {
        service.failing(ReplacedQueueTest::notFound);
        assertRefusedAsMissing();
        service.before((request, count) -> null);
        assertRefusedAsMissing();

        clock.pass(QueueWatch.PAUSE);

        assertThat(old.queue().claim(Lease.of(LONG), 10)).as("looks again").isEmpty();
        assertThat(old.save(Customer.of("a", "Ada")).key()).isEqualTo("a");
    }
}
