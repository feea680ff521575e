package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.fake.Tasks;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("DW-6")
class ReadStatisticsTest {

    private final Rig rig = new Rig();
    private final Tasks tasks = new Tasks();
    private final ReadRouteSwitch flag = ReadRouteSwitch.of(ReadRoute.primary());

    @AfterEach
    void close() {
        rig.close();
    }

    /** Without a listener: what is counted must not depend on one. */
    private DualWriteRepository<String, Sample> open(ShadowSettings.Builder shadow) {
        return rig.open(DualWriteRepository.builder(Rig.NAME, rig.primary, rig.follower)
                .readRouteSource(flag)
                .secondaryReadTimeout(Duration.ofSeconds(20))
                .reconcileInBackground(false)
                .backfillComplete(() -> true)
                .shadowSettings(shadow.executor(tasks)
                        .rechecks(0)
                        .timeout(Duration.ofSeconds(20))
                        .build()));
    }

    private static Query<String> query() {
        return Query.of("q", "a", () -> "same", () -> "same");
    }

    private void settled() {
        eventually(() -> assertThat(rig.pending()).isZero());
    }

    @Test
    void answersAreCountedByWhoGaveThemAndFallbacksByReason() {
        DualWriteRepository<String, Sample> repository = open(ShadowSettings.builder());
        assertThat(repository.readStatistics()).hasToString("reads");
        repository.read("a");
        repository.readAll(List.of("a", "b"));
        repository.query(query());
        flag.set(ReadRoute.secondary());
        repository.read("a");
        repository.readAll(List.of("a", "b"));
        repository.query(query());
        rig.follower.now(ScriptedFollower.fails(new IllegalStateException("down")));
        repository.save(Sample.of("x", 1));
        repository.readAll(List.of("a", "x"));
        repository.query(query().authorityWhilePending());
        rig.follower.readsFail(new IllegalStateException("down"));
        repository.read("a");

        ReadStatistics counted = repository.readStatistics();
        assertThat(counted.readsByAuthority()).isEqualTo(5);
        assertThat(counted.readsByFollower()).isEqualTo(4);
        assertThat(counted.queriesByAuthority()).isEqualTo(2);
        assertThat(counted.queriesByFollower()).isEqualTo(1);
        assertThat(counted.readFallbacks())
                .containsEntry(FallbackReason.PENDING, 1L)
                .containsEntry(FallbackReason.FAILED, 1L)
                .containsEntry(FallbackReason.TIMEOUT, 0L);
        assertThat(counted.queryFallbacks()).containsEntry(FallbackReason.PENDING, 1L);
        assertThat(counted.routeChanges()).isEqualTo(1);
        assertThat(counted.toString())
                .contains("by authority 5", "fallback FAILED 1")
                .doesNotContain("TIMEOUT");
    }

    @Test
    void shadowReadsAreCountedByWhatBecameOfThem() {
        DualWriteRepository<String, Sample> repository =
                open(ShadowSettings.builder().threads(1).queueSize(1));
        flag.set(ReadRoute.parse("primary shadow 100%"));
        repository.save(Sample.of("a", 1));
        settled();
        repository.read("a");
        repository.readAll(List.of("a", "b"));
        repository.readAll(List.of("a", "b", "c"));
        tasks.run();
        rig.follower.readsFail(new IllegalStateException("down"));
        repository.readAll(List.of("a", "b"));
        tasks.run();

        ReadStatistics counted = repository.readStatistics();
        assertThat(counted.shadowResults())
                .containsEntry(ShadowResult.EQUAL, 3L)
                .containsEntry(ShadowResult.MISSING, 0L);
        assertThat(counted.shadowsShed()).containsEntry(ShedReason.EXECUTOR_FULL, 3L);
        assertThat(counted.shadowFailures()).containsEntry(ShadowStep.FOLLOWER, 2L);
    }

    @Test
    void keysThatAreHealedAndThoseThatAreSkippedAreCounted() {
        DualWriteRepository<String, Sample> repository =
                open(ShadowSettings.builder().heal(true));
        flag.set(ReadRoute.parse("primary shadow 100%"));
        List<String> keys = IntStream.range(0, 60).mapToObj(i -> "k" + i).toList();
        repository.saveAll(keys.stream().map(key -> Sample.of(key, 1)).toList());
        settled();
        keys.forEach(key -> rig.secondary
                .openAuthority(new StoreContext("bypassing", Duration.ZERO))
                .save(Sample.of(key, 2)));
        repository.readAll(keys);
        tasks.run();

        ReadStatistics counted = repository.readStatistics();
        assertThat(counted.shadowResults()).containsEntry(ShadowResult.DIFFERENT, 60L);
        assertThat(counted.healed()).isGreaterThanOrEqualTo(10);
        assertThat(counted.healed() + counted.healsSkipped()).isEqualTo(60);
    }

    @Test
    void failedReadsAndUndecidedOnesAreCounted() {
        DualWriteRepository<String, Sample> repository = open(ShadowSettings.builder());
        flag.set(ReadRoute.parse("secondary no-fallback"));
        rig.follower.readsFail(new IllegalStateException("down"));
        assertThatThrownBy(() -> repository.readAll(List.of("a", "b"))).isInstanceOf(TransientStoreException.class);
        flag.set(ReadRoute.parse("secondary 50%"));
        repository.query(Query.of("q", new Object(), () -> "primary", () -> "secondary"));

        assertThat(repository.readStatistics().followerReadsFailed()).isEqualTo(2);
        assertThat(repository.readStatistics().undecided()).isEqualTo(1);
    }
}
