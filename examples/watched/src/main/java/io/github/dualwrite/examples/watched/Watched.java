package io.github.dualwrite.examples.watched;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.health.HealthProblem;
import io.github.dualwrite.health.HealthReport;
import io.github.dualwrite.health.HealthSettings;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.metrics.DualWriteMetrics;
import io.github.dualwrite.metrics.DualWriteObservations;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.spi.StoreContext;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/**
 * What does a repository look like from outside? A migration in memory with an outage and a record that the secondary rejects; prints
 * the health at each step, and at the end what Prometheus would scrape.
 *
 * <p>{@code --serve PORT SECONDS} offers {@code /metrics}, {@code /ready} and {@code /health} on the loopback interface for so long
 * at the end; without it nothing is served.
 */
public final class Watched {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int ORDERS = 200;

    private final PrintStream out;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final LongAdder observed = new LongAdder();

    Watched(PrintStream out) {
        this.out = out;
    }

    /** The registry, for who wants to look at more than what was printed. */
    PrometheusMeterRegistry registry() {
        return registry;
    }

    public static void main(String[] args) throws Exception {
        boolean serve = args.length == 3 && args[0].equals("--serve");
        if (args.length > 0 && !serve) {
            System.err.println("usage: Watched [--serve PORT SECONDS]");
            System.exit(2);
        }
        new Watched(System.out)
                .run(serve ? Integer.parseInt(args[1]) : -1, Duration.ofSeconds(serve ? Long.parseLong(args[2]) : 0));
    }

    /**
     * Runs it all.
     *
     * @param port where to serve at the end; below 0 for nowhere
     */
    void run(int port, Duration serveFor) throws Exception {
        InMemoryStore<Long, Order> primary = InMemoryStore.keyedBy(Order::id);
        UnsteadyFollower secondary = new UnsteadyFollower(InMemoryStore.keyedBy(Order::id));
        ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.primary());
        for (long id = 0; id < ORDERS; id++) { // what was there before dual writes began
            primary.openAuthority(new StoreContext("before", Duration.ZERO)).save(new Order(id, "lamp", 1));
        }
        try (DualWriteRepository<Long, Order> orders = DualWriteRepository.builder("orders", primary, secondary)
                .readRouteSource(flag)
                .secondaryTimeout(Duration.ofMillis(200))
                .grace(Duration.ofMillis(250))
                .circuitBreakerConfig(CircuitBreakerConfig.custom()
                        .slidingWindowSize(50)
                        .minimumNumberOfCalls(10)
                        .waitDurationInOpenState(Duration.ofMillis(500))
                        .writableStackTraceEnabled(false)
                        .build())
                .reconcilerSettings(ReconcilerSettings.builder()
                        .pollInterval(Duration.ofMillis(50))
                        .build())
                .healthSettings(HealthSettings.defaults().sampleInterval(Duration.ofMillis(50)))
                .listener(new DualWriteObservations(observations()))
                .build()) {
            DualWriteMetrics.builder(orders).percentileHistogram(true).build().bindTo(registry);
            story(orders, secondary, flag);
            out.println();
            out.println("# what Prometheus would scrape, without the buckets of histograms");
            registry.scrape()
                    .lines()
                    .filter(line -> line.contains("dualwrite_") && !line.contains("_bucket{"))
                    .forEach(out::println);
            if (port >= 0) {
                serve(port, serveFor, orders);
            }
            orders.reconciler().drain(Duration.ofSeconds(10)); // the last write may just be on its way
            out.println("RESULT observations=" + observed.sum() + " "
                    + orders.reconciler().statistics());
        }
    }

    private void story(DualWriteRepository<Long, Order> orders, UnsteadyFollower secondary, ReadRouteSwitch flag)
            throws Exception {
        show("dual writes are on", until(orders, HealthReport::safe));
        orders.backfill().run();
        out.println("old orders are copied, and both stores are "
                + orders.verification().run().state());
        flag.set(ReadRoute.parse("secondary 50% shadow 10%"));
        traffic(orders);
        show("reads go to the secondary", until(orders, HealthReport::safe));

        secondary.down(true);
        traffic(orders);
        show("the secondary is down", until(orders, health -> health.has(HealthProblem.BREAKER_OPEN)));

        secondary.down(false);
        show("the secondary is back", until(orders, HealthReport::safe));

        orders.save(new Order(1, "nothing", 0));
        show("an order is rejected for good", until(orders, health -> health.has(HealthProblem.PARKED)));
        orders.save(new Order(1, "lamp", 2));
        show("it was written again", until(orders, HealthReport::safe));
    }

    private static void traffic(DualWriteRepository<Long, Order> orders) {
        for (long id = 0; id < ORDERS; id++) {
            orders.save(new Order(id, "chair", 1 + (int) id % 7));
            orders.read(id);
        }
    }

    private void show(String step, HealthReport health) {
        out.println(step + " -> " + health);
    }

    /** Asks as a readiness probe would, until the health is as expected. */
    private static HealthReport until(DualWriteRepository<?, ?> orders, Predicate<HealthReport> expected)
            throws InterruptedException, TimeoutException {
        Instant end = Instant.now().plus(PATIENCE);
        while (Instant.now().isBefore(end)) {
            HealthReport health = orders.health();
            if (expected.test(health)) {
                return health;
            }
            Thread.sleep(20);
        }
        throw new TimeoutException("not as expected after " + PATIENCE + ": " + orders.health());
    }

    private void serve(int port, Duration serveFor, DualWriteRepository<?, ?> orders) throws Exception {
        try (Endpoints endpoints = new Endpoints(port, registry, orders)) {
            out.println("serving /metrics, /ready and /health on 127.0.0.1:" + endpoints.port() + " for " + serveFor);
            Thread.sleep(serveFor.toMillis());
        }
    }

    /** Counts observations; with a handler of micrometer-tracing each would be a span. */
    private ObservationRegistry observations() {
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                observed.increment();
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        return observations;
    }
}
