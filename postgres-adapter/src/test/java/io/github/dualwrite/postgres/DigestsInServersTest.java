package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.testkit.StoppingCheckpoints;
import io.github.dualwrite.verify.Cause;
import io.github.dualwrite.verify.CheckpointFile;
import io.github.dualwrite.verify.CheckpointStore;
import io.github.dualwrite.verify.Difference;
import io.github.dualwrite.verify.Finding;
import io.github.dualwrite.verify.Verification;
import io.github.dualwrite.verify.VerificationException;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationSettings;
import io.github.dualwrite.verify.VerificationState;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Verification between two databases of PostgreSQL, which make the digests themselves where they can. */
class DigestsInServersTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int ROWS = 300;

    record Account(long id, @Nullable String name, BigDecimal balance) {}

    private final HikariDataSource primary = database();
    private final HikariDataSource secondary = database();
    private final DualWriteRepository<Long, Account> repository = DualWriteRepository.builder(
                    "accounts", store(primary), store(secondary))
            .secondaryTimeout(Duration.ofSeconds(20))
            .grace(Duration.ofSeconds(21))
            .build();

    private static HikariDataSource database() {
        HikariDataSource pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 10);
        try {
            DualwriteSchema.defaults().install(pool);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        PostgresServer.execute(
                pool, "CREATE TABLE account (id bigint PRIMARY KEY, name text, balance numeric NOT NULL)");
        return pool;
    }

    private static PostgresStore<Long, Account> store(HikariDataSource pool) {
        return PostgresStore.of(
                pool,
                TableMapping.ofRecord(Account.class, Long.class)
                        .table("account")
                        .key("id")
                        .build());
    }

    @BeforeEach
    void fill() throws InterruptedException {
        repository.saveAll(LongStream.rangeClosed(1, ROWS)
                .mapToObj(i -> new Account(i, "name " + i, new BigDecimal(i + ".50")))
                .toList());
        assertThat(repository.reconciler().drain(PATIENCE).drained()).isTrue();
    }

    @AfterEach
    void close() {
        repository.close();
        primary.close();
        secondary.close();
    }

    private static VerificationSettings.Builder<Long, Account> settings() {
        return VerificationSettings.<Long, Account>builder().buckets(50);
    }

    private VerificationReport<Long> verify(VerificationSettings.Builder<Long, Account> settings)
            throws InterruptedException {
        return repository.verification(settings.build()).run();
    }

    @Test
    @Tag("DW-3")
    void whatWasDoneByHandIsFoundExactlyAndMended() throws Exception {
        Verification<Long, Account> verification =
                repository.verification(settings().build());
        VerificationReport<Long> clean = verification.run();
        assertThat(clean.state()).as(clean.text()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(clean.digestsInStores()).isTrue();
        assertThat(clean.text()).contains("digests made in the stores");
        assertThat(clean.authorityRows()).isEqualTo(ROWS);
        assertThat(clean.matching()).isEqualTo(ROWS);

        PostgresServer.execute(
                secondary,
                "UPDATE account SET balance = '3.5' WHERE id = 3",
                "UPDATE account SET name = NULL WHERE id = 4",
                "DELETE FROM account WHERE id = 5",
                "INSERT INTO account VALUES (1000, 'by hand', 1)");
        VerificationReport<Long> report = verification.run();

        assertThat(report.digestsInStores()).isTrue();
        assertThat(report.findings()).extracting(Finding::key).containsExactlyInAnyOrder(3L, 4L, 5L, 1000L);
        assertThat(report.fields()).isEqualTo(Map.of("balance", 1L, "name", 1L));
        assertThat(report.matching()).isEqualTo(ROWS - 3);
        assertThat(report.exitCode()).isEqualTo(1 + 2 + 4);
        assertThat(report.findings().stream().collect(Collectors.toMap(Finding::key, Finding::cause)))
                .isEqualTo(Map.of(
                        3L, Cause.CHANGED_BY_OTHER_MEANS,
                        4L, Cause.CHANGED_BY_OTHER_MEANS,
                        5L, Cause.REMOVED_BY_HAND,
                        1000L, Cause.NEVER_APPLIED));
        assertThat(report.rogue()).isEqualTo(1);
        verification.repair(report, PATIENCE);
        assertThat(verification.run().state()).isEqualTo(VerificationState.CONSISTENT);
    }

    /** TRAPS 35; between the two scans, and between a scan and a look, every key is written again and again. */
    @Test
    void keysThatAreWrittenWhileServersMakeDigestsAreNotDifferentAndDamageIsFoundAllTheSame() throws Exception {
        PostgresServer.execute(secondary, "DELETE FROM account WHERE id = 5");
        AtomicBoolean ended = new AtomicBoolean();
        AtomicLong writes = new AtomicLong();
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int writer = i;
            writers.add(new Thread(() -> {
                SplittableRandom random = new SplittableRandom(writer);
                while (!ended.get()) {
                    long id = random.nextLong(10, ROWS + 50);
                    if (random.nextInt(4) == 0) {
                        repository.delete(id);
                    } else {
                        repository.save(new Account(id, random.nextBoolean() ? "on" : "off", BigDecimal.ONE));
                    }
                    writes.incrementAndGet();
                }
            }));
        }
        writers.forEach(Thread::start);
        try {
            for (int i = 0; i < 5; i++) {
                long before = writes.get();
                VerificationReport<Long> report =
                        verify(settings().recheckDelay(Duration.ofMillis(20)).rechecks(1_000));
                assertThat(report.digestsInStores()).isTrue();
                assertThat(report.findings().stream()
                                .filter(finding -> finding.difference() != Difference.IN_FLIGHT)
                                .map(Finding::key))
                        .as(report.text())
                        .containsExactly(5L);
                assertThat(writes.get()).as("it ran next to writes").isGreaterThan(before);
            }
        } finally {
            ended.set(true);
            for (Thread writer : writers) {
                writer.join();
            }
        }
    }

    private void stopAfterOneSplit(CheckpointFile file, boolean inStores) {
        assertThatThrownBy(() -> repository
                        .verification(settings()
                                .digestsInStores(inStores)
                                .checkpointEvery(Duration.ofNanos(1))
                                .threads(1)
                                .build())
                        .run(new StoppingCheckpoints(file)))
                .hasMessageContaining("disk full");
    }

    private VerificationReport<Long> goOn(CheckpointFile file, boolean inStores) throws InterruptedException {
        return repository
                .verification(settings().digestsInStores(inStores).build())
                .run(file);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("DW-7")
    void aRunThatWasStoppedIsGoneOnWithFromAFileByAnotherRepository(boolean inStores, @TempDir Path folder)
            throws Exception {
        CheckpointFile file = CheckpointFile.at(folder.resolve("checkpoint"));
        PostgresServer.execute(secondary, "DELETE FROM account WHERE id IN (1, 150, 299)");
        stopAfterOneSplit(file, inStores);
        assertThat(file.load()).isPresent();
        try (DualWriteRepository<Long, Account> another = DualWriteRepository.builder(
                        "accounts", store(primary), store(secondary))
                .reconcileInBackground(false)
                .build()) {
            VerificationReport<Long> report = another.verification(
                            settings().digestsInStores(inStores).build())
                    .run(file);

            assertThat(report.findings()).extracting(Finding::key).containsExactlyInAnyOrder(1L, 150L, 299L);
            assertThat(report.authorityRows()).isEqualTo(ROWS);
            assertThat(report.followerRows()).isEqualTo(ROWS - 3);
            assertThat(report.runs()).isEqualTo(2);
            assertThat(report.digestsInStores()).isEqualTo(inStores);
        }
        assertThat(file.load()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @NeedsPostgres(14)
    void itIsNotGoneOnWithAfterATableWasChangedMadeAgainOrRewritten(@TempDir Path folder) throws Exception {
        CheckpointFile file = CheckpointFile.at(folder.resolve("checkpoint"));
        stopAfterOneSplit(file, true);
        assertThatThrownBy(() -> goOn(file, false)).hasMessageContaining("digests changed");
        PostgresServer.execute(primary, "VACUUM FULL account");
        PostgresServer.execute(secondary, "VACUUM FULL account");
        assertThatThrownBy(() -> goOn(file, true))
                .isInstanceOf(VerificationException.class)
                .hasMessageContaining("schema of the authority changed");
        file.remove();
        for (boolean inStores : new boolean[] {true, false}) {
            stopAfterOneSplit(file, inStores);
            PostgresServer.execute(secondary, "ALTER TABLE account ALTER COLUMN name TYPE varchar(" + 50 + ")");
            assertThatThrownBy(() -> goOn(file, inStores)).hasMessageContaining("schema of the follower changed");
            file.remove();
            PostgresServer.execute(secondary, "ALTER TABLE account ALTER COLUMN name TYPE text");
            stopAfterOneSplit(file, inStores);
            PostgresServer.execute(
                    secondary,
                    "ALTER TABLE account RENAME TO old" + inStores,
                    "CREATE TABLE account (LIKE old" + inStores + " INCLUDING ALL)");
            assertThatThrownBy(() -> goOn(file, inStores)).hasMessageContaining("schema of the follower changed");
            file.remove();
        }
    }

    /** What was read of the lost table must not stand for what is there now. */
    @Test
    @Tag("DW-7")
    void itIsNotGoneOnWithAfterTheSecondaryWasEmptiedAndFilledAgain(@TempDir Path folder) throws Exception {
        CheckpointFile file = CheckpointFile.at(folder.resolve("checkpoint"));
        AtomicInteger saves = new AtomicInteger();
        CheckpointStore stopping = new CheckpointStore() {
            @Override
            public Optional<String> load() throws IOException {
                return file.load();
            }

            @Override
            public void save(String checkpoint) throws IOException {
                if (saves.incrementAndGet() > 8) { // after the first split of both sides
                    throw new IOException("disk full");
                }
                file.save(checkpoint);
            }

            @Override
            public void remove() throws IOException {
                file.remove();
            }
        };
        assertThatThrownBy(() -> repository
                        .verification(settings()
                                .digestsInStores(false)
                                .checkpointEvery(Duration.ofNanos(1))
                                .threads(1)
                                .pageSize(30)
                                .build())
                        .run(stopping))
                .hasMessageContaining("disk full");
        PostgresServer.execute(
                secondary,
                "CREATE TABLE saved AS SELECT * FROM account WHERE id <> 10",
                "TRUNCATE account",
                "INSERT INTO account SELECT * FROM saved");

        assertThatThrownBy(() -> goOn(file, false)).hasMessageContaining("table or schema of the follower changed");

        file.remove();
        assertThat(goOn(file, false).missing()).isEqualTo(1);
    }

    @Test
    void rulesThatServersCannotApplyAreAppliedHere() throws Exception {
        PostgresServer.execute(secondary, "UPDATE account SET balance = balance::numeric(9, 1)");

        VerificationReport<Long> ignoring = verify(settings()
                .comparator(FieldComparison.of(Account.class).ignore("balance").build()));
        assertThat(ignoring.state()).as(ignoring.text()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(ignoring.digestsInStores()).isTrue();
        assertThat(ignoring.differingBuckets()).isZero();

        VerificationReport<Long> worth = verify(settings()
                .comparator(FieldComparison.of(Account.class)
                        .byNumericValue("balance")
                        .build()));
        assertThat(worth.state()).as(worth.text()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(worth.digestsInStores()).isFalse();
        assertThat(verify(settings().digestsInStores(false)).different()).isEqualTo(ROWS);
    }

    @Test
    void columnsOfOtherTypesAreReadAndCompared() throws Exception {
        PostgresServer.execute(secondary, "ALTER TABLE account ALTER COLUMN name TYPE char(20)");

        VerificationReport<Long> report = verify(settings());

        assertThat(report.digestsInStores()).isFalse();
        assertThat(report.different()).as("padded by the secondary").isEqualTo(ROWS);
    }

    @Test
    void aRangeOfKeysIsComparedAndNothingElseIsRead() throws Exception {
        PostgresServer.execute(secondary, "DELETE FROM account WHERE id IN (100, 101, 150, 151)");

        for (boolean inStores : new boolean[] {true, false}) {
            VerificationReport<Long> report =
                    verify(settings().keysBetween(100L, 150L).digestsInStores(inStores));

            assertThat(report.findings()).extracting(Finding::key).containsExactlyInAnyOrder(101L, 150L);
            assertThat(report.digestsInStores()).isEqualTo(inStores);
            assertThat(report.authorityRows()).isEqualTo(50);
            assertThat(report.followerRows()).isEqualTo(48);
            assertThat(report.leftOut()).hasValue("only keys above 100 up to 150 was compared");
        }
    }

    @Test
    void aMappedColumnThatIsGoneEndsItAtOnceAndNamesTheSplit() {
        Verification<Long, Account> verification = repository.verification(
                settings().digestsInStores(false).attempts(1_000).build());
        PostgresServer.execute(secondary, "ALTER TABLE account DROP COLUMN name");

        assertThatThrownBy(verification::run)
                .isInstanceOf(VerificationException.class)
                .hasMessageContaining("there is no column name")
                .hasMessageContaining("mend it and run the verification again");
    }
}
