package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The query that a verification gives to a person shows the record and no other, in both roles. */
class LookupTest {

    private static final StoreContext CONTEXT = new StoreContext("lookups", Duration.ofSeconds(1));

    record Key(String name, long number, UUID id, Instant at, LocalDate day, boolean flag) {}

    record Odd(String name, long number, UUID id, Instant at, LocalDate day, boolean flag, String text) {}

    @Test
    void theQueryShowsTheRecord() {
        try (HikariDataSource pool = FollowerGround.database(
                "CREATE TABLE \"odd \"\"table\"\"; --\" (name text, number bigint, id uuid, at timestamptz,"
                        + " day date, flag boolean, text text, PRIMARY KEY (name, number, id, at, day, flag))")) {
            PostgresStore<Key, Odd> store = PostgresStore.of(
                    pool,
                    TableMapping.ofRecord(Odd.class, Key.class)
                            .table("odd \"table\"; --")
                            .key("name", "number", "id", "at", "day", "flag")
                            .build());
            Authority<Key, Odd> authority = store.openAuthority(CONTEXT);
            List<String> names = List.of("it's", "back\\slash's", "; DROP TABLE x; --", "", "$1 ? %s", "🔑");
            for (String name : names) {
                for (int number = -1; number < 2; number++) {
                    authority.save(new Odd(
                            name,
                            number,
                            new UUID(number, 7),
                            Instant.parse("2026-03-01T10:00:00.000001Z"),
                            LocalDate.of(2026, 3, 1),
                            number == 0,
                            "found " + names.indexOf(name)));
                }
            }

            for (String name : names) {
                Key key = new Key(
                        name,
                        -1,
                        new UUID(-1, 7),
                        Instant.parse("2026-03-01T10:00:00.000001Z"),
                        LocalDate.of(2026, 3, 1),
                        false);
                String query = authority.lookup(key);

                assertThat(FollowerGround.number(
                                pool,
                                "SELECT count(*) + 10 * count(*) FILTER (WHERE text = 'found " + names.indexOf(name)
                                        + "') FROM (" + query + ") AS shown"))
                        .as(query)
                        .isEqualTo(11);
                assertThat(store.openFollower(CONTEXT).lookup(key)).isEqualTo(query);
            }
        }
    }
}
