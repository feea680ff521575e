package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The library starts no thread that its owner cannot close. */
class CloseTest {

    private static final String NAME = "closing";

    private final Rig rig = new Rig();
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void close() {
        rig.close();
    }

    private static List<String> ourThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> name.startsWith("dualwrite-") && name.contains(NAME))
                .toList();
    }

    private DualWriteRepositoryBuilder<String, Sample> builder() {
        return DualWriteRepository.builder(NAME, rig.primary, rig.follower)
                .secondaryTimeout(Duration.ofMillis(100))
                .reconcilerSettings(Rig.quickly().build())
                .readRouteSource(repository -> ReadRoute.secondary())
                .secondaryMode(SecondaryMode.ASYNCHRONOUS);
    }

    private static void use(DualWriteRepository<String, Sample> repository) {
        for (int i = 0; i < 20; i++) {
            repository.save(Sample.of("k" + i, i));
            assertThat(repository.read("k" + i)).isPresent();
        }
        assertThat(ourThreads()).isNotEmpty();
    }

    @Test
    void noThreadIsLeft() {
        try (DualWriteRepository<String, Sample> repository = builder().build()) {
            use(repository);
        }
        eventually(() -> assertThat(ourThreads()).isEmpty());
    }

    @Test
    void noThreadIsLeftThoughTheFollowerAndTheFlagHang() {
        rig.follower.now(ScriptedFollower.HANGS);
        rig.follower.readsHang(true);
        try (DualWriteRepository<String, Sample> repository = builder()
                .readRouteSource(name -> {
                    never.await();
                    return ReadRoute.primary();
                })
                .build()) {
            use(repository);
        }
        eventually(() -> assertThat(ourThreads()).isEmpty());
    }

    @Test
    void whatWasOnItsWayIsSentAndConfirmed() {
        try (DualWriteRepository<String, Sample> repository =
                builder().reconcileInBackground(false).build()) {
            use(repository);
        }
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
        assertThat(rig.primary.pending(NAME)).isZero();
    }

    @Test
    void anExecutorOfTheCallersIsLeftAlone() {
        List<Thread> used = new CopyOnWriteArrayList<>();
        try (DualWriteRepository<String, Sample> repository = builder()
                .handOverDelay(Duration.ZERO) // or a timer may hand the write over first
                .executor(task -> {
                    used.add(Thread.currentThread());
                    task.run();
                })
                .build()) {
            repository.save(Sample.of("a", 1));
        }
        assertThat(used).containsOnly(Thread.currentThread());
    }
}
