package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.BucketDigests;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code infinity} is a common end of a range of validity, and such ranges are common in keys. */
class InfiniteKeysTest {

    private static final Instant LATEST = OffsetDateTime.MAX.toInstant();
    private static final Instant EARLIEST = OffsetDateTime.MIN.toInstant();

    record Price(LocalDate validTo, Instant knownTo, Long cents) {}

    record PriceKey(LocalDate validTo, Instant knownTo) {}

    private static final List<Price> PRICES = List.of(
            new Price(LocalDate.MAX, LATEST, 1L),
            new Price(LocalDate.MIN, EARLIEST, 2L),
            new Price(LocalDate.MAX, EARLIEST, 3L),
            new Price(LocalDate.of(2024, 2, 29), Instant.parse("1969-12-31T23:59:59.999999Z"), 4L));

    private static final List<PriceKey> KEYS = PRICES.stream()
            .map(price -> new PriceKey(price.validTo(), price.knownTo()))
            .toList();

    private final TableMapping<PriceKey, Price> mapping = TableMapping.ofRecord(Price.class, PriceKey.class)
            .table("price")
            .key("validTo", "knownTo")
            .build();
    private HikariDataSource from;
    private HikariDataSource to;
    private DualWriteRepository<PriceKey, Price> repository;

    @BeforeEach
    void open() {
        String table =
                "CREATE TABLE price (valid_to date, known_to timestamptz, cents bigint, PRIMARY KEY (valid_to, known_to))";
        from = FollowerGround.database(table);
        to = FollowerGround.database(table);
        repository = FollowerGround.repository("prices", from, to, mapping, new CopyOnWriteArrayList<>());
    }

    @AfterEach
    void close() {
        repository.close();
        to.close();
        from.close();
    }

    private long pending() {
        return FollowerGround.number(from, "SELECT count(*) FROM dualwrite.pending_write");
    }

    @Test
    void writesOfTheLibraryArriveAndAreRead() {
        for (Price price : PRICES) {
            assertThat(repository.save(price).secondaryApplied()).isTrue();
        }
        Follower<PriceKey, Price> follower = FollowerGround.open(PostgresStore.of(to, mapping));
        assertThat(repository.readAll(KEYS).values()).containsExactlyInAnyOrderElementsOf(PRICES);
        assertThat(FollowerGround.join(follower.readAll(KEYS)).values()).containsExactlyInAnyOrderElementsOf(PRICES);
        assertThat(repository.deleteAll(KEYS)).hasSize(PRICES.size());
        assertThat(FollowerGround.number(to, "SELECT count(*) FROM price")).isZero();
    }

    @NeedsPostgres(14)
    @Test
    void writesThatAreCapturedHaveTheSameKeysAndArriveToo() throws Exception {
        CaptureTrigger.of(DualwriteSchema.defaults(), mapping, "prices").install(from, Duration.ofSeconds(20));
        String all = " ('infinity', 'infinity', 1), ('-infinity', '-infinity', 2), ('infinity', '-infinity', 3),"
                + " ('2024-02-29', '1969-12-31 23:59:59.999999+00', 4)";
        PostgresServer.execute(from, "SET DateStyle = 'German'; INSERT INTO price VALUES" + all + "; RESET DateStyle");
        drain();
        Follower<PriceKey, Price> follower = FollowerGround.open(PostgresStore.of(to, mapping));
        assertThat(FollowerGround.join(follower.readAll(KEYS)).values()).containsExactlyInAnyOrderElementsOf(PRICES);

        PostgresServer.execute(from, "UPDATE price SET cents = cents + 10");
        assertThat(pending()).isEqualTo(4);
        repository.saveAll(PRICES);
        assertThat(pending()).as("the library means the same keys").isLessThanOrEqualTo(4);
        drain();
        assertThat(FollowerGround.join(follower.readAll(KEYS)).values()).containsExactlyInAnyOrderElementsOf(PRICES);

        PostgresServer.execute(from, "DELETE FROM price WHERE valid_to = 'infinity'");
        drain();
        assertThat(FollowerGround.number(to, "SELECT count(*) FROM price")).isEqualTo(2);
        PostgresServer.execute(from, "TRUNCATE price");
        drain();
        assertThat(FollowerGround.number(to, "SELECT count(*) FROM price")).isZero();
    }

    private void drain() throws Exception {
        assertThat(repository.reconciler().drain(Duration.ofSeconds(30)).drained())
                .isTrue();
        assertThat(repository.reconciler().statistics().parked()).isZero();
    }

    @Test
    void digestsAreMadeAndPagesAreRead() {
        PRICES.forEach(repository::save);
        RecordScan<PriceKey, Price> here =
                FollowerGround.open(PostgresStore.of(from, mapping)).scan().orElseThrow();
        BucketDigests<PriceKey, Price> there = FollowerGround.open(PostgresStore.of(to, mapping))
                .scan()
                .orElseThrow()
                .bucketDigests()
                .orElseThrow();
        BucketDigests<PriceKey, Price> digests = here.bucketDigests().orElseThrow();

        assertThat(digests.digests(digests.splits(1).get(0), 7))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(
                        there.digests(there.splits(1).get(0), 7));
        assertThat(here.page(here.splits(1).get(0), null, 10).records()).hasSize(PRICES.size());
    }
}
