package io.github.dualwrite.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.ReadYourWrites;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.integration.Pair.Account;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.routing.ReadRoute;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two processes over one PostgreSQL and one DynamoDB. */
@Tag("DW-5")
class FleetTest {

    private static final Duration BOUND = Duration.ofMillis(400);

    @Test
    void aWriteOfAnotherProcessIsReadHereAfterTheBound() throws Exception {
        List<DualWriteEvent> events = new CopyOnWriteArrayList<>();
        try (Pair pair = new Pair();
                DualWriteRepository<String, Account> fleet = pair.repository()
                        .readRoute(ReadRoute.secondary())
                        .backfillComplete(() -> true)
                        .readYourWrites(ReadYourWrites.fleet(BOUND))
                        .listener(new DualWriteListener() {
                            @Override
                            public void onEvent(DualWriteEvent event) {
                                events.add(event);
                            }
                        })
                        .build();
                DualWriteRepository<String, Account> instance = pair.repository()
                        .readRoute(ReadRoute.secondary())
                        .backfillComplete(() -> true)
                        .build()) {
            fleet.save(Account.full("a", 0));
            String database;
            try (Connection connection = pair.pool.getConnection()) {
                database = connection.getCatalog();
            }
            Process process = TestJvm.start(
                    OtherProcess.class,
                    List.of(
                            PostgresServer.shared().host(),
                            Integer.toString(PostgresServer.shared().port()),
                            database,
                            pair.table));
            try (BufferedReader out = new BufferedReader(
                            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                    Writer in = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)) {
                answer(out, "open");
                for (int i = 1; i <= 3; i++) {
                    in.write(i + "\n");
                    in.flush();
                    answer(out, "pending " + i);
                    pass(BOUND);
                    assertThat(fleet.read("a").orElseThrow().big()).isEqualTo(i);
                }
                assertThat(instance.read("a").orElseThrow().big())
                        .as("without the scope fleet the other process is not known")
                        .isZero();
                assertThat(events)
                        .filteredOn(DualWriteEvent.ReadFallback.class::isInstance)
                        .hasSize(3) // the follower has none of the three
                        .allMatch(e -> ((DualWriteEvent.ReadFallback) e).reason() == FallbackReason.PENDING);
            } finally {
                if (!process.waitFor(30, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }

            assertThat(instance.reconciler().drain(Duration.ofSeconds(60)).drained())
                    .isTrue();
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                events.clear();
                assertThat(fleet.read("a").orElseThrow().big()).isEqualTo(3L);
                assertThat(events).as("answered by the follower").isEmpty();
            });
        }
    }

    /** Log lines of the other process may come between. */
    private static void answer(BufferedReader out, String expected) throws java.io.IOException {
        String line = out.readLine();
        while (line != null && !line.equals(expected)) {
            assertThat(line).as("the other process").isNotEqualTo("applied");
            line = out.readLine();
        }
        assertThat(line).as("the other process ended").isNotNull();
    }

    private static void pass(Duration time) {
        long start = System.nanoTime();
        Awaitility.await()
                .atMost(time.plusSeconds(30))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> System.nanoTime() - start > time.toNanos());
    }
}
