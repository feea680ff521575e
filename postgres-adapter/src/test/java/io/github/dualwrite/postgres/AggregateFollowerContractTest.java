package io.github.dualwrite.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.FollowerContract;
import io.github.dualwrite.testkit.Sample;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** A mapping by hand over two tables without keys keeps the contract of a follower (DW-2). */
@Tag("DW-2")
class AggregateFollowerContractTest extends FollowerContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void createTables() {
        pool = FollowerGround.database(
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint NOT NULL CHECK (number <> -7777777))",
                "CREATE INDEX ON sample_text (id)",
                "CREATE INDEX ON sample_number (id)");
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @Override
    protected FollowerStore<String, Sample> store() {
        PostgresServer.execute(pool, "TRUNCATE sample_text, sample_number, dualwrite.applied_version");
        return PostgresStore.of(pool, new AggregateContractTest.TwoTables());
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.of(new Sample("refused", "by a check constraint", -7_777_777));
    }

    @Override
    protected Optional<FollowerStore<String, Sample>> unfitStore() {
        return Optional.of(PostgresStore.of(pool, new AggregateContractTest.TwoTables())
                .schema(DualwriteSchema.defaults().schema("not_there")));
    }
}
