package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.PostgresReadRoutes.Change;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresReadRoutesTest {

    private static DataSource database;

    private final List<DualWriteEvent> events = new CopyOnWriteArrayList<>();
    private final PostgresReadRoutes routes = PostgresReadRoutes.of(database);

    @BeforeAll
    static void install() throws SQLException {
        database = PostgresServer.shared().newDatabase();
        DualwriteSchema.defaults().install(database);
        DualwriteSchema.defaults().install(database); // may run again
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
    void theApiChangesTheFlagWithTheSameHistory() throws Exception {
        assertThat(routes.create("customers", ReadRoute.primary(), "bob", "begin"))
                .isTrue();
        assertThat(routes.create("customers", ReadRoute.secondary(), "bob", "again"))
                .isFalse();
        routes.set("customers", ReadRoute.parse("secondary 25%"), "bob", "ramp");

        assertThat(routes.route("customers")).hasToString("secondary 25%");
        assertThat(routes.history("customers", 1))
                .extracting(Change::newRoute, Change::who, Change::why)
                .containsExactly(tuple("secondary 25%", "bob", "ramp"));
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
