package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.fake.Tasks;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How a read is answered, for every route and every condition of the follower. This table is the behaviour.
 *
 * <p><b>answer</b>: {@code record} is what the authority has, {@code other} what only the follower has, {@code none} an empty
 * answer, {@code error} a {@link TransientStoreException} with the cause.
 *
 * <p><b>called</b>: {@code A} the authority and {@code F} the follower by the caller's thread, in this order; {@code a} and
 * {@code f} by shadow reads, after the caller has its answer. Shadow reads run when the test says so, so that one too many shows.
 *
 * <p>The primary is the authority, the secondary the follower. {@code readAll} of one key follows the same table.
 */
@Tag("DW-4")
@Tag("DW-5")
class ReadTruthTableTest {

    private final Rig rig = new Rig();
    private final Queue<String> calls = new ConcurrentLinkedQueue<>();
    private final Tasks tasks = new Tasks();
    private volatile boolean shadowing;
    private String key = "a";
    private final Bulkhead bulkhead = Bulkhead.of(
            "one",
            BulkheadConfig.custom()
                    .maxConcurrentCalls(2) // one that hangs may be under way still
                    .maxWaitDuration(Duration.ZERO)
                    .build());

    private Sample record() {
        return Sample.of(key, 1);
    }

    private Sample other() {
        return new Sample(key, "other", 1);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @ParameterizedTest(name = "{0}, follower {1}: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            # route                 | follower       | answer | called  | events
            primary                 | healthy        | record | A       |
            primary                 | slow           | record | A       |
            primary                 | failing        | record | A       |
            primary                 | breaker open   | record | A       |
            primary                 | key pending    | record | A       |
            primary                 | missing        | record | A       |
            primary                 | not copied yet | record | A       |
            primary                 | extra          | none   | A       |
            primary                 | different      | record | A       |

            primary shadow 100%     | healthy        | record | A f     | compared EQUAL
            primary shadow 100%     | slow           | record | A f     | shadow failed FOLLOWER
            primary shadow 100%     | failing        | record | A f     | shadow failed FOLLOWER
            primary shadow 100%     | breaker open   | record | A       | shed BREAKER_OPEN
            primary shadow 100%     | key pending    | record | A f     | compared LAGGING
            primary shadow 100%     | missing        | record | A f f a f | compared MISSING; mismatch MISSING
            primary shadow 100%     | not copied yet | record | A f     | compared LAGGING
            primary shadow 100%     | extra          | none   | A f f a f | compared EXTRA; mismatch EXTRA
            primary shadow 100%     | different      | record | A f f a f | compared DIFFERENT [text]; mismatch DIFFERENT [text]

            secondary               | healthy        | record | F       |
            secondary               | slow           | record | F A     | fallback TIMEOUT
            secondary               | failing        | record | F A     | fallback FAILED
            secondary               | breaker open   | record | A       | fallback BREAKER_OPEN
            secondary               | key pending    | record | A       | fallback PENDING
            secondary               | missing        | none   | F       |
            secondary               | not copied yet | record | F A     | fallback MISS_BEFORE_BACKFILL
            secondary               | extra          | other  | F       |
            secondary               | different      | other  | F       |

            secondary shadow 100%   | healthy        | record | F a     | compared EQUAL
            secondary shadow 100%   | slow           | record | F A     | fallback TIMEOUT
            secondary shadow 100%   | failing        | record | F A     | fallback FAILED
            secondary shadow 100%   | breaker open   | record | A       | fallback BREAKER_OPEN
            secondary shadow 100%   | key pending    | record | A       | fallback PENDING
            secondary shadow 100%   | missing        | none   | F a f a f | compared MISSING; mismatch MISSING
            secondary shadow 100%   | not copied yet | record | F A     | fallback MISS_BEFORE_BACKFILL
            secondary shadow 100%   | extra          | other  | F a f a f | compared EXTRA; mismatch EXTRA
            secondary shadow 100%   | different      | other  | F a f a f | compared DIFFERENT [text]; mismatch DIFFERENT [text]

            secondary no-fallback   | healthy        | record | F       |
            secondary no-fallback   | slow           | error  | F       | follower failed TIMEOUT
            secondary no-fallback   | failing        | error  | F       | follower failed FAILED
            secondary no-fallback   | breaker open   | error  |         | follower failed BREAKER_OPEN
            secondary no-fallback   | key pending    | record | A       | fallback PENDING
            secondary no-fallback   | missing        | none   | F       |
            secondary no-fallback   | not copied yet | record | F A     | fallback MISS_BEFORE_BACKFILL
            secondary no-fallback   | extra          | other  | F       |
            secondary no-fallback   | different      | other  | F       |

            secondary no-fallback shadow 100% | healthy        | record | F a     | compared EQUAL
            secondary no-fallback shadow 100% | slow           | error  | F       | follower failed TIMEOUT
            secondary no-fallback shadow 100% | failing        | error  | F       | follower failed FAILED
            secondary no-fallback shadow 100% | breaker open   | error  |         | follower failed BREAKER_OPEN
            secondary no-fallback shadow 100% | key pending    | record | A       | fallback PENDING
            secondary no-fallback shadow 100% | missing        | none   | F a f a f | compared MISSING; mismatch MISSING
            secondary no-fallback shadow 100% | not copied yet | record | F A     | fallback MISS_BEFORE_BACKFILL
            secondary no-fallback shadow 100% | extra          | other  | F a f a f | compared EXTRA; mismatch EXTRA
            secondary no-fallback shadow 100% | different      | other  | F a f a f | compared DIFFERENT [text]; mismatch DIFFERENT [text]

            secondary               | bulkhead full  | record | A       | fallback BULKHEAD_FULL
            secondary no-fallback   | bulkhead full  | error  |         | follower failed BULKHEAD_FULL
            primary shadow 100%     | bulkhead full  | record | A f     | compared EQUAL
            primary shadow 100%     | executor full  | record | A       | shed EXECUTOR_FULL
            secondary shadow 100%   | executor full  | record | F       | shed EXECUTOR_FULL
            primary                 | interrupted    | record | A       |
            secondary               | interrupted    | record | A       | fallback INTERRUPTED
            secondary no-fallback   | interrupted    | error  |         | follower failed INTERRUPTED

            secondary 25%, key in   | different      | other  | F       |
            secondary 25%, key in   | failing        | record | F A     | fallback FAILED
            secondary 25%, key out  | different      | record | A       |
            secondary 25%, key out  | failing        | record | A       |
            a predicate that holds  | different      | other  | F       |
            a predicate that does not | different    | record | A       |
            a predicate that throws | different      | record | A       | undecided

            primary allow a         | different      | other  | F       |
            primary allow b         | different      | record | A       |
            secondary deny a        | different      | record | A       |
            secondary allow a deny a| different      | record | A       |
            secondary 0%            | different      | record | A       |
            secondary 100%          | different      | other  | F       |
            """)
    void answers(String route, String condition, String answer, @Nullable String called, @Nullable String events) {
        DualWriteRepository<String, Sample> repository = given(condition, route(route));

        assertThat(interrupted(condition, () -> read(repository))).isEqualTo(answer);
        runShadows();
        assertThat(happened()).isEqualTo(events == null ? "" : events);
        assertThat(String.join(" ", calls)).isEqualTo(called == null ? "" : called);

        calls.clear();
        rig.events.forget();
        assertThat(interrupted(condition, () -> readAll(repository))).isEqualTo(answer);
        runShadows();
        assertThat(happened()).isEqualTo(onceMore(events));
        assertThat(String.join(" ", calls)).isEqualTo(called == null ? "" : called);
    }

    /** Nothing runs by itself: when this is over, every shadow read has been made that was going to be. */
    private void runShadows() {
        shadowing = true;
        tasks.run();
        shadowing = false;
    }

    private static String interrupted(String condition, Supplier<String> read) {
        if (!condition.equals("interrupted")) {
            return read.get();
        }
        Thread.currentThread().interrupt();
        try {
            return read.get();
        } finally {
            assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
        }
    }

    private ReadRoute route(String text) {
        if (text.startsWith("a predicate")) {
            return ReadRoute.builder()
                    .allowWhen("predicate", asked -> {
                        if (text.endsWith("throws")) {
                            throw new IllegalStateException("predicate");
                        }
                        return text.endsWith("holds");
                    })
                    .build();
        }
        ReadRoute route = ReadRoute.parse(text.replaceAll(", key.*", ""));
        if (text.contains(", key")) {
            boolean in = text.endsWith("in");
            key = IntStream.range(0, 1000)
                    .mapToObj(i -> "key-" + i)
                    .filter(k -> route.readsSecondary(Rig.NAME, k) == in)
                    .findFirst()
                    .orElseThrow();
        }
        return route;
    }

    /** A mismatch of the same kind is counted again, but not sampled again at once. */
    private static String onceMore(@Nullable String events) {
        return events == null ? "" : events.replaceAll("; mismatch.*", "");
    }

    private String read(DualWriteRepository<String, Sample> repository) {
        try {
            return repository.read(key).map(this::said).orElse("none");
        } catch (TransientStoreException e) {
            assertThat(e).hasCauseInstanceOf(Exception.class).hasMessageContaining("no-fallback");
            return "error";
        }
    }

    private String readAll(DualWriteRepository<String, Sample> repository) {
        try {
            Map<String, Sample> answer = repository.readAll(List.of(key));
            return answer.isEmpty() ? "none" : said(answer.get(key));
        } catch (TransientStoreException e) {
            return "error";
        }
    }

    private String said(@Nullable Sample sample) {
        return record().equals(sample) ? "record" : "other";
    }

    private DualWriteRepository<String, Sample> given(String condition, ReadRoute route) {
        Duration patience = condition.equals("slow") ? Duration.ofMillis(100) : Duration.ofSeconds(20);
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(WatchedAuthority.of(rig.primary, () -> calls.add(shadowing ? "a" : "A")))
                        .readRoute(route)
                        .secondaryReadTimeout(patience)
                        .readBulkhead(bulkhead)
                        .secondaryTimeout(Duration.ofSeconds(20))
                        .grace(Duration.ofSeconds(30))
                        .circuitBreakerConfig(
                                condition.equals("breaker open") ? opensAtOnce() : CircuitBreakerConfig.ofDefaults())
                        .backfillComplete(() -> !condition.equals("not copied yet"))
                        .shadowSettings(ShadowSettings.builder()
                                .timeout(patience)
                                .rechecks(0)
                                .samplesPerSecond(0)
                                .executor(condition.equals("executor full") ? full() : tasks)
                                .build()));
        if (condition.equals("key pending")) {
            rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        }
        repository.save(record());
        if (!condition.equals("key pending")) {
            eventually(() -> assertThat(rig.pending()).isZero());
        }
        Authority<String, Sample> primary = bypassing(rig.primary);
        Authority<String, Sample> secondary = bypassing(rig.secondary);
        switch (condition) {
            case "slow", "interrupted" -> rig.follower.readsHang(true);
            case "failing" -> rig.follower.readsFail(new IllegalStateException("down"));
            case "breaker open" -> {
                rig.follower.readsFail(new IllegalStateException("down"));
                read(repository);
                runShadows();
                if (route.mayReadSecondary() || route.shadowPercent() > 0) {
                    assertThat(rig.events.of(DualWriteEvent.BreakerChanged.class))
                            .isNotEmpty();
                }
                rig.follower.readsFail(null);
            }
            case "missing", "not copied yet" -> secondary.delete(key);
            case "extra" -> {
                primary.delete(key);
                secondary.save(other());
            }
            case "different" -> secondary.save(other());
            case "bulkhead full" -> {
                while (bulkhead.tryAcquirePermission()) {
                    // until there is none left
                }
            }
            default -> assertThat(condition).isIn("healthy", "key pending", "executor full");
        }
        rig.follower.beforeReads(() -> calls.add(shadowing ? "f" : "F"));
        calls.clear();
        rig.events.forget();
        return repository;
    }

    private static Executor full() {
        return task -> {
            throw new RejectedExecutionException("full");
        };
    }

    private static CircuitBreakerConfig opensAtOnce() {
        return CircuitBreakerConfig.custom()
                .slidingWindowSize(1)
                .minimumNumberOfCalls(1)
                .waitDurationInOpenState(Duration.ofHours(1))
                .build();
    }

    private static Authority<String, Sample> bypassing(InMemoryStore<String, Sample> store) {
        return store.openAuthority(new StoreContext("bypassing", Duration.ZERO));
    }

    private String happened() {
        return rig.events.of(DualWriteEvent.class).stream()
                .map(ReadTruthTableTest::said)
                .filter(said -> !said.isEmpty())
                .collect(Collectors.joining("; "));
    }

    private static String said(DualWriteEvent event) {
        if (event instanceof DualWriteEvent.ReadFallback e) {
            return "fallback " + e.reason();
        }
        if (event instanceof DualWriteEvent.FollowerReadFailed e) {
            return "follower failed " + e.reason();
        }
        if (event instanceof DualWriteEvent.ShadowCompared e) {
            return "compared " + e.result() + (e.fields().isEmpty() ? "" : " " + e.fields());
        }
        if (event instanceof DualWriteEvent.ShadowMismatch e) {
            return "mismatch " + e.result() + (e.fields().isEmpty() ? "" : " " + e.fields());
        }
        if (event instanceof DualWriteEvent.ShadowFailed e) {
            return "shadow failed " + e.step();
        }
        if (event instanceof DualWriteEvent.ShadowShed e) {
            return "shed " + e.reason();
        }
        if (event instanceof DualWriteEvent.RouteUndecided) {
            return "undecided";
        }
        return event instanceof DualWriteEvent.BreakerChanged ? "" : event.toString();
    }
}
