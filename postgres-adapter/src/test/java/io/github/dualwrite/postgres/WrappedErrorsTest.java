package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A mapping by hand whose library makes unchecked exceptions of the driver's, as JdbcTemplate, jOOQ and Hibernate do. */
@Tag("DW-6")
class WrappedErrorsTest {

    private HikariDataSource pool;
    private Authority<String, Sample> authority;

    @BeforeEach
    void open() {
        pool = FollowerGround.database(
                FollowerGround.SAMPLE,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL)");
        authority =
                PostgresStore.of(pool, new Wrapping()).openAuthority(new StoreContext("test", Duration.ofSeconds(1)));
        authority.save(Sample.of("a", 1));
        PostgresServer.execute(pool, "INSERT INTO sample VALUES ('a', 'lists it', 1)");
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void aTableThatIsMissingIsAConfigurationErrorAlsoWhenItIsWrapped() {
        RecordScan<String, Sample> scan = authority.scan().orElseThrow();
        Split all = scan.splits(1).get(0);
        PostgresServer.execute(pool, "ALTER TABLE sample_text RENAME TO gone");

        assertThatThrownBy(() -> authority.snapshot(List.of("a")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("42P01");
        assertThatThrownBy(() -> scan.page(all, null, 10))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("42P01");

        PostgresServer.execute(pool, "ALTER TABLE gone RENAME TO sample_text");
        assertThat(authority.snapshot(List.of("a")))
                .singleElement()
                .satisfies(record -> assertThat(record.value()).isEqualTo(Sample.of("a", 1)));
        assertThat(scan.page(all, null, 10).records()).hasSize(1);
    }

    @Test
    void aStatementThatRanOutOfTimeIsTransientAlsoWhenItIsWrapped() throws SQLException {
        try (Connection blocker = pool.getConnection();
                Statement lock = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            lock.execute("LOCK TABLE sample_text IN ACCESS EXCLUSIVE MODE");
            assertThatThrownBy(() -> authority.snapshot(List.of("a"))).isInstanceOf(TransientStoreException.class);
            blocker.rollback();
            blocker.setAutoCommit(true);
        }
    }

    private static final class Wrapping extends AggregateContractTest.TwoTables {
        @Override
        public Optional<Sample> load(Connection connection, String key) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET LOCAL lock_timeout = '100ms'");
                return super.load(connection, key);
            } catch (SQLException e) {
                throw new IllegalStateException("template", new IllegalArgumentException("translated", e));
            }
        }

        @Override
        public Optional<TableMapping<String, String>> keyTable() {
            return Optional.of(TableMapping.<String, String>columns("sample")
                    .key("id", ColumnType.TEXT, key -> key)
                    .build(row -> row.get("id", ColumnType.TEXT)));
        }
    }

    /** Its record would be taken for deleted, and passed over by a backfill. */
    @Test
    @Tag("DW-1")
    void aRecordUnderAnotherKeyThanThatAskedForIsLoadedByItself() {
        Authority<String, Sample> padding =
                PostgresStore.of(pool, new Padding()).openAuthority(new StoreContext("test", Duration.ofSeconds(1)));
        padding.markPending(List.of("a"));
        RecordScan<String, Sample> scan = padding.scan().orElseThrow();

        assertThat(padding.snapshot(List.of("a")))
                .singleElement()
                .satisfies(record -> assertThat(record.value()).isEqualTo(Sample.of("a", 1)));
        assertThat(padding.readAll(List.of("a", "gone"))).isEqualTo(Map.of("a", Sample.of("a", 1)));
        assertThat(padding.save(Sample.of("a", 2)).value()).isEqualTo(Sample.of("a", 2));
        ScanPage<String, Sample> page = scan.page(scan.splits(1).get(0), null, 10);
        assertThat(page.unreadable()).isEmpty();
        assertThat(page.records()).extracting(ScanPage.Scanned::key).containsExactly("a");
    }

    /** Such as those of a cross product of the parts of keys. */
    @Test
    void recordsUnderFurtherKeysAreLeftOut() {
        Authority<String, Sample> wide =
                PostgresStore.of(pool, new Wide()).openAuthority(new StoreContext("test", Duration.ofSeconds(1)));
        wide.markPending(List.of("a", "gone"));
        RecordScan<String, Sample> scan = wide.scan().orElseThrow();

        assertThat(wide.snapshot(List.of("a", "gone")))
                .extracting(VersionedRecord::key, VersionedRecord::value)
                .containsExactlyInAnyOrder(tuple("a", Sample.of("a", 1)), tuple("gone", null));
        assertThat(wide.readAll(List.of("a", "gone"))).isEqualTo(Map.of("a", Sample.of("a", 1)));
        ScanPage<String, Sample> page = scan.page(scan.splits(1).get(0), null, 10);
        assertThat(page.unreadable()).isEmpty();
        assertThat(page.records()).extracting(ScanPage.Scanned::key).containsExactly("a");
    }

    private static final class Wide extends AggregateContractTest.TwoTables {
        @Override
        public Map<String, Sample> loadAll(Connection connection, Collection<String> keys) throws SQLException {
            Map<String, Sample> more = new HashMap<>(super.loadAll(connection, keys));
            more.put("b", Sample.of("b", 1));
            return more;
        }

        @Override
        public Optional<TableMapping<String, String>> keyTable() {
            return new Wrapping().keyTable();
        }
    }

    private List<ApplyResult.Status> baseline(AggregateMapping<String, Sample> mapping, String... keys) {
        Follower<String, Sample> follower = FollowerGround.open(PostgresStore.of(pool, mapping));
        return FollowerGround.join(follower.baseline()
                        .orElseThrow()
                        .store(Stream.of(keys)
                                .map(key -> new ScanPage.Scanned<>(key, Sample.of(key, 7)))
                                .toList()))
                .stream()
                .map(ApplyResult::status)
                .toList();
    }

    /** It would copy nothing and be complete. */
    @Test
    @Tag("DW-3")
    void aBaselineDoesNotTakeANullForARecord() {
        assertThat(baseline(new Nulls(), "a", "b"))
                .containsExactly(ApplyResult.Status.SUPERSEDED, ApplyResult.Status.APPLIED);
        assertThat(authority.readAll(List.of("a", "b")).values())
                .containsExactlyInAnyOrder(Sample.of("a", 1), Sample.of("b", 7));
    }

    @Test
    @Tag("DW-2")
    void aBaselineOverwritesNoRecordThatIsLoadedUnderAnotherKey() {
        assertThat(baseline(new Padding(), "a", "b"))
                .containsExactly(ApplyResult.Status.SUPERSEDED, ApplyResult.Status.APPLIED);
        assertThat(authority.readAll(List.of("a", "b")).values())
                .containsExactlyInAnyOrder(Sample.of("a", 1), Sample.of("b", 7));
    }

    private static final class Nulls extends AggregateContractTest.TwoTables {
        @Override
        public Map<String, Sample> loadAll(Connection connection, Collection<String> keys) throws SQLException {
            Map<String, Sample> all = new HashMap<>();
            keys.forEach(key -> all.put(key, null));
            all.putAll(super.loadAll(connection, keys));
            return all;
        }
    }

    private static final class Padding extends AggregateContractTest.TwoTables {
        @Override
        public Map<String, Sample> loadAll(Connection connection, Collection<String> keys) throws SQLException {
            Map<String, Sample> padded = new HashMap<>();
            super.loadAll(connection, keys).forEach((key, value) -> padded.put(key + " ", value));
            return padded;
        }

        @Override
        public Optional<TableMapping<String, String>> keyTable() {
            return new Wrapping().keyTable();
        }
    }
}
