package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.PushBack;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Texts of errors come from mappings and stores of others. One that PostgreSQL cannot hold must not keep a batch from being parked. */
@Tag("DW-6")
class QueueTextsTest {

    @Test
    void anErrorThatPostgresCannotHoldIsKeptWithoutWhatItCannotHold() {
        try (HikariDataSource database = FollowerGround.database(FollowerGround.SAMPLE)) {
            Authority<String, Sample> authority = PostgresStore.of(database, PostgresAuthorityContractTest.mapping())
                    .openAuthority(new StoreContext("test", Duration.ZERO));
            long a = authority.save(Sample.of("a", 1)).version();
            long b = authority.save(Sample.of("b", 1)).version();
            Lease lease = Lease.of(Duration.ofMinutes(1));
            assertThat(authority.queue().claim(lease, 2)).hasSize(2);

            authority.queue().pushBack(lease, List.of(new PushBack<>("a", a, Duration.ZERO, "not \0 yet")));
            Lease next = Lease.of(Duration.ofMinutes(1));
            assertThat(authority.queue().claim(next, 1)).hasSize(1);
            assertThat(authority.queue().park(next, List.of(new Parking<>("a", a, "holds \0"))))
                    .containsOnly("a");
            String endless = "x".repeat(1_999) + "\uD83D\uDE00" + "y".repeat(100_000);
            assertThat(authority.queue().park(lease, List.of(new Parking<>("b", b, endless))))
                    .containsOnly("b");

            assertThat(authority.queue().parked(0, 10))
                    .extracting(ParkedWrite::reason)
                    .containsExactlyInAnyOrder("holds  ", "x".repeat(1_999) + "…");
        }
    }
}
