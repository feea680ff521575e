package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.verify.Verification;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationSettings;
import io.github.dualwrite.verify.VerificationState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A primary that comes back from a backup while its secondary has gone on, and what docs/operations.md says to do. */
class RestoredPrimaryTest {

    private static final OperationsPage PAGE = OperationsPage.section("## The primary was restored, or failed over");
    private static final String NAME = "orders";

    /** More than the page adds to what is found. */
    private static final long LATER = 5_000_000_000L;

    private final List<DualWriteEvent> events = new CopyOnWriteArrayList<>();
    private HikariDataSource secondary;
    private HikariDataSource restored;

    @BeforeEach
    void restoreWhatWasBeforeTheLastWrites() throws Exception {
        secondary = FollowerGround.database(FollowerGround.SAMPLE);
        String name = PostgresServer.shared().newDatabaseName();
        try (HikariDataSource primary = pool(name)) { // none may be connected to it when it is copied
            DualwriteSchema.defaults().install(primary);
            PostgresServer.execute(primary, FollowerGround.SAMPLE);
            try (DualWriteRepository<String, Sample> repository = open(primary)) {
                repository.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1)));
                drain(repository);
            }
            PostgresStore.of(primary, PostgresAuthorityContractTest.mapping())
                    .openAuthority(new StoreContext(NAME, Duration.ofSeconds(30)))
                    .save(Sample.of("pending", 1));
        }
        String backup = name + "_backup";
        PostgresServer.execute(
                PostgresServer.shared().dataSource("postgres"), "CREATE DATABASE " + backup + " TEMPLATE " + name);
        try (HikariDataSource primary = pool(name);
                DualWriteRepository<String, Sample> repository = open(primary)) {
            PostgresServer.execute(primary, "SELECT setval('dualwrite.version', " + LATER + ")");
            for (int i = 2; i <= 30; i++) {
                repository.save(Sample.of("a", i));
            }
            repository.delete("b");
            repository.save(Sample.of("pending", 2));
            repository.save(Sample.of("c", 1));
            drain(repository);
        }
        restored = pool(backup);
        PostgresServer.execute(restored, "UPDATE dualwrite.pending_write SET due_at = now()");
    }

    @AfterEach
    void close() {
        restored.close();
        secondary.close();
    }

    private static HikariDataSource pool(String database) {
        return PostgresPool.of(PostgresServer.shared().dataSource(database), 8);
    }

    private DualWriteRepository<String, Sample> open(DataSource primary) {
        events.clear();
        return FollowerGround.repository(NAME, primary, secondary, PostgresAuthorityContractTest.mapping(), events);
    }

    private static void drain(DualWriteRepository<?, ?> repository) throws InterruptedException {
        assertThat(repository.reconciler().drain(Duration.ofSeconds(30)).drained())
                .isTrue();
    }

    private long onSecondary(String key) {
        return FollowerGround.number(secondary, "SELECT sum(number) FROM sample WHERE id = '" + key + "'");
    }

    private long lastVersion() {
        return FollowerGround.number(restored, "SELECT last_value FROM dualwrite.version");
    }

    private List<Boolean> superseded() {
        return events.stream()
                .filter(DualWriteEvent.Applied.class::isInstance)
                .map(event -> ((DualWriteEvent.Applied) event).superseded())
                .toList();
    }

    private List<DualWriteEvent.FollowerAhead> ahead() {
        return events.stream()
                .filter(DualWriteEvent.FollowerAhead.class::isInstance)
                .map(DualWriteEvent.FollowerAhead.class::cast)
                .toList();
    }

    /** What the page says to do before the application writes again. */
    private void raiseTheSequence() {
        long found =
                FollowerGround.number(secondary, PAGE.statement("max(version)").replace("customers", NAME));
        assertThat(found).isGreaterThan(LATER);
        PostgresServer.execute(restored, PAGE.statement("setval").replace("4711", Long.toString(found)));
    }

    @Test
    void withoutTheStepASaveIsTakenForAnOldOneAndIsMissingOnTheSecondary() throws Exception {
        try (DualWriteRepository<String, Sample> repository = open(restored)) {
            repository.save(Sample.of("a", 100));
            drain(repository);

            assertThat(repository.read("a")).contains(Sample.of("a", 100));
            assertThat(repository.reconciler().statistics().depth()).isZero();
        }
        assertThat(superseded())
                .as("the save, and what was pending in the backup")
                .containsExactly(true, true);
        assertThat(onSecondary("a")).isEqualTo(30);
        Awaitility.await()
                .untilAsserted(() -> assertThat(ahead())
                        .as("the first one, not each")
                        .singleElement()
                        .satisfies(event -> assertThat(event.key()).isEqualTo("a"))
                        .satisfies(event -> assertThat(event.followerVersion()).isGreaterThan(LATER))
                        .satisfies(event -> assertThat(event.version()).isLessThan(LATER)));
    }

    @Test
    void afterTheStepTheNextSaveArrives() throws Exception {
        raiseTheSequence();

        try (DualWriteRepository<String, Sample> repository = open(restored)) {
            repository.save(Sample.of("a", 100));
            repository.save(Sample.of("b", 100)); // deleted there since the backup
            drain(repository);
        }
        assertThat(superseded())
                .as("two saves, and what was pending in the backup")
                .containsExactly(false, false, true);
        assertThat(onSecondary("a")).isEqualTo(100);
        assertThat(onSecondary("b")).isEqualTo(100);
    }

    @Test
    void aSequenceThatStandsHigherIsNotLowered() {
        long high = 4 * LATER; // it has followed another store
        PostgresServer.execute(restored, "SELECT setval('dualwrite.version', " + high + ")");

        raiseTheSequence();
        long once = lastVersion();
        raiseTheSequence();

        assertThat(once).isGreaterThan(high);
        assertThat(lastVersion()).isGreaterThan(once);
    }

    @Test
    void verificationAndRepairThenMakeTheSecondaryWhatTheRestoredPrimaryIs() throws Exception {
        raiseTheSequence();

        try (DualWriteRepository<String, Sample> repository = open(restored)) {
            drain(repository);
            assertThat(superseded()).as("what was pending in the backup").containsExactly(true);
            Verification<String, Sample> verification =
                    repository.verification(VerificationSettings.<String, Sample>builder()
                            .recheckDelay(Duration.ofMillis(10))
                            .build());
            VerificationReport<String> report = verification.run();
            assertThat(report.differing())
                    .as("a and pending newer, b deleted, c new")
                    .isEqualTo(4);
            assertThat(verification.repair(report, Duration.ofSeconds(30)).healed())
                    .isTrue();

            assertThat(verification.run().state()).isEqualTo(VerificationState.CONSISTENT);
        }
        assertThat(onSecondary("a")).isEqualTo(1);
        assertThat(onSecondary("b")).isEqualTo(1);
        assertThat(onSecondary("c")).isZero();
        assertThat(onSecondary("pending")).isEqualTo(1);
    }
}
