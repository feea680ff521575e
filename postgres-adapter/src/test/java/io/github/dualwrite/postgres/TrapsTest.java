package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.postgres.testsupport.NeedsPostgres;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Known ways to get the pending write wrong on PostgreSQL, each shown not to be ours. */
class TrapsTest {

    private HikariDataSource pool;
    private Authority<String, Sample> authority;

    @BeforeEach
    void open() throws SQLException {
        pool = PostgresPool.of(PostgresServer.shared().newDatabase(), 20);
        DualwriteSchema.defaults().install(pool);
        PostgresServer.execute(pool, "CREATE TABLE sample (id text PRIMARY KEY, text text, number bigint)");
        authority = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                .openAuthority(new StoreContext("test", Duration.ofSeconds(30)));
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** TRAPS 1, 2, 11: versions under contention, with deletes and re-creates and a follower that misses every tenth apply. */
    @Test
    @Tag("DW-2")
    @Tag("DW-3")
    void concurrentWritersOnHotKeysConverge() throws Exception {
        Set<Long> versions = ConcurrentHashMap.newKeySet();
        try (TestRepository<String, Sample> test =
                new TestRepository<>(PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()), Sample::id)) {
            ExecutorService writers = Executors.newFixedThreadPool(9);
            List<Future<Integer>> counts = new ArrayList<>();
            for (int w = 0; w < 9; w++) {
                int writer = w;
                counts.add(writers.submit(() -> {
                    Random random = new Random(writer);
                    int written = 0;
                    for (int i = 0; i < 400; i++) {
                        String key = "hot" + random.nextInt(3);
                        boolean missed = random.nextInt(10) == 0;
                        if (missed) { // written, and the process "dies" before the follower hears of it
                            authority.save(Sample.of(key, writer * 1000L + i));
                        } else if (random.nextInt(3) == 0) {
                            test.repository
                                    .delete(key)
                                    .ifPresent(r -> assertThat(versions.add(r.version()))
                                            .isTrue());
                        } else {
                            assertThat(versions.add(test.repository
                                            .save(Sample.of(key, writer * 1000L + i))
                                            .version()))
                                    .isTrue();
                        }
                        written++;
                    }
                    return written;
                }));
            }
            int total = 0;
            for (Future<Integer> count : counts) {
                total += count.get(60, TimeUnit.SECONDS);
            }
            writers.shutdown();
            assertThat(total).isEqualTo(9 * 400);

            // pending writes of the "dead" process are due after its long grace: bring that forward
            PostgresServer.execute(pool, "UPDATE dualwrite.pending_write SET due_at = now()");
            DrainReport report = test.repository.reconciler().drain(Duration.ofSeconds(30));
            assertThat(report.drained()).isTrue();
            List<String> keys = List.of("hot0", "hot1", "hot2");
            assertThat(test.follower.records()).isEqualTo(authority.readAll(keys));
        }
    }

    /** TRAPS 3: the same key twice in one statement. */
    @Test
    void duplicateKeysInABatchAreStoredOnce() {
        assertThat(authority.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1), Sample.of("a", 2))))
                .extracting(VersionedRecord::value)
                .containsExactlyInAnyOrder(Sample.of("a", 2), Sample.of("b", 1));
        assertThat(authority.deleteAll(List.of("a", "b", "a"))).hasSize(2);
    }

    /** TRAPS 3: batches over the same keys in opposite orders must not deadlock. */
    @Test
    void batchesInOppositeOrdersDoNotDeadlock() throws Exception {
        inOppositeOrders(authority, 60, 40);
    }

    /** There each record is several statements, and no row is shared. */
    @Test
    void norDoThoseOfAMappingByHand() throws Exception {
        PostgresServer.execute(
                pool,
                "CREATE TABLE sample_text (id text, text text)",
                "CREATE TABLE sample_number (id text, number bigint)");
        inOppositeOrders(
                PostgresStore.of(pool, new AggregateContractTest.TwoTables())
                        .openAuthority(new StoreContext("by hand", Duration.ofSeconds(30))),
                12,
                6);
    }

    private static void inOppositeOrders(Authority<String, Sample> authority, int keys, int rounds) throws Exception {
        List<Sample> samples =
                IntStream.range(0, keys).mapToObj(i -> Sample.of("k" + i, i)).toList();
        List<Sample> reversed = new ArrayList<>(samples);
        Collections.reverse(reversed);
        ExecutorService writers = Executors.newFixedThreadPool(4);
        List<Future<?>> done = new ArrayList<>();
        for (int w = 0; w < 4; w++) {
            List<Sample> mine = w % 2 == 0 ? samples : reversed;
            boolean deletes = w >= 2;
            done.add(writers.submit(() -> {
                for (int i = 0; i < rounds; i++) {
                    if (deletes && i % 3 == 0) {
                        authority.deleteAll(mine.stream().map(Sample::id).toList());
                    } else if (deletes && i % 3 == 1) {
                        authority.markPending(mine.stream().map(Sample::id).toList());
                    } else {
                        authority.saveAll(mine);
                    }
                }
            }));
        }
        for (Future<?> writer : done) {
            writer.get(60, TimeUnit.SECONDS); // a deadlock would be a TransientStoreException here
        }
        writers.shutdown();
    }

    /** TRAPS 4: a claim takes no more than its limit, whatever the plan. */
    @Test
    void aClaimNeverTakesMoreThanItsLimit() throws Exception {
        authority.saveAll(
                IntStream.range(0, 2000).mapToObj(i -> Sample.of("k" + i, i)).toList());
        PostgresServer.execute(
                pool, "UPDATE dualwrite.pending_write SET due_at = now()", "ANALYZE dualwrite.pending_write");
        for (String setting : List.of("enable_hashjoin", "enable_nestloop", "enable_mergejoin", "enable_indexscan")) {
            PostgresServer.execute(pool, "ALTER ROLE postgres SET " + setting + " = off");
            try {
                pool.getHikariPoolMXBean().softEvictConnections();
                assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 5))
                        .hasSize(5);
            } finally {
                PostgresServer.execute(pool, "ALTER ROLE postgres RESET " + setting);
            }
        }
        pool.getHikariPoolMXBean().softEvictConnections();
        assertThat(number("SELECT count(*) FROM dualwrite.pending_write WHERE lease IS NOT NULL"))
                .isEqualTo(20);
    }

    /** TRAPS 14: what is not due yet, which after an outage is all of a large queue, is not read by a claim that finds nothing. */
    @Test
    void aClaimReadsNothingThatIsNotDue() throws Exception {
        authority.saveAll(
                IntStream.range(0, 2000).mapToObj(i -> Sample.of("k" + i, i)).toList());
        PostgresServer.execute(
                pool,
                "UPDATE dualwrite.pending_write SET due_at = now() + interval '1 hour'",
                "VACUUM ANALYZE dualwrite.pending_write");

        try (Connection connection = pool.getConnection();
                PreparedStatement explain = connection.prepareStatement("EXPLAIN (ANALYZE, COSTS OFF) "
                        + String.format(
                                PendingTable.CLAIM, DualwriteSchema.defaults().pending()))) {
            explain.setLong(1, 1);
            explain.setObject(2, UUID.randomUUID());
            explain.setString(3, "test");
            explain.setInt(4, 100);
            List<String> plan = new ArrayList<>();
            try (ResultSet line = explain.executeQuery()) {
                while (line.next()) {
                    plan.add(line.getString(1));
                }
            }
            assertThat(plan).anyMatch(line -> line.contains("Index Cond") && line.contains("due_at"));
            assertThat(plan).noneMatch(line -> line.contains("Rows Removed by Filter"));
        }
    }

    /** TRAPS 14: whoever claims what is pending changes no index, so that an outage does not fill them with what is dead. */
    @Test
    void aClaimLeavesTheIndexesAlone() throws Exception {
        authority.saveAll(
                IntStream.range(0, 2000).mapToObj(i -> Sample.of("k" + i, i)).toList());
        PostgresServer.execute(
                pool, "UPDATE dualwrite.pending_write SET due_at = now()", "VACUUM FULL dualwrite.pending_write");
        String size = "SELECT pg_indexes_size('dualwrite.pending_write')";
        long before = number(size);

        for (int i = 0; i < 20; i++) {
            assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 100))
                    .hasSize(100);
        }

        assertThat(number(size)).isEqualTo(before);
    }

    /** What its holder may have died of must not be first for ever. */
    @Test
    void whatIsClaimedAgainGoesBehindTheOthers() throws Exception {
        authority.save(Sample.of("a", 1));
        authority.save(Sample.of("b", 1));
        PostgresServer.execute(
                pool,
                "UPDATE dualwrite.pending_write SET due_at = now() - CASE key WHEN 'a' THEN interval '2 h' ELSE interval '1 h' END");
        for (String next : List.of("a", "a", "b")) { // the second time it goes behind
            PostgresServer.execute(
                    pool, "UPDATE dualwrite.pending_write SET leased_until = now() WHERE leased_until IS NOT NULL");
            assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 1))
                    .extracting(w -> w.key())
                    .containsExactly(next);
        }
    }

    /** TRAPS 5: an entry that commits late is claimed all the same. */
    @Test
    void aWriteThatCommitsLateIsNotSkipped() throws Exception {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            authority
                    .joining(JdbcTransaction.withoutHook(connection))
                    .orElseThrow()
                    .save(Sample.of("late", 1));
            authority.save(Sample.of("early", 1));
            PostgresServer.execute(
                    pool, "UPDATE dualwrite.pending_write SET due_at = now() - interval '1 hour' WHERE key = 'early'");
            assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 10))
                    .extracting(w -> w.key())
                    .containsExactly("early");
            connection.commit();
            connection.setAutoCommit(true);
        }
        PostgresServer.execute(pool, "UPDATE dualwrite.pending_write SET due_at = now() WHERE key = 'late'");
        assertThat(authority.queue().claim(Lease.of(Duration.ofMinutes(1)), 10))
                .extracting(w -> w.key())
                .containsExactly("late");
    }

    /** TRAPS 12: a write to a key that is pending already is a HOT update. */
    @Test
    @NeedsPostgres(15)
    void rewritingAPendingKeyTouchesNoIndex() throws Exception {
        for (int i = 0; i < 300; i++) {
            authority.save(Sample.of("k" + i % 3, i));
        }
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_stat_force_next_flush()");
        }
        assertHotUpdates("pending_write", 297);
    }

    /** That of an applied version and a checkpoint, too. */
    @Test
    @NeedsPostgres(15)
    void anAppliedVersionAndACheckpointTouchNoIndex() throws Exception {
        Follower<String, Sample> follower =
                FollowerGround.open(PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()));
        JobStore jobs = authority.jobs().orElseThrow();
        jobs.begin("backfill", "f", List.of(new Split("all")));
        Lease lease = Lease.of(Duration.ofMinutes(1));
        SplitProgress split =
                jobs.claim(jobs.find("backfill").orElseThrow(), lease).orElseThrow();
        for (int i = 1; i <= 300; i++) {
            FollowerGround.join(follower.apply(List.of(FollowerGround.record("k" + i % 3, i))));
            assertThat(jobs.checkpoint(
                            "backfill",
                            new SplitProgress(split.number(), split.split(), "p" + i, false, i, i, 0, 0, i),
                            lease))
                    .isPresent();
        }
        assertHotUpdates("applied_version", 297);
        assertHotUpdates("job_split", 300);
    }

    private void assertHotUpdates(String table, int updates) throws SQLException {
        pool.getHikariPoolMXBean().softEvictConnections(); // sessions hand in their statistics when they end
        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() ->
                        number("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = '" + table + "'") >= updates);
        assertThat(number("SELECT n_tup_upd - n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = '" + table + "'"))
                .isLessThan(15); // a page that is full now and then
    }

    /** TRAPS 14: the queue has vacuum settings of its own. TRAPS 10: its sequence has no cache. */
    @Test
    void theDdlCarriesItsSettings() throws Exception {
        Map<String, String> settings = Map.of(
                "pending_write",
                "fillfactor=45 autovacuum_vacuum_threshold=1000 autovacuum_vacuum_scale_factor=0.02"
                        + " autovacuum_vacuum_insert_threshold=1000 autovacuum_vacuum_insert_scale_factor=0.02"
                        + " autovacuum_analyze_threshold=1000 autovacuum_analyze_scale_factor=0.05"
                        + " autovacuum_vacuum_cost_delay=0",
                "applied_version",
                "fillfactor=85 autovacuum_vacuum_scale_factor=0.05 autovacuum_vacuum_insert_scale_factor=0.1"
                        + " autovacuum_analyze_scale_factor=0.05",
                "job_split",
                "fillfactor=50");
        for (Map.Entry<String, String> of : settings.entrySet()) {
            assertThat(number("SELECT count(*) FROM pg_class WHERE oid = 'dualwrite." + of.getKey() + "'::regclass"
                            + " AND reloptions @> string_to_array('" + of.getValue() + "', ' ')"
                            + " AND reloptions <@ string_to_array('" + of.getValue() + "', ' ')"))
                    .as(of.getKey())
                    .isEqualTo(1);
        }
        PostgresServer.execute(
                pool, OperationsPage.section("## The secondary is down").block("n_dead_tup")); // what to alarm on
        assertThat(number("SELECT seqcache FROM pg_sequence WHERE seqrelid = 'dualwrite.version'::regclass"))
                .isEqualTo(1);
    }

    /** TRAPS 17: other names, awkward ones too, everywhere; and install is idempotent, also concurrently. */
    @Test
    void configuredNamesAreUsedEverywhere() throws Exception {
        DualwriteSchema schema = DualwriteSchema.defaults()
                .schema("Odd \"schema\"")
                .pendingTable("queue of 'mine'")
                .versionSequence("Versions");
        ExecutorService installers = Executors.newFixedThreadPool(4);
        List<Future<?>> installed = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            installed.add(installers.submit(() -> {
                schema.install(pool);
                return null;
            }));
        }
        for (Future<?> one : installed) {
            one.get(30, TimeUnit.SECONDS);
        }
        installers.shutdown();
        PostgresServer.execute(pool, "DROP SCHEMA dualwrite CASCADE");
        Authority<String, Sample> renamed = PostgresStore.of(pool, PostgresAuthorityContractTest.mapping())
                .schema(schema)
                .openAuthority(new StoreContext("r", Duration.ZERO));

        VersionedRecord<String, Sample> saved = renamed.save(Sample.of("a", 1));
        renamed.markPending(List.of("a"));
        assertThat(renamed.snapshot(List.of("a")))
                .singleElement()
                .satisfies(r -> assertThat(r.version()).isGreaterThan(saved.version()));
        assertThat(renamed.queue().claim(Lease.of(Duration.ofMinutes(1)), 1)).hasSize(1);
        assertThat(number("SELECT count(*) FROM \"Odd \"\"schema\"\"\".\"queue of 'mine'\""))
                .isEqualTo(1);
    }

    /** Several reconcilers with connections of their own share a queue: nothing twice, nothing left. */
    @Test
    void severalReconcilersShareTheWork() throws Exception {
        List<String> keys = IntStream.range(0, 3000).mapToObj(i -> "k" + i).toList();
        authority.saveAll(keys.stream().map(k -> Sample.of(k, 1)).toList());
        PostgresServer.execute(pool, "UPDATE dualwrite.pending_write SET due_at = now()");
        var follower = io.github.dualwrite.memory.InMemoryStore.<String, Sample>keyedBy(Sample::id);
        ExecutorService drains = Executors.newFixedThreadPool(3);
        List<Future<DrainReport>> reports = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            reports.add(drains.submit(() -> {
                try (TestRepository<String, Sample> test = new TestRepository<>(
                        follower,
                        PostgresStore.of(pool, PostgresAuthorityContractTest.mapping()),
                        Duration.ofSeconds(1))) {
                    return test.repository.reconciler().drain(Duration.ofSeconds(30));
                }
            }));
        }
        long applied = 0;
        long superseded = 0;
        for (Future<DrainReport> report : reports) {
            applied += report.get(60, TimeUnit.SECONDS).applied();
            superseded += report.get().superseded();
        }
        drains.shutdown();
        assertThat(applied).isEqualTo(3000);
        assertThat(superseded).isZero();
        assertThat(new HashSet<>(follower.records().keySet())).isEqualTo(new HashSet<>(keys));
        assertThat(authority.queue().statistics().depth()).isZero();
    }
}
