package io.github.dualwrite.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.dynamodb.testsupport.PairSides;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.PairScenario;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two instances copy what was there before, while both write, between the four pairs of stores. */
class BackfillPairsTest {

    private static final int RECORDS = 48; // one transaction of DynamoDB holds 50

    private final List<HikariDataSource> pools = new ArrayList<>();

    @AfterEach
    void close() {
        pools.forEach(HikariDataSource::close);
    }

    private PairScenario.Side side(String store) {
        if (store.equals("DynamoDB")) {
            return PairSides.dynamoDb(store);
        }
        HikariDataSource pool = PostgresSides.database();
        pools.add(pool);
        return PostgresSides.postgres(store, pool);
    }

    @ParameterizedTest
    @CsvSource({"PostgreSQL, DynamoDB", "PostgreSQL, PostgreSQL", "DynamoDB, PostgreSQL", "DynamoDB, DynamoDB"})
    @Tag("DW-3")
    @Tag("DW-7")
    void afterABackfillUnderTrafficBothStoresHoldTheSame(String first, String second) throws Exception {
        PairScenario.Side from = side(first);
        PairScenario.Side to = side(second);
        Authority<String, Sample> before = from.authority().openAuthority(new StoreContext("before", Duration.ZERO));
        before.saveAll(
                IntStream.range(0, RECORDS).mapToObj(i -> Sample.of(key(i), i)).toList());

        try (DualWriteRepository<String, Sample> one = open(from, to);
                DualWriteRepository<String, Sample> other = open(from, to)) {
            Executor ofItsOwn = task -> new Thread(task).start(); // a common pool may have one thread
            CompletableFuture<BackfillReport> copies = CompletableFuture.supplyAsync(() -> backfill(one), ofItsOwn);
            CompletableFuture<BackfillReport> copiesToo =
                    CompletableFuture.supplyAsync(() -> backfill(other), ofItsOwn);
            for (int i = 0; i < RECORDS; i += 3) {
                one.save(Sample.of(key(i), 1000 + i));
                assertThat(other.delete(key(i + 1))).isPresent();
            }
            one.save(Sample.of("new", 1));

            assertThat(copies.join().complete()).isTrue();
            assertThat(copiesToo.join().complete()).isTrue();
            assertThat(one.reconciler().drain(Duration.ofMinutes(2)).drained()).isTrue();
        }

        assertThat(to.records().get())
                .hasSize(1 + RECORDS * 2 / 3)
                .isEqualTo(from.records().get());
    }

    private static String key(int i) {
        return "key " + i;
    }

    private static DualWriteRepository<String, Sample> open(PairScenario.Side from, PairScenario.Side to) {
        return DualWriteRepository.builder("accounts", from.authority(), to.follower())
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(21))
                .build();
    }

    private static BackfillReport backfill(DualWriteRepository<String, Sample> repository) {
        try {
            return repository
                    .backfill(BackfillSettings.<Sample>builder()
                            .splits(4)
                            .threads(2)
                            .pageSize(7)
                            .pollInterval(Duration.ofMillis(50))
                            .writesCaptured(() -> true)
                            .build())
                    .run(Duration.ofMinutes(2));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
