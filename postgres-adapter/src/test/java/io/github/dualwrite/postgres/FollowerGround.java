package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.awaitility.Awaitility;

/** What the tests of the follower have in common. */
final class FollowerGround {

    static final String SAMPLE =
            "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint NOT NULL CHECK (number <> -7777777))";

    private FollowerGround() {}

    static HikariDataSource database(String... statements) {
        HikariDataSource pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 12);
        try {
            DualwriteSchema.defaults().install(pool);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        PostgresServer.execute(pool, statements);
        return pool;
    }

    static <K, V> Follower<K, V> open(FollowerStore<K, V> store) {
        return store.openFollower(new StoreContext("test", Duration.ofSeconds(1)));
    }

    /** Between two databases; nothing reconciles by itself. */
    static <K, V> DualWriteRepository<K, V> repository(
            String name,
            DataSource primary,
            DataSource secondary,
            PostgresMapping<K, V> mapping,
            List<DualWriteEvent> events) {
        return DualWriteRepository.builder(
                        name, PostgresStore.of(primary, mapping), PostgresStore.of(secondary, mapping))
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(30))
                .reconcileInBackground(false)
                .listener(new DualWriteListener() {
                    @Override
                    public void onEvent(DualWriteEvent event) {
                        events.add(event);
                    }
                })
                .build();
    }

    static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(30, TimeUnit.SECONDS).join();
    }

    static VersionedRecord<String, Sample> record(String key, long version) {
        return new VersionedRecord<>(key, version, Sample.of(key, version));
    }

    static VersionedRecord<String, Sample> tombstone(String key, long version) {
        return new VersionedRecord<>(key, version, null);
    }

    static <K, V> ApplyResult apply(Follower<K, V> follower, VersionedRecord<K, V> record) {
        return join(follower.apply(List.of(record))).get(0);
    }

    static long number(DataSource source, String sql) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static void awaitBlocked(DataSource source, int sessions) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> number(
                                source,
                                "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
                                        + " AND datname = current_database()")
                        == sessions);
    }
}
