package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.fake.Tasks;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How a query is answered, as {@link ReadTruthTableTest} for reads by key. A difference counts at the second look, after which both
 * sides are asked once more.
 */
@Tag("DW-4")
class QueryTruthTableTest {

    private final Rig rig = new Rig();
    private final Tasks tasks = new Tasks();
    private final Queue<String> calls = new ConcurrentLinkedQueue<>();
    private volatile boolean shadowing;

    @AfterEach
    void close() {
        rig.close();
    }

    @ParameterizedTest(name = "{0}, follower {1}: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            # route                           | follower       | answer  | called      | events
            primary                           | healthy        | primary | A           |
            primary                           | failing        | primary | A           |
            primary                           | different      | primary | A           |
            primary shadow 100%               | healthy        | primary | A f         | compared EQUAL
            primary shadow 100%               | slow           | primary | A f         | shadow failed FOLLOWER
            primary shadow 100%               | failing        | primary | A f         | shadow failed FOLLOWER
            primary shadow 100%               | breaker open   | primary | A           | shed BREAKER_OPEN
            primary shadow 100%               | not copied yet | primary | A f         | compared LAGGING
            primary shadow 100%               | different      | primary | A f a f f a f | compared DIFFERENT; mismatch DIFFERENT
            primary shadow 100%               | pending        | primary | A f a f     | compared LAGGING
            secondary                         | healthy        | primary | F           |
            secondary                         | slow           | primary | F A         | fallback TIMEOUT
            secondary                         | failing        | primary | F A         | fallback FAILED
            secondary                         | breaker open   | primary | A           | fallback BREAKER_OPEN
            secondary                         | executor full  | primary | A           | fallback EXECUTOR_FULL
            secondary                         | not copied yet | primary | A           | fallback MISS_BEFORE_BACKFILL
            secondary                         | different      | other   | F           |
            secondary                         | pending        | other   | F           |
            secondary                         | waiting        | primary | A           | fallback PENDING
            secondary shadow 100%             | healthy        | primary | F a         | compared EQUAL
            secondary shadow 100%             | failing        | primary | F A         | fallback FAILED
            secondary shadow 100%             | different      | other   | F a a f f a f | compared DIFFERENT; mismatch DIFFERENT
            secondary shadow 100%             | waiting        | primary | A           | fallback PENDING
            secondary no-fallback             | healthy        | primary | F           |
            secondary no-fallback             | slow           | error   | F           | follower failed TIMEOUT
            secondary no-fallback             | failing        | error   | F           | follower failed FAILED
            secondary no-fallback             | breaker open   | error   |             | follower failed BREAKER_OPEN
            secondary no-fallback             | executor full  | error   |             | follower failed EXECUTOR_FULL
            secondary no-fallback             | not copied yet | primary | A           | fallback MISS_BEFORE_BACKFILL
            secondary no-fallback             | waiting        | primary | A           | fallback PENDING
            primary allow q                   | different      | other   | F           |
            secondary deny q                  | different      | primary | A           |
            """)
    void answers(String route, String condition, String answer, @Nullable String called, @Nullable String events) {
        Duration patience = condition.equals("slow") ? Duration.ofMillis(100) : Duration.ofSeconds(20);
        DualWriteRepositoryBuilder<String, Sample> builder = rig.builder()
                .readRoute(ReadRoute.parse(route))
                .secondaryReadTimeout(patience)
                .circuitBreakerConfig(
                        condition.equals("breaker open") ? opensAtOnce() : CircuitBreakerConfig.ofDefaults())
                .backfillComplete(() -> !condition.equals("not copied yet"))
                .shadowSettings(ShadowSettings.builder()
                        .timeout(patience)
                        .rechecks(1)
                        .recheckDelay(Duration.ofMillis(1))
                        .executor(tasks)
                        .build());
        if (condition.equals("executor full")) {
            builder.queryExecutor(task -> {
                throw new RejectedExecutionException("full");
            });
        }
        DualWriteRepository<String, Sample> repository = rig.open(builder);
        if (condition.equals("pending") || condition.equals("waiting")) {
            rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
            repository.save(Sample.of("x", 1));
        }
        if (condition.equals("breaker open")) {
            ask(repository, query("failing"));
            runShadows();
        }
        calls.clear();
        rig.events.forget();
        Query<String> query = query(condition);

        assertThat(ask(repository, condition.equals("waiting") ? query.authorityWhilePending() : query))
                .isEqualTo(answer);

        // all that was offered has run before it is looked at; only another look is still to come
        eventually(() -> {
            runShadows();
            assertThat(happened()).isEqualTo(events == null ? "" : events);
        });
        assertThat(String.join(" ", calls)).isEqualTo(called == null ? "" : called);
    }

    private void runShadows() {
        shadowing = true;
        tasks.run();
        shadowing = false;
    }

    private static String ask(DualWriteRepository<String, Sample> repository, Query<String> query) {
        try {
            return repository.query(query);
        } catch (TransientStoreException e) {
            return "error";
        }
    }

    private Query<String> query(String condition) {
        return Query.ofAsync(
                "table",
                "q",
                () -> {
                    calls.add(shadowing ? "a" : "A");
                    return "primary";
                },
                () -> {
                    calls.add(shadowing ? "f" : "F");
                    return switch (condition) {
                        case "slow" -> new CompletableFuture<>();
                        case "failing" -> CompletableFuture.failedFuture(new IllegalStateException("down"));
                        case "different", "not copied yet", "pending" -> CompletableFuture.completedFuture("other");
                        default -> CompletableFuture.completedFuture("primary");
                    };
                });
    }

    private static CircuitBreakerConfig opensAtOnce() {
        return CircuitBreakerConfig.custom()
                .slidingWindowSize(1)
                .minimumNumberOfCalls(1)
                .waitDurationInOpenState(Duration.ofHours(1))
                .build();
    }

    private String happened() {
        return rig.events.of(DualWriteEvent.class).stream()
                .map(QueryTruthTableTest::said)
                .filter(said -> !said.isEmpty())
                .collect(Collectors.joining("; "));
    }

    private static String said(DualWriteEvent event) {
        if (event instanceof DualWriteEvent.QueryFallback e) {
            return "fallback " + e.reason();
        }
        if (event instanceof DualWriteEvent.FollowerReadFailed e) {
            return "follower failed " + e.reason();
        }
        if (event instanceof DualWriteEvent.ShadowCompared e) {
            return "compared " + e.result();
        }
        if (event instanceof DualWriteEvent.ShadowMismatch e) {
            return "mismatch " + e.result();
        }
        if (event instanceof DualWriteEvent.ShadowFailed e) {
            return "shadow failed " + e.step();
        }
        if (event instanceof DualWriteEvent.ShadowShed e) {
            return "shed " + e.reason();
        }
        return event instanceof DualWriteEvent.BreakerChanged ? "" : event.toString();
    }
}
