package io.github.dualwrite.postgres;

import static io.github.dualwrite.postgres.FollowerGround.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.testkit.ScanContract;
import java.util.Collection;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A follower that is mapped by hand and says which table lists its keys keeps the contract of a scan (DW-7). */
@Tag("DW-7")
class AggregateScanContractTest extends ScanContract {

    private static HikariDataSource pool;
    private static long version;
    private Follower<String, Sample> follower;

    @BeforeAll
    static void createTables() {
        pool = FollowerGround.database(ListedTables.DDL);
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @BeforeEach
    void openFollower() {
        PostgresServer.execute(pool, "TRUNCATE sample_text, sample_number, dualwrite.applied_version");
        follower = FollowerGround.open(PostgresStore.of(pool, new ListedTables()));
    }

    @Override
    protected RecordScan<String, Sample> scan() {
        return FollowerGround.open(PostgresStore.of(pool, new ListedTables()))
                .scan()
                .orElseThrow();
    }

    @Override
    protected void store(Collection<Sample> records) {
        join(follower.apply(records.stream()
                .map(sample -> new VersionedRecord<>(sample.id(), ++version, sample))
                .toList()));
    }

    @Override
    protected void delete(Collection<String> keys) {
        join(follower.apply(keys.stream()
                .map(key -> new VersionedRecord<String, Sample>(key, ++version, null))
                .toList()));
    }

    @Override
    protected Optional<String> storeUnreadable() {
        PostgresServer.execute(
                pool,
                "INSERT INTO sample_text VALUES ('k1|no', 'x')",
                "INSERT INTO sample_number VALUES ('k1|no', 666)");
        return Optional.of("k1|no");
    }

    @Test
    void withoutATableOfKeysThereIsNoScan() {
        assertThat(FollowerGround.open(PostgresStore.of(pool, new AggregateContractTest.TwoTables()))
                        .scan())
                .isEmpty();
    }

    @Test
    void aRefusedBackfillOrVerificationNamesTheMethodThatIsMissing() {
        String method = "implement keyTable in " + AggregateContractTest.TwoTables.class.getName();
        PostgresStore<String, Sample> store = PostgresStore.of(pool, new AggregateContractTest.TwoTables());
        InMemoryStore<String, Sample> memory = InMemoryStore.keyedBy(Sample::id);
        try (DualWriteRepository<String, Sample> primary =
                        DualWriteRepository.builder("poor", store, memory).build();
                DualWriteRepository<String, Sample> secondary =
                        DualWriteRepository.builder("poor", memory, store).build()) {
            assertThatThrownBy(primary::backfill)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(method);
            assertThatThrownBy(primary::verification)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(method);
            assertThatThrownBy(secondary::verification)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(method);
            assertThat(secondary.backfill())
                    .as("needs no scan of the secondary")
                    .isNotNull();
        }
    }
}
