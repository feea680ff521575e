package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A time has the same text in a key whether Java or SQL makes it, to the microsecond and over the whole range of the type. */
class TimeKeysTest {

    @Test
    void microsecondsAreExactNearAndFar() throws SQLException {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        List<Instant> times = new ArrayList<>(List.of(
                Instant.parse("-4712-01-01T00:00:00.000001Z"),
                Instant.parse("-0001-12-31T23:59:59.999999Z"),
                Instant.parse("1969-12-31T23:59:59.999999Z"),
                Instant.EPOCH,
                Instant.parse("2255-06-05T23:47:34.740993Z"),
                Instant.parse("+290000-12-31T23:59:59.999999Z")));
        long first = times.get(0).getEpochSecond();
        for (int i = 0; i < 10_000; i++) {
            long bound = i % 2 == 0 ? 4_000_000_000L : 9_000_000_000_000L;
            times.add(Instant.ofEpochSecond(
                    Math.max(first + 1, random.nextLong(-bound, bound)), random.nextInt(1_000_000) * 1_000L));
        }
        String select = "SELECT " + ColumnType.TIMESTAMPTZ.keySql("x")
                + " FROM unnest(?::text[]::timestamptz[]) WITH ORDINALITY AS u(x, o) ORDER BY o";
        try (HikariDataSource database = PostgresPool.of(PostgresServer.shared().newDatabase(), 1);
                Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(select)) {
            statement.setArray(1, SqlArrays.text(connection, times, TimeText::of));
            List<String> texts = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    texts.add(row.getString(1));
                }
            }
            assertThat(texts)
                    .as("seed " + seed)
                    .isEqualTo(
                            times.stream().map(ColumnType.TIMESTAMPTZ::keyText).toList());
        }
    }
}
