package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
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
 * {@code f} by shadow reads, after the caller has its answer.
 *
 * <p>The primary is the authority, the secondary the follower. {@code readAll} of one key follows the same table.
 */
@Tag("DW-4")
@Tag("DW-5")
class ReadTruthTableTest {

    private static final String KEY = "a";
    private static final Sample RECORD = Sample.of(KEY, 1);
    private static final Sample OTHER = new Sample(KEY, "other", 1);

    private final Rig rig = new Rig();
    private final Queue<String> calls = new ConcurrentLinkedQueue<>();
    private final Thread caller = Thread.currentThread();

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
            primary shadow 100%     | missing        | record | A f f a | compared MISSING; mismatch MISSING
            primary shadow 100%     | not copied yet | record | A f     | compared LAGGING
            primary shadow 100%     | extra          | none   | A f f a | compared EXTRA; mismatch EXTRA
            primary shadow 100%     | different      | record | A f f a | compared DIFFERENT [text]; mismatch DIFFERENT [text]

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
            secondary shadow 100%   | missing        | none   | F a f a | compared MISSING; mismatch MISSING
            secondary shadow 100%   | not copied yet | record | F A     | fallback MISS_BEFORE_BACKFILL
            secondary shadow 100%   | extra          | other  | F a f a | compared EXTRA; mismatch EXTRA
            secondary shadow 100%   | different      | other  | F a f a | compared DIFFERENT [text]; mismatch DIFFERENT [text]

            secondary no-fallback   | healthy        | record | F       |
            secondary no-fallback   | slow           | error  | F       | follower failed TIMEOUT
            secondary no-fallback   | failing        | error  | F       | follower failed FAILED
            secondary no-fallback   | breaker open   | error  |         | follower failed BREAKER_OPEN
            secondary no-fallback   | key pending    | record | A       | fallback PENDING
            secondary no-fallback   | missing        | none   | F       |
            secondary no-fallback   | not copied yet | record | F A     | fallback MISS_BEFORE_BACKFILL
            secondary no-fallback   | extra          | other  | F       |
            secondary no-fallback   | different      | other  | F       |

            primary allow a         | different      | other  | F       |
            primary allow b         | different      | record | A       |
            secondary deny a        | different      | record | A       |
            secondary allow a deny a| different      | record | A       |
            secondary 0%            | different      | record | A       |
            secondary 100%          | different      | other  | F       |
            """)
    void answers(String route, String condition, String answer, @Nullable String called, @Nullable String events) {
        DualWriteRepository<String, Sample> repository = given(condition, ReadRoute.parse(route));

        assertThat(read(repository)).isEqualTo(answer);
        eventually(() -> {
            assertThat(happened()).isEqualTo(events == null ? "" : events);
            assertThat(String.join(" ", calls)).isEqualTo(called == null ? "" : called);
        });

        calls.clear();
        rig.events.forget();
        assertThat(readAll(repository)).isEqualTo(answer);
        eventually(() -> assertThat(happened()).isEqualTo(onceMore(events)));
        assertThat(byTheCaller(String.join(" ", calls))).isEqualTo(byTheCaller(called == null ? "" : called));
    }

    private static String byTheCaller(String calls) {
        return calls.replaceAll("[af ]", "");
    }

    /** A mismatch of the same kind is counted again, but not sampled again at once. */
    private static String onceMore(@Nullable String events) {
        return events == null ? "" : events.replaceAll("; mismatch.*", "");
    }

    private static String read(DualWriteRepository<String, Sample> repository) {
        try {
            return repository.read(KEY).map(ReadTruthTableTest::said).orElse("none");
        } catch (TransientStoreException e) {
            assertThat(e).hasCauseInstanceOf(Exception.class).hasMessageContaining("no-fallback");
            return "error";
        }
    }

    private static String readAll(DualWriteRepository<String, Sample> repository) {
        try {
            Map<String, Sample> answer = repository.readAll(List.of(KEY));
            return answer.isEmpty() ? "none" : said(answer.get(KEY));
        } catch (TransientStoreException e) {
            return "error";
        }
    }

    private static String said(@Nullable Sample sample) {
        return RECORD.equals(sample) ? "record" : "other";
    }

    private DualWriteRepository<String, Sample> given(String condition, ReadRoute route) {
        Duration patience = condition.equals("slow") ? Duration.ofMillis(100) : Duration.ofSeconds(20);
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(WatchedAuthority.of(rig.primary, () -> calls.add(onCallersThread() ? "A" : "a")))
                        .readRoute(route)
                        .secondaryReadTimeout(patience)
                        .secondaryTimeout(Duration.ofSeconds(20))
                        .grace(Duration.ofSeconds(30))
                        .circuitBreakerConfig(
                                condition.equals("breaker open") ? opensAtOnce() : CircuitBreakerConfig.ofDefaults())
                        .backfillComplete(() -> !condition.equals("not copied yet"))
                        .shadowSettings(ShadowSettings.builder()
                                .timeout(patience)
                                .rechecks(0)
                                .samplesPerSecond(0)
                                .build()));
        if (condition.equals("key pending")) {
            rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        }
        repository.save(RECORD);
        if (!condition.equals("key pending")) {
            eventually(() -> assertThat(rig.pending()).isZero());
        }
        Authority<String, Sample> primary = bypassing(rig.primary);
        Authority<String, Sample> secondary = bypassing(rig.secondary);
        switch (condition) {
            case "slow" -> rig.follower.readsHang(true);
            case "failing" -> rig.follower.readsFail(new IllegalStateException("down"));
            case "breaker open" -> {
                rig.follower.readsFail(new IllegalStateException("down"));
                read(repository);
                if (route.mayReadSecondary() || route.shadowPercent() > 0) {
                    eventually(() -> assertThat(rig.events.of(DualWriteEvent.BreakerChanged.class))
                            .isNotEmpty());
                }
                rig.follower.readsFail(null);
            }
            case "missing", "not copied yet" -> secondary.delete(KEY);
            case "extra" -> {
                primary.delete(KEY);
                secondary.save(OTHER);
            }
            case "different" -> secondary.save(OTHER);
            default -> assertThat(condition).isIn("healthy", "key pending");
        }
        rig.follower.beforeReads(() -> calls.add(onCallersThread() ? "F" : "f"));
        calls.clear();
        rig.events.forget();
        return repository;
    }

    private static CircuitBreakerConfig opensAtOnce() {
        return CircuitBreakerConfig.custom()
                .slidingWindowSize(1)
                .minimumNumberOfCalls(1)
                .waitDurationInOpenState(Duration.ofHours(1))
                .build();
    }

    private boolean onCallersThread() {
        return Thread.currentThread() == caller;
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
        return event instanceof DualWriteEvent.BreakerChanged ? "" : event.toString();
    }
}
