package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.PostgresReadRoutes.Change;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.testkit.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.LoggerFactory;

class PostgresReadRoutesTest {

    private static String databaseName;
    private static HikariDataSource database;

    private final List<DualWriteEvent> events = new CopyOnWriteArrayList<>();
    private final PostgresReadRoutes routes = PostgresReadRoutes.of(database);

    @BeforeAll
    static void install() throws SQLException {
        databaseName = PostgresServer.shared().newDatabaseName();
        database = PostgresPool.of(PostgresServer.shared().dataSource(databaseName), 16);
        DualwriteSchema.defaults().install(database);
        DualwriteSchema.defaults().install(database); // may run again
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @BeforeEach
    void clean() {
        sql("TRUNCATE dualwrite.read_route", "TRUNCATE dualwrite.read_route_log");
    }

    private static void sql(String... statements) {
        PostgresServer.execute(database, statements);
    }

    private static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(assertion);
    }

    private DualWriteRepository<String, String> open(ReadRouteSource source, Duration refresh) {
        InMemoryStore<String, String> store = InMemoryStore.keyedBy(value -> value);
        DualWriteRepositoryBuilder<String, String> builder =
                DualWriteRepository.builder("customers", store, InMemoryStore.keyedBy(value -> value));
        return builder.readRouteSource(source)
                .readRouteSettings(ReadRouteSettings.defaults().refresh(refresh))
                .listener(new DualWriteListener() {
                    @Override
                    public void onEvent(DualWriteEvent event) {
                        events.add(event);
                    }
                })
                .build();
    }

    @Test
    void aPersonChangesTheFlagWithPlainSqlAndTheHistorySaysWhoWhenAndWhy() throws Exception {
        sql(
                "INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'primary')",
                "UPDATE dualwrite.read_route SET route = 'secondary 1%', changed_by = 'ann', why = 'first step'",
                "UPDATE dualwrite.read_route SET route = 'secondary 10%'",
                "UPDATE dualwrite.read_route SET route = 'secondary 10%'");
        assertThat(routes.route("customers")).hasToString("secondary 10%");
        sql("DELETE FROM dualwrite.read_route");

        assertThat(routes.history("customers", 10))
                .extracting(Change::oldRoute, Change::newRoute, Change::who, Change::why)
                .containsExactly(
                        tuple("secondary 10%", null, "postgres", null),
                        tuple("secondary 1%", "secondary 10%", "postgres", null),
                        tuple("primary", "secondary 1%", "ann", "first step"),
                        tuple(null, "primary", "postgres", null));
    }

    @Test
    void theHistoryHasWhatHappenedAndNotWhatWasTried() throws Exception {
        sql(
                "INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'primary')",
                "INSERT INTO dualwrite.read_route (repository, route, why) VALUES ('customers', 'secondary', 'no')"
                        + " ON CONFLICT DO NOTHING",
                "INSERT INTO dualwrite.read_route (repository, route, changed_by, why)"
                        + " VALUES ('customers', 'secondary 1%', 'ann', 'upsert') ON CONFLICT (repository)"
                        + " DO UPDATE SET route = EXCLUDED.route, changed_by = EXCLUDED.changed_by, why = EXCLUDED.why",
                "INSERT INTO dualwrite.read_route (repository, route, changed_by, why)"
                        + " VALUES ('orders', 'primary', 'ann', 'upsert of a new one') ON CONFLICT (repository)"
                        + " DO UPDATE SET route = EXCLUDED.route",
                "UPDATE dualwrite.read_route SET changed_by = 'nobody' WHERE repository = 'customers'",
                "UPDATE dualwrite.read_route SET route = 'secondary 2%', why = 'all'",
                "UPDATE dualwrite.read_route SET repository = 'clients', changed_by = 'eve'"
                        + " WHERE repository = 'customers'",
                "UPDATE dualwrite.read_route SET route = 'primary' WHERE repository = 'clients'");

        assertThat(routes.history("customers", 10))
                .extracting(Change::oldRoute, Change::newRoute, Change::who, Change::why)
                .containsExactly(
                        tuple("secondary 2%", null, "eve", null),
                        tuple("secondary 1%", "secondary 2%", "postgres", "all"),
                        tuple("primary", "secondary 1%", "ann", "upsert"),
                        tuple(null, "primary", "postgres", null));
        assertThat(routes.history("orders", 10))
                .extracting(Change::oldRoute, Change::newRoute, Change::who, Change::why)
                .containsExactly(
                        tuple("primary", "secondary 2%", "postgres", "all"),
                        tuple(null, "primary", "ann", "upsert of a new one"));
        assertThat(routes.history("clients", 10))
                .as("neither who nor why of the change before")
                .extracting(Change::oldRoute, Change::newRoute, Change::who, Change::why)
                .containsExactly(
                        tuple("secondary 2%", "primary", "postgres", null), tuple(null, "secondary 2%", "eve", null));
        sql("DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM dualwrite.read_route WHERE changed_by IS NOT NULL"
                + " OR why IS NOT NULL), 'handed over and empty'; END $$");
    }

    @Test
    void whatAnEarlierSnapshotInstalledIsReplaced() throws Exception {
        DataSource own = PostgresServer.shared().newDatabase();
        DualwriteSchema.defaults().install(own);
        PostgresServer.execute(
                own,
                "DROP TRIGGER dualwrite_read_route_log ON dualwrite.read_route",
                "DROP TRIGGER dualwrite_read_route_time ON dualwrite.read_route",
                "CREATE OR REPLACE FUNCTION dualwrite.read_route_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO dualwrite.read_route_log (repository, new_route, changed_at, changed_by)"
                        + " VALUES ('old', NEW.route, now(), 'old'); NEW.why := NULL; RETURN NEW; END $$",
                "CREATE TRIGGER dualwrite_read_route BEFORE INSERT OR UPDATE OR DELETE ON dualwrite.read_route"
                        + " FOR EACH ROW EXECUTE FUNCTION dualwrite.read_route_log()");
        DualwriteSchema.defaults().install(own);
        PostgresReadRoutes installed = PostgresReadRoutes.of(own);

        assertThat(installed.create("customers", ReadRoute.primary(), "bob", "begin"))
                .isTrue();
        assertThat(installed.create("customers", ReadRoute.primary(), "bob", "again"))
                .isFalse();

        assertThat(installed.history("old", 10)).isEmpty();
        assertThat(installed.history("customers", 10))
                .extracting(Change::oldRoute, Change::newRoute, Change::who, Change::why)
                .containsExactly(tuple(null, "primary", "bob", "begin"));
    }

    @Test
    void aDataSourceWithAutoCommitOffIsRefusedAsNothingWouldBeSetBack() throws Exception {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'secondary')");
        PostgresReadRoutes unfit = PostgresReadRoutes.of(new NoAutoCommit(database));

        assertThatThrownBy(() -> unfit.compareAndSet(
                        "customers", ReadRoute.secondary(), ReadRoute.primary(), "step-back", "errors"))
                .hasMessageContaining("auto-commit");
        assertThatThrownBy(() -> unfit.route("customers")).hasMessageContaining("auto-commit");
        assertThatThrownBy(() -> unfit.set("customers", ReadRoute.primary(), "bob", ""))
                .hasMessageContaining("auto-commit");
        assertThat(routes.route("customers")).hasToString("secondary");
    }

    @Test
    void theApiChangesTheFlagWithTheSameHistory() throws Exception {
        assertThat(routes.create("customers", ReadRoute.primary(), "bob", "begin"))
                .isTrue();
        assertThat(routes.create("customers", ReadRoute.secondary(), "bob", "again"))
                .isFalse();
        routes.set("customers", ReadRoute.parse("secondary 25%"), "bob", "ramp");

        assertThat(routes.route("customers")).hasToString("secondary 25%");
        assertThat(routes.history("customers", 10))
                .extracting(Change::oldRoute, Change::newRoute, Change::who, Change::why)
                .containsExactly(
                        tuple("primary", "secondary 25%", "bob", "ramp"), tuple(null, "primary", "bob", "begin"));
        assertThatThrownBy(() -> routes.set("custmers", ReadRoute.secondary(), "bob", "typo"))
                .hasMessageContainingAll("no row for repository 'custmers'", "[customers]", "INSERT INTO");
        ReadRoute inCode = ReadRoute.builder().allowWhen("tenants", key -> true).build();
        assertThatThrownBy(() -> routes.set("customers", inCode, "bob", "predicate"))
                .hasMessageContaining("no text that can be stored");
    }

    @Test
    void theFlagIsOnlySetBackIfItStillHasTheValueThatWasJudged() throws Exception {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', '  SECONDARY   25% ')");
        ReadRoute judged = ReadRoute.parse("secondary 25%");

        assertThat(routes.compareAndSet("customers", ReadRoute.secondary(), ReadRoute.primary(), "step-back", "errors"))
                .isFalse();
        assertThat(routes.compareAndSet("customers", judged, ReadRoute.primary(), "step-back", "errors"))
                .isTrue();
        assertThat(routes.compareAndSet("customers", judged, ReadRoute.primary(), "step-back", "errors"))
                .isFalse();
        assertThat(routes.compareAndSet("nobody", judged, ReadRoute.primary(), "step-back", "errors"))
                .isFalse();
        assertThat(routes.history("customers", 1))
                .extracting(Change::newRoute, Change::who, Change::why)
                .containsExactly(tuple("primary", "step-back", "errors"));
    }

    @Test
    void allInstancesFollowTheTableAndKeepTheLastGoodRouteThroughBadText() {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'secondary 25%')");
        Duration refresh = Duration.ofMillis(50);
        try (DualWriteRepository<String, String> a = open(routes, refresh);
                DualWriteRepository<String, String> b = open(PostgresReadRoutes.of(database), refresh)) {
            for (String route : List.of("secondary 25%", "secondary 50%", "primary shadow 1%")) {
                sql("UPDATE dualwrite.read_route SET route = '" + route + "'");
                eventually(() -> {
                    assertThat(a.readRoute()).hasToString(route);
                    assertThat(b.readRoute()).hasToString(route);
                });
            }
            sql("UPDATE dualwrite.read_route SET route = 'secondary 250%'");
            eventually(() -> assertThat(events)
                    .filteredOn(DualWriteEvent.RouteSourceFailed.class::isInstance)
                    .map(e -> ((DualWriteEvent.RouteSourceFailed) e).error().getMessage())
                    .anyMatch(message -> message.contains("'customers'") && message.contains("250")));
            assertThat(a.readRoute()).hasToString("primary shadow 1%");
        }
    }

    /** A flag table that counts the questions as they begin. */
    private record Counted(PostgresReadRoutes table, AtomicInteger asked) implements ReadRouteSource {
        @Override
        public ReadRoute route(String repository) throws SQLException {
            asked.incrementAndGet();
            return table.route(repository);
        }
    }

    /**
     * The bound is one refresh interval and twice the time of a question: of the questions that begin after the commit the first one
     * sees it, and it is in force on an instance before its next question begins, without any read.
     */
    @Test
    void aChangeIsInForceOnEveryInstanceWithTheFirstQuestionThatBeginsAfterTheCommit() {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'secondary')");
        Counted a = new Counted(routes, new AtomicInteger());
        Counted b = new Counted(PostgresReadRoutes.of(database), new AtomicInteger());
        Counted seldom = new Counted(PostgresReadRoutes.of(database), new AtomicInteger());
        Duration refresh = Duration.ofMillis(20);
        try (DualWriteRepository<String, String> first = open(a, refresh);
                DualWriteRepository<String, String> second = open(b, refresh);
                DualWriteRepository<String, String> late = open(seldom, Duration.ofHours(1))) {
            eventually(() -> assertThat(List.of(first, second, late))
                    .allSatisfy(instance -> assertThat(instance.readRoute()).isEqualTo(ReadRoute.secondary())));
            for (ReadRoute route : List.of(ReadRoute.primary(), ReadRoute.parse("secondary 1%"), ReadRoute.primary())) {
                sql("UPDATE dualwrite.read_route SET route = '" + route + "'");
                int askedByA = a.asked().get();
                int askedByB = b.asked().get();

                // one that was under way at the commit, one that began after it, and the begin of the next
                eventually(() -> assertThat(a.asked()).hasValueGreaterThanOrEqualTo(askedByA + 2));
                assertThat(first.readRoute()).isEqualTo(route);
                eventually(() -> assertThat(b.asked()).hasValueGreaterThanOrEqualTo(askedByB + 2));
                assertThat(second.readRoute()).isEqualTo(route);
            }
            assertThat(seldom.asked()).as("its bound is an hour").hasValue(1);
            assertThat(late.readRoute()).isEqualTo(ReadRoute.secondary());
        }
    }

    @Test
    void aBurstOfNotificationsIsToldOnceAfterThePause() throws Exception {
        AtomicInteger told = new AtomicInteger();
        BlockingQueue<Integer> paused = new LinkedBlockingQueue<>();
        Semaphore goOn = new Semaphore(0);
        try (RouteListener listener = new RouteListener(
                new FlagConnections(database),
                closed -> {
                    paused.add(told.get());
                    goOn.acquire();
                },
                Integer.MAX_VALUE)) {
            Runnable unused = listener.add(told::incrementAndGet);
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
                sql("NOTIFY dualwrite_read_route, 'customers'"); // until it listens
                return paused.peek() != null;
            });
            int before = Objects.requireNonNull(paused.poll());
            assertThat(told).as("it pauses after it has told").hasValue(before);
            for (int i = 0; i < 200; i++) {
                sql("NOTIFY dualwrite_read_route, 'customers'");
            }
            goOn.release();

            assertThat(paused.poll(30, TimeUnit.SECONDS))
                    .as("one telling for the burst")
                    .isEqualTo(before + 1);
            goOn.release(1000);
        }
    }

    @Test
    void aRowThatIsChangedAndThatNobodyHasAskedForIsALine() throws Exception {
        List<ILoggingEvent> lines = linesOf(() -> {
            sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'primary'),"
                    + " ('custmers', 'primary')");
            ReadRoute unused = routes.route("customers");
            sql("UPDATE dualwrite.read_route SET route = 'secondary' WHERE repository = 'customers'");
            unused = routes.route("customers");
            assertThat(linesOf(() -> routes.route("customers"))).isEmpty();

            sql("UPDATE dualwrite.read_route SET route = 'secondary' WHERE repository = 'custmers'");
            unused = routes.route("customers");
            unused = routes.route("customers");
        });
        assertThat(lines).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.INFO);
            assertThat(line.getKeyValuePairs())
                    .hasToString("[event=\"RouteRowUnknown\", repository=\"custmers\", known=\"[customers]\"]");
        });
    }

    @Test
    void aRowThatIsAddedAndThatNobodyHasAskedForIsALine() throws Exception {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'primary'), ('other',"
                + " 'primary')");
        assertThat(linesOf(() -> routes.route("customers")))
                .as("what was there before is another application's")
                .isEmpty();

        List<ILoggingEvent> lines = linesOf(() -> {
            sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('custmers', 'secondary')");
            ReadRoute unused = routes.route("customers");
            unused = routes.route("customers");
        });

        assertThat(lines)
                .singleElement()
                .satisfies(line -> assertThat(line.getKeyValuePairs())
                        .hasToString("[event=\"RouteRowUnknown\", repository=\"custmers\", known=\"[customers]\"]"));
        assertThat(routes.route("customers")).isEqualTo(ReadRoute.primary());
    }

    private static List<ILoggingEvent> linesOf(Work work) throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(PostgresReadRoutes.class);
        ListAppender<ILoggingEvent> seen = new ListAppender<>();
        seen.start();
        logger.addAppender(seen);
        try {
            work.run();
        } finally {
            logger.detachAppender(seen);
        }
        return seen.list;
    }

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    @Test
    void textThatIsFarFromARouteIsRefusedByTheTable() {
        assertThatThrownBy(() -> sql(
                        "INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'secondry 25%')"))
                .hasMessageContaining("read_route_route_check");
        assertThatThrownBy(() -> sql("INSERT INTO dualwrite.read_route (repository, route) VALUES (' ', 'primary')"))
                .hasMessageContaining("read_route_repository_check");
    }

    @Test
    void aMissingRowAndAMissingTableSayWhatToRun() {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('custmers', 'secondary')");
        assertThatThrownBy(() -> routes.route("customers"))
                .hasMessageContainingAll(
                        "no row for repository 'customers'",
                        "[custmers]",
                        "INSERT INTO \"dualwrite\".\"read_route\" (repository, route) VALUES ('customers', 'primary')");
        assertThatThrownBy(() -> PostgresReadRoutes.of(
                                database, DualwriteSchema.defaults().readRouteTable("elsewhere"))
                        .route("customers"))
                .hasMessageContainingAll("elsewhere", "install");
    }

    @Test
    void listeningMakesAChangeKnownWithoutWaitingForThePollAlsoAfterTheConnectionWasLost() {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'primary')");
        try (PostgresReadRoutes listening = routes.listening();
                DualWriteRepository<String, String> repository = open(listening, Duration.ofHours(1))) {
            eventually(() -> {
                sql("UPDATE dualwrite.read_route SET route = 'secondary 1%'");
                assertThat(repository.readRoute()).hasToString("secondary 1%");
            });

            sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND query LIKE 'LISTEN%'",
                    "UPDATE dualwrite.read_route SET route = 'secondary 2%'");
            eventually(() -> assertThat(repository.readRoute()).hasToString("secondary 2%"));
        }
    }

    private static TcpProxy proxy() {
        return TcpProxy.of(
                PostgresServer.shared().host(), PostgresServer.shared().port());
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aServerThatHasGoneSilentIsGivenUpAndAConnectionIsGivenBackAsItWas() throws Exception {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'secondary 1%')");
        try (TcpProxy proxy = proxy();
                Connection connection = PostgresServer.dataSource(
                                databaseName, "localhost", proxy.address().getPort())
                        .getConnection()) {
            PostgresReadRoutes throughProxy = new PostgresReadRoutes(
                    new FlagConnections(new SingleConnection(connection), Duration.ofMillis(200)),
                    DualwriteSchema.defaults(),
                    false);
            assertThat(throughProxy.route("customers")).hasToString("secondary 1%");
            assertThat(connection.getNetworkTimeout()).isZero();

            proxy.stall();
            assertThatThrownBy(() -> throughProxy.route("customers")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void aConnectionThatDiesInSilenceIsNoticedAndListeningBeginsAnew() throws Exception {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger told = new AtomicInteger();
        try (TcpProxy proxy = proxy()) {
            PGSimpleDataSource counted = new PGSimpleDataSource() {
                private static final long serialVersionUID = 1L;

                @Override
                public Connection getConnection() throws SQLException {
                    opened.incrementAndGet();
                    return super.getConnection();
                }
            };
            counted.setUrl(PostgresServer.dataSource(
                            databaseName, "localhost", proxy.address().getPort())
                    .getURL());
            counted.setUser("postgres");
            try (RouteListener listener =
                    new RouteListener(new FlagConnections(counted, Duration.ofMillis(200)), closed -> {}, 1)) {
                Runnable unused = listener.add(told::incrementAndGet);
                eventually(() -> {
                    sql("NOTIFY dualwrite_read_route, 'customers'"); // until it listens
                    assertThat(told).hasPositiveValue();
                });

                proxy.stall();
                eventually(() -> assertThat(opened).hasValue(2));
                int before = told.get();
                proxy.mend();
                eventually(() -> assertThat(told).hasValueGreaterThan(before));
            }
        }
    }

    @Test
    void aChangeIsToldAndNobodyIsToldAfterTheEnd() throws Exception {
        sql("INSERT INTO dualwrite.read_route (repository, route) VALUES ('customers', 'primary')");
        CountDownLatch told = new CountDownLatch(1);
        try (PostgresReadRoutes listening = routes.listening()) {
            Runnable end = listening.onChange(told::countDown);
            eventually(() -> {
                sql("UPDATE dualwrite.read_route SET why = 'look again'");
                assertThat(told.await(1, TimeUnit.SECONDS)).isTrue();
            });
            end.run();
        }
        assertThat(routes.onChange(told::countDown)).isNotNull();
    }
}
