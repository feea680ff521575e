package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which store answers a read of a composite key when it is routed by its tenant. This table is the behaviour. */
class RoutingKeyTest {

    private record OrderId(String tenant, int number) {}

    private record Order(OrderId id, String from) {}

    private static final Map<OrderId, Object> NOTHING = Map.of();

    private final InMemoryStore<OrderId, Order> primary = InMemoryStore.keyedBy(Order::id);
    private final InMemoryStore<OrderId, Order> secondary = InMemoryStore.keyedBy(Order::id);
    private final Recorder events = new Recorder();
    private final List<DualWriteRepository<OrderId, Order>> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(DualWriteRepository::close);
    }

    private DualWriteRepository<OrderId, Order> open(ReadRouteSource source, Function<OrderId, Object> routingKey) {
        DualWriteRepository<OrderId, Order> repository = DualWriteRepository.builder("orders", primary, secondary)
                .readRouteSource(source)
                .routingKey(routingKey)
                .reconcileInBackground(false)
                .listener(events)
                .build();
        opened.add(repository);
        return repository;
    }

    @ParameterizedTest(name = "{0}, routed by {1}: {2}/42 from the {3}")
    @CsvSource(delimiter = '|', textBlock = """
            # route                            | routed by | tenant | answers
            primary allow acme                 | tenant    | acme   | secondary
            primary allow acme                 | tenant    | other  | primary
            primary allow acme                 | key       | acme   | primary
            primary allow acme/42              | key       | acme   | secondary
            primary allow acme/42              | tenant    | acme   | primary
            secondary deny acme                | tenant    | acme   | primary
            secondary deny acme                | tenant    | other  | secondary
            secondary deny acme                | key       | acme   | secondary
            secondary                          | tenant    | acme   | secondary
            secondary                          | throws    | acme   | primary
            secondary                          | null      | acme   | primary
            primary                            | throws    | acme   | primary
            """)
    void listsGoByTheRoutingKey(String route, String routedBy, String tenant, String answers) {
        Map<String, Function<OrderId, Object>> functions = Map.of(
                "tenant",
                OrderId::tenant,
                "key",
                id -> id,
                "throws",
                id -> {
                    throw new IllegalStateException("no tenant");
                },
                "null",
                id -> NOTHING.get(id));
        OrderId id = new OrderId(tenant, 42);
        DualWriteRepository<OrderId, Order> repository =
                open(ReadRouteSource.fixed(ReadRoute.parse(route)), Objects.requireNonNull(functions.get(routedBy)));
        stored(id);

        assertThat(repository.read(id)).contains(new Order(id, answers));
        assertThat(repository.readAll(List.of(id))).containsEntry(id, new Order(id, answers));
        boolean undecided = List.of("throws", "null").contains(routedBy) && !route.equals("primary");
        assertThat(events.of(DualWriteEvent.RouteUndecided.class)).hasSize(undecided ? 2 : 0);
    }

    @Test
    void aPercentageIsOneOfTheTenantsAndAllRecordsOfATenantMoveTogether() {
        DualWriteRepository<OrderId, Order> repository =
                open(ReadRouteSource.fixed(ReadRoute.parse("secondary 50%")), OrderId::tenant);
        Set<String> answers = new HashSet<>();
        for (String tenant : List.of("a", "b", "c", "d", "e", "f", "g", "h")) {
            Set<String> ofTenant = new HashSet<>();
            for (int number = 0; number < 10; number++) {
                OrderId id = new OrderId(tenant, number);
                stored(id);
                ofTenant.add(repository.read(id).orElseThrow().from());
            }
            assertThat(ofTenant).as(tenant).hasSize(1);
            answers.addAll(ofTenant);
        }
        assertThat(answers).containsExactlyInAnyOrder("primary", "secondary");
    }

    /** Which of many tenants a repository reads from the secondary at 50 %. */
    private Set<String> onSecondary(String name, UnaryOperator<DualWriteRepositoryBuilder<OrderId, Order>> group) {
        try (DualWriteRepository<OrderId, Order> repository = group.apply(
                        DualWriteRepository.builder(name, primary, secondary)
                                .readRoute(ReadRoute.parse("secondary 50%"))
                                .routingKey(OrderId::tenant)
                                .reconcileInBackground(false))
                .build()) {
            return IntStream.range(0, 40)
                    .mapToObj(i -> "tenant " + i)
                    .filter(tenant -> repository
                            .read(new OrderId(tenant, 1))
                            .orElseThrow()
                            .from()
                            .equals("secondary"))
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void repositoriesOfOneGroupMoveTheSameTenantsAtOnePercentage() {
        IntStream.range(0, 40).forEach(i -> stored(new OrderId("tenant " + i, 1)));

        Set<String> ofOrders = onSecondary("orders", builder -> builder.routingGroup("shop"));
        Set<String> ofCustomers = onSecondary("customers", builder -> builder.routingGroup("shop"));
        assertThat(ofOrders).isEqualTo(ofCustomers).hasSizeBetween(8, 32);

        assertThat(onSecondary("orders", builder -> builder))
                .as("without a group each has its own")
                .isNotEqualTo(onSecondary("customers", builder -> builder))
                .isEqualTo(onSecondary("else", builder -> builder.routingGroup("orders")));
    }

    /** Queries bring the same routing key and belong to the same group. */
    @Test
    void queriesGoByTheGroupToo() {
        IntStream.range(0, 40).forEach(i -> stored(new OrderId("tenant " + i, 1)));
        Set<String> byKey = onSecondary("customers", builder -> builder.routingGroup("shop"));
        try (DualWriteRepository<OrderId, Order> repository = DualWriteRepository.builder("orders", primary, secondary)
                .readRoute(ReadRoute.parse("secondary 50%"))
                .routingGroup("shop")
                .backfillComplete(() -> true)
                .reconcileInBackground(false)
                .build()) {
            Set<String> byQuery = IntStream.range(0, 40)
                    .mapToObj(i -> "tenant " + i)
                    .filter(tenant -> repository
                            .query(Query.of("which", tenant, () -> "primary", () -> "secondary"))
                            .equals("secondary"))
                    .collect(Collectors.toSet());
            assertThat(byQuery).isEqualTo(byKey);
        }
    }

    @Test
    void aFlagThatIsEvaluatedForEachKeySeesTheTenant() {
        Set<Object> asked = ConcurrentHashMap.newKeySet();
        DualWriteRepository<OrderId, Order> repository = open(
                new ReadRouteSource() {
                    @Override
                    public ReadRoute route(String name) {
                        return ReadRoute.primary();
                    }

                    @Override
                    public ReadRoute route(String name, Object key) {
                        asked.add(key);
                        return key.equals("acme") ? ReadRoute.secondary() : ReadRoute.primary();
                    }

                    @Override
                    public boolean perKey() {
                        return true;
                    }
                },
                OrderId::tenant);
        OrderId id = new OrderId("acme", 1);
        stored(id);

        eventually(() -> assertThat(repository.read(id)).contains(new Order(id, "secondary")));
        assertThat(asked).containsExactly("acme");
    }

    /** Puts a record into each store that says which it is. */
    private void stored(OrderId id) {
        store(primary, new Order(id, "primary"));
        store(secondary, new Order(id, "secondary"));
    }

    private static void store(InMemoryStore<OrderId, Order> store, Order order) {
        try (DualWriteRepository<OrderId, Order> alone = DualWriteRepository.builder(
                        "alone", store, InMemoryStore.<OrderId, Order>keyedBy(Order::id))
                .reconcileInBackground(false)
                .build()) {
            alone.save(order);
        }
    }
}
