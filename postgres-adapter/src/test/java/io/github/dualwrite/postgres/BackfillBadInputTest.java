package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillException;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.JobFailure;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a backfill says when a table does not fit, and that it goes on from there after the table was mended. */
@Timeout(60)
@Tag("DW-6")
@Tag("DW-7")
class BackfillBadInputTest {

    private static final int ROWS = 400;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private HikariDataSource from;
    private HikariDataSource to;

    enum Colour {
        RED,
        GREEN
    }

    record Car(long id, @Nullable Colour colour) {}

    @BeforeEach
    void createTables() {
        String table = "CREATE TABLE car (id bigint PRIMARY KEY, colour text)";
        from = FollowerGround.database(
                table, "INSERT INTO car SELECT i, 'RED' FROM generate_series(1, " + ROWS + ") AS i", "ANALYZE car");
        to = FollowerGround.database(table);
    }

    @AfterEach
    void close() {
        from.close();
        to.close();
    }

    private DualWriteRepository<Long, Car> repository(String name) {
        TableMapping<Long, Car> mapping = TableMapping.ofRecord(Car.class, Long.class)
                .table("car")
                .key("id")
                .build();
        return DualWriteRepository.builder(name, PostgresStore.of(from, mapping), PostgresStore.of(to, mapping))
                .reconcileInBackground(false)
                .build();
    }

    private static BackfillSettings.Builder<Car> settings() {
        return BackfillSettings.<Car>builder()
                .splits(4)
                .threads(1)
                .pageSize(20)
                .initialBackoff(Duration.ofMillis(10))
                .maxBackoff(Duration.ofMillis(50))
                .maxDelay(Duration.ZERO)
                .writesCaptured(() -> true);
    }

    private long copied() {
        return FollowerGround.number(to, "SELECT count(*) FROM car");
    }

    @Test
    void aTableWithoutUsableOrderIsRefusedBeforeAJobBegins() throws Exception {
        try (DualWriteRepository<Long, Car> repository = repository("cars")) {
            PostgresServer.execute(from, "ALTER TABLE car DROP CONSTRAINT car_pkey");
            Backfill<Long, Car> backfill = repository.backfill(settings().build());

            assertThatThrownBy(() -> backfill.run(PATIENCE))
                    .isInstanceOf(BackfillException.class)
                    .hasMessageContaining("repository 'cars', job 'backfill'")
                    .hasMessageContaining("PostgreSQL table car")
                    .hasMessageContaining("the key (id) has no primary key or plain unique index")
                    .hasMessageContaining("create one");
            assertThat(backfill.report()).isEmpty();

            PostgresServer.execute(from, "ALTER TABLE car ADD PRIMARY KEY (id)");
            assertThat(backfill.run(PATIENCE).complete()).isTrue();
        }
        assertThat(copied()).isEqualTo(ROWS);
    }

    @Test
    void aSchemaThatChangesInTheMiddleEndsTheRunWithTheSplitAndItGoesOnFromThere() throws Exception {
        AtomicBoolean changed = new AtomicBoolean();
        try (DualWriteRepository<Long, Car> repository = repository("cars")) {
            Backfill<Long, Car> backfill = repository.backfill(settings()
                    .filter("all", car -> {
                        if (car.id() == 150 && !changed.getAndSet(true)) {
                            PostgresServer.execute(from, "ALTER TABLE car RENAME colour TO paint");
                        }
                        return true;
                    })
                    .build());

            assertThatThrownBy(() -> backfill.run(PATIENCE))
                    .isInstanceOf(BackfillException.class)
                    .hasMessageContaining("reading the page after '[\"160\"]' of split 1")
                    .hasMessageContaining("colour")
                    .hasMessageContaining("run again");
            assertThat(backfill.report().orElseThrow().read()).isEqualTo(160);

            PostgresServer.execute(from, "ALTER TABLE car RENAME paint TO colour");
            BackfillReport report = backfill.run(PATIENCE);
            assertThat(report.complete()).isTrue();
            assertThat(report.read()).isEqualTo(ROWS);
            assertThat(report.applied()).isEqualTo(ROWS);
        }
        assertThat(copied()).isEqualTo(ROWS);
    }

    @Test
    void anUnreadableRowIsAFailureWithItsKeyUntilItIsMended() throws Exception {
        PostgresServer.execute(from, "UPDATE car SET colour = 'BLUE' WHERE id = 7");
        try (DualWriteRepository<Long, Car> repository = repository("cars")) {
            Backfill<Long, Car> backfill = repository.backfill(settings().build());

            BackfillReport report = backfill.run(PATIENCE);

            assertThat(report.complete()).isFalse();
            assertThat(report.splitsDone()).isEqualTo(4);
            JobFailure failure = backfill.failures(0, 10).get(0);
            assertThat(failure.split()).isZero();
            assertThat(failure.key()).isEqualTo("7");
            assertThat(failure.reason()).contains("column colour").doesNotContain("BLUE");
            assertThat(copied()).isEqualTo(ROWS - 1);

            PostgresServer.execute(from, "UPDATE car SET colour = 'GREEN' WHERE id = 7");
            assertThat(backfill.retryFailures().complete()).isTrue();
        }
        assertThat(FollowerGround.number(to, "SELECT count(*) FROM car WHERE id = 7 AND colour = 'GREEN'"))
                .isEqualTo(1);
    }

    record ShopKey(String tenant, int number) {}

    record Shop(String tenant, int number, Colour colour) {}

    /** Of these keys the text by which an unreadable row is noted is not that of the key once it can be read. */
    @Test
    void anUnreadableRowOfACompositeKeyIsCopiedWhenItIsMended() throws Exception {
        isCopiedWhenItIsMended(
                "tenant text, number int, colour text, PRIMARY KEY (tenant, number)",
                "'acme', i",
                "number = 7",
                "acme|7",
                TableMapping.ofRecord(Shop.class, ShopKey.class)
                        .table("shop")
                        .key("tenant", "number")
                        .build());
    }

    record Day(LocalDate day, Colour colour) {}

    @Test
    void anUnreadableRowOfADateIsCopiedWhenItIsMended() throws Exception {
        isCopiedWhenItIsMended(
                "day date PRIMARY KEY, colour text",
                "date '2024-01-01' + i",
                "day = '2024-01-08'",
                null,
                TableMapping.ofRecord(Day.class, LocalDate.class)
                        .table("shop")
                        .key("day")
                        .build());
    }

    record Moment(Instant at, Colour colour) {}

    @Test
    void anUnreadableRowOfATimeIsCopiedWhenItIsMended() throws Exception {
        isCopiedWhenItIsMended(
                "at timestamptz PRIMARY KEY, colour text",
                "timestamptz '2024-01-01 00:00Z' + i * interval '1 hour'",
                "at = '2024-01-01 07:00Z'",
                null,
                TableMapping.ofRecord(Moment.class, Instant.class)
                        .table("shop")
                        .key("at")
                        .build());
    }

    private <K, V> void isCopiedWhenItIsMended(
            String columns, String key, String one, @Nullable String noted, TableMapping<K, V> mapping)
            throws Exception {
        PostgresServer.execute(to, "CREATE TABLE shop (" + columns + ")");
        PostgresServer.execute(
                from,
                "CREATE TABLE shop (" + columns + ")",
                "INSERT INTO shop SELECT " + key + ", 'RED' FROM generate_series(1, 20) AS i",
                "UPDATE shop SET colour = 'BLUE' WHERE " + one);
        try (DualWriteRepository<K, V> repository = DualWriteRepository.builder(
                        "shops", PostgresStore.of(from, mapping), PostgresStore.of(to, mapping))
                .reconcileInBackground(false)
                .build()) {
            Backfill<K, V> backfill = repository.backfill(
                    BackfillSettings.<V>builder().splits(2).threads(1).build());
            assertThat(backfill.run(PATIENCE).failuresLeft()).isEqualTo(1);
            if (noted != null) {
                assertThat(backfill.failures(0, 10)).extracting(JobFailure::key).containsExactly(noted);
            }

            PostgresServer.execute(from, "UPDATE shop SET colour = 'GREEN' WHERE " + one);
            assertThat(backfill.retryFailures().complete()).isTrue();
        }
        assertThat(FollowerGround.number(to, "SELECT count(*) FROM shop WHERE colour = 'GREEN' AND " + one))
                .isEqualTo(1);
        assertThat(FollowerGround.number(to, "SELECT count(*) FROM shop")).isEqualTo(20);
    }

    /** The disk of a server that holds nothing else is hard to fill; a trigger raises what a full one does. */
    @Test
    void aFollowerWhoseDiskIsFullIsNamedWithSplitAndKeyAndItGoesOnWhenThereIsSpace() throws Exception {
        try (DualWriteRepository<Long, Car> repository = repository("cars")) {
            PostgresServer.execute(
                    to,
                    """
                    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$
                    """,
                    "CREATE TRIGGER full_disk BEFORE INSERT ON car FOR EACH ROW WHEN (NEW.id > 150)"
                            + " EXECUTE FUNCTION full_disk()");
            Backfill<Long, Car> backfill = repository.backfill(settings().build());

            BackfillReport report = backfill.run(Duration.ofSeconds(2));

            assertThat(report.complete()).isFalse();
            assertThat(report.failuresLeft()).isZero();
            assertThat(report.read()).isEqualTo(140);
            assertThat(report.warnings())
                    .singleElement()
                    .asString()
                    .containsPattern(
                            "key 1[45]1 of split 1") // smaller calls may have brought the first ten of the page there
                    .contains("SQLSTATE 53100", "disk is full", "run again");

            PostgresServer.execute(to, "DROP TRIGGER full_disk ON car");
            assertThat(backfill.run(PATIENCE).complete()).isTrue();
        }
        assertThat(copied()).isEqualTo(ROWS);
    }

    @Test
    void aCheckpointOfAnotherTableIsRefusedAndLeftAsItIs() throws Exception {
        try (DualWriteRepository<Long, Car> repository = repository("cars")) {
            Backfill<Long, Car> backfill = repository.backfill(settings().build());
            assertThat(backfill.run(PATIENCE).complete()).isTrue();
        }
        PostgresServer.execute(from, "CREATE TABLE van (LIKE car INCLUDING ALL)", "INSERT INTO van TABLE car");
        TableMapping<Long, Car> vans = TableMapping.ofRecord(Car.class, Long.class)
                .table("van")
                .key("id")
                .build();
        TableMapping<Long, Car> cars = TableMapping.ofRecord(Car.class, Long.class)
                .table("car")
                .key("id")
                .build();
        try (DualWriteRepository<Long, Car> other = DualWriteRepository.builder(
                        "cars", PostgresStore.of(from, vans), PostgresStore.of(to, cars))
                .reconcileInBackground(false)
                .build()) {
            Backfill<Long, Car> backfill = other.backfill(settings().build());

            assertThatThrownBy(() -> backfill.run(PATIENCE))
                    .isInstanceOf(BackfillException.class)
                    .hasMessageContaining("there is a job of this name for something else")
                    .hasMessageContaining("car")
                    .hasMessageContaining("van")
                    .hasMessageContaining("BackfillSettings.job");
        }
        assertThat(FollowerGround.number(from, "SELECT count(*) FROM dualwrite.job_split WHERE done"))
                .isEqualTo(4);
    }
}
