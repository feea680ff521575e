package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.verify.VerificationState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A secondary whose table alone was lost, while the versions beside it stayed, and what docs/operations.md says to do. */
@Tag("DW-3")
class LostSecondaryTest {

    record Customer(Long id, String name) {}

    private static final OperationsPage PAGE = OperationsPage.section("## The secondary was lost, or restored");
    private static final String TABLE = "CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL)";

    private final HikariDataSource primary = FollowerGround.database(TABLE);
    private final HikariDataSource secondary = FollowerGround.database(TABLE);
    private DualWriteRepository<Long, Customer> customers;

    @BeforeEach
    void loseTheTable() throws Exception {
        PostgresServer.execute(primary, "INSERT INTO customers VALUES (1, 'from before dual writes')");
        customers = open();
        customers.saveAll(List.of(new Customer(2L, "Ada"), new Customer(3L, "Grace"), new Customer(4L, "Edsger")));
        customers.delete(4L);
        drain();
        assertThat(customers.backfill().run().complete()).isTrue();
        assertThat(records(secondary)).isEqualTo(records(primary)).hasSize(3);
        customers.close();

        PostgresServer.execute(secondary, "DROP TABLE customers", TABLE);
        customers = open();
    }

    @AfterEach
    void close() {
        customers.close();
        primary.close();
        secondary.close();
    }

    private DualWriteRepository<Long, Customer> open() {
        TableMapping<Long, Customer> mapping = TableMapping.ofRecord(Customer.class, Long.class)
                .table("customers")
                .key("id")
                .build();
        return DualWriteRepository.builder(
                        "customers", PostgresStore.of(primary, mapping), PostgresStore.of(secondary, mapping))
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(30))
                .reconcileInBackground(false)
                .readRoute(ReadRoute.parse("secondary"))
                .build();
    }

    private void drain() throws InterruptedException {
        assertThat(customers.reconciler().drain(Duration.ofSeconds(30)).drained())
                .isTrue();
    }

    private static Map<Long, String> records(HikariDataSource source) throws SQLException {
        return PostgresEndOfMigrationTest.records(source);
    }

    private void copyAgain() throws InterruptedException {
        assertThat(customers.backfill().remove()).isTrue();
        assertThat(customers.backfill().run().complete()).isTrue();
    }

    private void everythingIsThere() throws Exception {
        drain();
        assertThat(records(secondary)).isEqualTo(records(primary));
        assertThat(customers.verification().run().state()).isEqualTo(VerificationState.CONSISTENT);
    }

    @Test
    void withoutTheStepWhatWasWrittenSinceDualWritesBeganIsNotCopiedAndMissedByReads() throws Exception {
        copyAgain();

        assertThat(records(secondary)).containsOnlyKeys(1L);
        Awaitility.await() // until what was pending at the start is known to be nothing
                .atMost(Duration.ofSeconds(20))
                .until(() -> customers.read(2L).isEmpty());
        assertThat(customers.verification().run().differing()).isEqualTo(2);
    }

    @Test
    void afterTheStepEverythingIsCopied() throws Exception {
        PostgresServer.execute(secondary, PAGE.block("LOCK TABLE"));
        copyAgain();

        everythingIsThere();
        assertThat(customers.read(2L)).contains(new Customer(2L, "Ada"));
    }

    /** Whatever the step has done when a live write comes, the write waits and is not lost. */
    @Test
    void aLiveWriteInTheMiddleOfTheStepArrivesAfterIt() throws Exception {
        List<String> lines = PAGE.block("LOCK TABLE").lines().toList();
        for (int done = 2; done < lines.size(); done++) { // the lock, and then one more each time
            long key = 100L + done;
            CompletableFuture<?> save;
            try (Connection connection = secondary.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute(String.join("\n", lines.subList(0, done)));
                save = CompletableFuture.runAsync(() -> customers.save(new Customer(key, "live")));
                FollowerGround.awaitBlocked(secondary, 1);
                statement.execute(String.join("\n", lines.subList(done, lines.size())));
            }
            FollowerGround.join(save);
            assertThat(records(secondary)).as("after %s lines", done).containsOnlyKeys(key);
        }
        copyAgain();

        everythingIsThere();
    }
}
