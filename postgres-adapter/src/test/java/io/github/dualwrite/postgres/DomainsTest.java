package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.ScanPage.Scanned;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Domains over types with a length: an explicit cast to one of them cuts without an error, so there must be none. */
class DomainsTest {

    record Coded(String id, String code, List<String> codes, TypesTest.Mood mood) {}

    private HikariDataSource database;
    private Authority<String, Coded> authority;
    private Follower<String, Coded> follower;

    @BeforeEach
    void open() {
        database = FollowerGround.database(
                "CREATE DOMAIN code AS varchar(3) CHECK (value <> 'bad')",
                "CREATE DOMAIN inner_code AS code",
                "CREATE DOMAIN codes AS varchar(3)[]",
                "CREATE SCHEMA \"Odd\"",
                "CREATE TYPE \"Odd\".\"Mood\" AS ENUM ('HAPPY', 'SAD')",
                "CREATE DOMAIN mood AS \"Odd\".\"Mood\"",
                "CREATE TABLE coded (id inner_code PRIMARY KEY, code code DEFAULT 'def', codes codes, mood mood)");
        PostgresStore<String, Coded> store = PostgresStore.of(
                database,
                TableMapping.ofRecord(Coded.class, String.class)
                        .table("coded")
                        .key("id")
                        .generated("code")
                        .build());
        authority = store.openAuthority(new StoreContext("domains", Duration.ZERO));
        follower = FollowerGround.open(store);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static Coded coded(String id, String code, String... codes) {
        return new Coded(id, code, List.of(codes), TypesTest.Mood.SAD);
    }

    @Test
    void whatFitsGoesThroughEveryVerb() {
        Coded value = coded("abc", "xyz", "1", "234");
        assertThat(authority.create(value).value()).isEqualTo(value);
        assertThat(authority.save(value).value()).isEqualTo(value);
        assertThat(authority.update(value).value()).isEqualTo(value);
        assertThat(authority.saveAll(List.of(value)).get(0).value()).isEqualTo(value);
        assertThat(authority.snapshot(List.of("abc")).get(0).value()).isEqualTo(value);
        assertThat(authority.save(coded("d", null)).value().code()).isEqualTo("def");
        assertThat(authority.deleteAll(List.of("abc", "d"))).hasSize(2);

        assertThat(FollowerGround.apply(follower, new VersionedRecord<>("abc", 1, value)))
                .isEqualTo(ApplyResult.applied());
        assertThat(FollowerGround.join(follower.read("abc"))).contains(value);
        assertThat(FollowerGround.apply(follower, new VersionedRecord<>("abc", 2, null)))
                .isEqualTo(ApplyResult.applied());
        assertThat(FollowerGround.join(follower.readAll(List.of("abc")))).isEmpty();
    }

    @Test
    void aValueThatIsTooLongIsRefusedAndNotCut() {
        for (Coded tooLong :
                List.of(coded("a", "abcdef"), coded("a", "x", "abcdef"), coded("a", "bad"), coded("abcdef", "x"))) {
            assertThatThrownBy(() -> authority.create(tooLong)).isInstanceOf(PermanentStoreException.class);
            assertThatThrownBy(() -> authority.save(tooLong)).isInstanceOf(PermanentStoreException.class);
            assertThatThrownBy(() -> authority.saveAll(List.of(tooLong))).isInstanceOf(PermanentStoreException.class);
            assertThat(FollowerGround.apply(follower, new VersionedRecord<>(tooLong.id(), 1, tooLong))
                            .status())
                    .isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
            assertThat(FollowerGround.join(follower.baseline()
                                    .orElseThrow()
                                    .store(List.of(new Scanned<>(tooLong.id(), tooLong))))
                            .get(0)
                            .status())
                    .isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        }
        authority.create(coded("a", "x"));
        assertThatThrownBy(() -> authority.update(coded("a", "abcdef"))).isInstanceOf(PermanentStoreException.class);
        assertThat(FollowerGround.number(database, "SELECT count(*) FROM coded"))
                .isEqualTo(1);
    }

    @Test
    void aKeyThatIsTooLongIsNotTheRecordThatItBeginsLike() {
        Coded value = coded("abc", "x");
        authority.create(value);

        assertThat(authority.read("abcdef")).isEmpty();
        assertThat(authority.readAll(List.of("abcdef"))).isEmpty();
        assertThat(authority.delete("abcdef")).isEmpty();
        assertThat(authority.deleteAll(List.of("abcdef"))).isEmpty();
        assertThatThrownBy(() -> authority.update(coded("abcdef", "y"))).isInstanceOf(RecordNotFoundException.class);
        authority.markPending(List.of("abcdef"));
        assertThat(authority.snapshot(List.of("abcdef"))).allMatch(VersionedRecord::tombstone);

        assertThat(FollowerGround.join(follower.read("abcdef"))).isEmpty();
        assertThat(FollowerGround.apply(follower, new VersionedRecord<>("abcdef", 7, null)))
                .isEqualTo(ApplyResult.applied());
        assertThat(authority.read("abc")).contains(value);
    }
}
