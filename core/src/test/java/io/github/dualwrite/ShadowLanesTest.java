package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that hang or always fail end the shadow reads of nothing else, and are told of. */
@Tag("DW-4")
@Tag("DW-6")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ShadowLanesTest { // TRAPS 34

    private static final int THREADS = 2;

    private final Rig rig = new Rig();
    private final CountDownLatch never = new CountDownLatch(1);
    private volatile boolean authorityHangs;

    @AfterEach
    void close() {
        never.countDown();
        rig.close();
    }

    private void hang() {
        boolean over = false;
        while (!over) { // as a driver that takes no interrupt
            try {
                over = never.await(1, TimeUnit.HOURS);
            } catch (InterruptedException e) {
                // it goes on
            }
        }
    }

    private DualWriteRepository<String, Sample> open(String route, Duration timeout) {
        Thread caller = Thread.currentThread();
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder(WatchedAuthority.of(rig.primary, () -> {
                    if (authorityHangs && Thread.currentThread() != caller) {
                        hang();
                    }
                }))
                .readRoute(ReadRoute.parse(route))
                .secondaryReadTimeout(Duration.ofSeconds(20))
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(30))
                .backfillComplete(() -> true)
                .shadowSettings(ShadowSettings.builder()
                        .threads(THREADS)
                        .timeout(timeout)
                        .build()));
        repository.save(Sample.of("a", 1));
        eventually(() -> assertThat(rig.pending()).isZero());
        return repository;
    }

    private List<ShadowResult> compared(String query) {
        return rig.events.of(DualWriteEvent.ShadowCompared.class).stream()
                .filter(e -> e.query().equals(query))
                .map(DualWriteEvent.ShadowCompared::result)
                .toList();
    }

    private List<DualWriteEvent.ShadowFailed> timeouts(ShadowStep step) {
        return rig.events.of(DualWriteEvent.ShadowFailed.class).stream()
                .filter(e -> e.step() == step && e.error() instanceof TimeoutException)
                .toList();
    }

    @Test
    void aQueryThatHoldsItsThreadsIsAnEventAndEndsNoShadowReadByKey() {
        DualWriteRepository<String, Sample> repository = open("primary shadow 100%", Duration.ofMillis(100));
        Query<String> hanging = Query.of("hanging", 1, () -> "same", () -> {
            hang();
            return "same";
        });
        for (int i = 0; i < 2 * THREADS; i++) {
            assertThat(repository.query(hanging)).isEqualTo("same");
        }
        eventually(() -> assertThat(timeouts(ShadowStep.FOLLOWER)).hasSize(2 * THREADS));

        eventually(() -> {
            repository.read("a");
            assertThat(compared("")).contains(ShadowResult.EQUAL);
        });
    }

    @Test
    void readsByKeyThatHoldTheirThreadsAreEventsAndEndNoShadowQuery() {
        rig.follower.saysThatItMayBlock();
        DualWriteRepository<String, Sample> repository = open("primary shadow 100%", Duration.ofMillis(100));
        rig.follower.beforeReads(this::hang);
        for (int i = 0; i < 2 * THREADS; i++) {
            repository.read("a");
        }
        eventually(() -> assertThat(timeouts(ShadowStep.FOLLOWER)).hasSize(2 * THREADS));

        eventually(() -> {
            repository.query(Query.of("q", 1, () -> "same", () -> "same"));
            assertThat(compared("q")).contains(ShadowResult.EQUAL);
        });
    }

    @Test
    void anAuthorityThatHangsForAShadowReadIsAnEventAndHoldsNoThreadThatComparesOrStartsReads() {
        DualWriteRepository<String, Sample> repository = open("secondary shadow 100%", Duration.ofMillis(100));
        authorityHangs = true;
        repository.read("a");
        repository.readAll(List.of("a"));
        eventually(() -> assertThat(timeouts(ShadowStep.AUTHORITY)).hasSize(2));

        while (rig.events.of(DualWriteEvent.ShadowShed.class).isEmpty()) {
            assertThat(repository.read("a")).contains(Sample.of("a", 1));
        }
        assertThat(rig.events.of(DualWriteEvent.ShadowShed.class))
                .extracting(DualWriteEvent.ShadowShed::reason)
                .isSubsetOf(ShedReason.BULKHEAD_FULL, ShedReason.EXECUTOR_FULL);
        eventually(() -> {
            repository.query(Query.of("q", 1, () -> "same", () -> "same"));
            assertThat(compared("q")).contains(ShadowResult.EQUAL);
        });

        authorityHangs = false;
        never.countDown();
        eventually(() -> {
            repository.read("a");
            assertThat(compared("")).contains(ShadowResult.EQUAL);
        });
    }

    @Test
    void aQueryThatAlwaysFailsShedsNoShadowReadByKey() {
        DualWriteRepository<String, Sample> repository = open("primary shadow 100%", Duration.ofSeconds(20));
        Query<String> failing = Query.of("failing", 1, () -> "same", () -> {
            throw new IllegalStateException("no such index");
        });
        eventually(() -> {
            repository.query(failing);
            assertThat(rig.events.of(DualWriteEvent.ShadowShed.class))
                    .anyMatch(e -> e.reason() == ShedReason.BREAKER_OPEN);
        });
        rig.events.forget();

        eventually(() -> {
            repository.read("a");
            assertThat(compared("")).contains(ShadowResult.EQUAL);
        });
        assertThat(rig.events.of(DualWriteEvent.ShadowShed.class)).isEmpty();
    }
}
