package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresProxy;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Counts the flights between client and server on the wire. */
class RoundTripsTest {

    private PostgresProxy proxy;
    private HikariDataSource pool;
    private Authority<String, Sample> authority;

    @BeforeEach
    void open() throws SQLException {
        PostgresServer server = PostgresServer.shared();
        proxy = new PostgresProxy(server.host(), server.port());
        PGSimpleDataSource source = PostgresServer.dataSource(server.newDatabaseName(), "localhost", proxy.port());
        source.setSslMode("disable");
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(1);
        pool = new HikariDataSource(config);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)");
        authority = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                .openAuthority(new StoreContext("round trips", Duration.ZERO));
        for (int i = 0; i < 10; i++) { // the driver switches to named statements after some executions
            authority.save(Sample.of("warm", i));
            authority.update(Sample.of("warm", i));
            authority.delete("warm");
            authority.create(Sample.of("warm", i));
            authority.read("warm");
        }
    }

    @AfterEach
    void close() {
        pool.close();
        proxy.close();
    }

    private int roundTripsOf(Runnable call) {
        int before = proxy.roundTrips();
        call.run();
        return proxy.roundTrips() - before;
    }

    @Test
    void everySingleWriteIsOneRoundTrip() {
        assertThat(roundTripsOf(() -> authority.create(Sample.of("a", 1)))).isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.update(Sample.of("a", 2)))).isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.save(Sample.of("a", 3)))).isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.delete("a"))).isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.delete("a"))).isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.read("a"))).isEqualTo(1);
    }

    @Test
    void everyBatchIsOneRoundTrip() {
        List<Sample> samples = java.util.stream.IntStream.range(0, 200)
                .mapToObj(i -> Sample.of("b" + i, i))
                .toList();
        List<String> keys = samples.stream().map(Sample::id).toList();
        assertThat(roundTripsOf(() -> authority.saveAll(samples))).isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.readAll(keys))).isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.snapshot(keys))).isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 200)))
                .isEqualTo(1);
        List<VersionedRecord<String, Sample>> pending = authority.snapshot(keys);
        assertThat(roundTripsOf(() -> authority
                        .queue()
                        .confirm(pending.stream()
                                .map(r -> new KeyVersion<>(r.key(), r.version()))
                                .toList())))
                .isEqualTo(1);
        assertThat(roundTripsOf(() -> authority.deleteAll(keys))).isEqualTo(1);
    }
}
