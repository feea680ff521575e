package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages of a mapping by hand are measured by their records, not by the keys that are listed. */
@Tag("DW-7")
class AggregatePagesTest {

    private static final int RECORDS = 150;
    private static final int EACH = 100_000;
    private static final int NUMBERS = 1_500;

    private static HikariDataSource pool;

    @BeforeAll
    static void createTables() {
        pool = FollowerGround.database(ListedTables.DDL);
        PostgresServer.execute(
                pool,
                "INSERT INTO sample_text SELECT 'k' || i, repeat('x', " + EACH + ") FROM generate_series(1, " + RECORDS
                        + ") AS i",
                "INSERT INTO sample_number SELECT 'k' || i, i FROM generate_series(1, " + RECORDS + ") AS i",
                "CREATE TABLE number (id bigint PRIMARY KEY)",
                "INSERT INTO number SELECT i FROM generate_series(1, " + NUMBERS + ") AS i");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @Test
    void aBackfillReadsFewOfLargeRecordsAtOnceAndCountsTheirBytes() throws Exception {
        List<Integer> pages = Collections.synchronizedList(new ArrayList<>());
        ListedTables mapping = new ListedTables() {
            @Override
            public Map<String, Sample> loadAll(Connection connection, Collection<String> keys) throws SQLException {
                pages.add(keys.size());
                return super.loadAll(connection, keys);
            }
        };
        BackfillReport report;
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "large", PostgresStore.of(pool, mapping), InMemoryStore.keyedBy(Sample::id))
                .reconcileInBackground(false)
                .build()) {
            report = repository
                    .backfill(BackfillSettings.<Sample>builder()
                            .splits(1)
                            .threads(1)
                            .pageSize(60)
                            .giveWay(false)
                            .maxDelay(Duration.ZERO)
                            .writesCaptured(() -> true)
                            .build())
                    .run(Duration.ofSeconds(30));
        }

        assertThat(report.complete()).isTrue();
        assertThat(report.applied()).isEqualTo(RECORDS);
        assertThat(report.bytes()).isBetween((long) RECORDS * EACH, (long) RECORDS * (EACH + 100));
        assertThat(pages.subList(1, pages.size())).as("after %s", pages.get(0)).allMatch(size -> size <= 42);
    }

    /** A class that is taken apart by nobody. */
    static final class Closed {}

    private static final class Numbers implements AggregateMapping<Long, Object> {

        private final Object record;
        private final @Nullable ToLongFunction<Object> size;

        Numbers(@Nullable ToLongFunction<Object> size) {
            this(new Closed(), size);
        }

        Numbers(Object record, @Nullable ToLongFunction<Object> size) {
            this.record = record;
            this.size = size;
        }

        @Override
        public OptionalLong size(Object record) {
            return size == null ? AggregateMapping.super.size(record) : OptionalLong.of(size.applyAsLong(record));
        }

        @Override
        public String description() {
            return "numbers";
        }

        @Override
        public Optional<Long> key(Object value) {
            return Optional.empty();
        }

        @Override
        public String encodeKey(Long key) {
            return key.toString();
        }

        @Override
        public Long decodeKey(String text) {
            return Long.valueOf(text);
        }

        @Override
        public Long store(Connection connection, Object value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean delete(Connection connection, Long key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<Object> load(Connection connection, Long key) {
            return Optional.of(record);
        }

        @Override
        public Map<Long, Object> loadAll(Connection connection, Collection<Long> keys) {
            Map<Long, Object> loaded = new HashMap<>();
            keys.forEach(key -> loaded.put(key, record));
            return loaded;
        }

        @Override
        public Optional<TableMapping<Long, Long>> keyTable() {
            return Optional.of(TableMapping.<Long, Long>columns("number")
                    .key("id", ColumnType.BIGINT, key -> key)
                    .build(row -> row.get("id", ColumnType.BIGINT)));
        }
    }

    /** The sizes of the pages, and the bytes of all. */
    private static List<Long> pages(Numbers mapping) {
        RecordScan<Long, Object> scan =
                FollowerGround.open(PostgresStore.of(pool, mapping)).scan().orElseThrow();
        Split split = scan.splits(1).get(0);
        List<Long> sizes = new ArrayList<>();
        long bytes = 0;
        @Nullable String position = null;
        do {
            ScanPage<Long, Object> page = scan.page(split, position, 500);
            sizes.add((long) page.records().size());
            bytes += page.bytes();
            position = page.next();
        } while (position != null);
        sizes.add(bytes);
        return sizes;
    }

    @Test
    void whatCannotBeMeasuredComesInSmallPagesUnlessTheMappingSaysItsSize() {
        assertThat(pages(new Numbers(null))).startsWith(500L, 300L, 300L, 300L, 100L);

        List<Long> told = pages(new Numbers(record -> 1_000));
        assertThat(told).startsWith(500L, 500L, 500L);
        assertThat(told.get(told.size() - 1)).isBetween(1_000L * NUMBERS, 1_050L * NUMBERS);
    }

    @Test
    void aSizeThatCannotBeToldIsNoReasonToStop() {
        assertThat(pages(new Numbers(record -> {
                    throw new IllegalStateException("not told");
                })))
                .startsWith(500L, 300L, 300L, 300L, 100L);
    }

    record Failing(String text) {
        @Override
        public String text() {
            throw new AssertionError("not to be read");
        }
    }

    @Test
    void aRecordThatCannotBeReadToBeMeasuredIsNoReasonToStop() {
        assertThat(pages(new Numbers(new Failing("x"), null))).startsWith(500L, 300L, 300L, 300L, 100L);
    }
}
