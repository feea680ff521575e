package io.github.dualwrite.fake;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.reconcile.ReconcilerSettings;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/** Two stores in memory, a scripted follower before the second, and repositories with short times. */
public final class Rig implements AutoCloseable {

    public static final String NAME = "rig";

    public final InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id);
    public final InMemoryStore<String, Sample> secondary = InMemoryStore.keyedBy(Sample::id);
    public final ScriptedFollower follower = new ScriptedFollower(secondary);
    public final Recorder events = new Recorder();
    private final List<DualWriteRepository<String, Sample>> opened = new ArrayList<>();

    public static ReconcilerSettings.Builder quickly() {
        return ReconcilerSettings.builder()
                .batchTimeout(Duration.ofMillis(200))
                .lease(Duration.ofMillis(400))
                .pollInterval(Duration.ofMillis(5))
                .initialBackoff(Duration.ofMillis(10))
                .maxBackoff(Duration.ofMillis(40));
    }

    /** A builder without a background reconciler: a test says when to drain. */
    public DualWriteRepositoryBuilder<String, Sample> builder() {
        return builder(primary);
    }

    public DualWriteRepositoryBuilder<String, Sample> builder(AuthorityStore<String, Sample> authority) {
        return DualWriteRepository.builder(NAME, authority, follower)
                .secondaryTimeout(Duration.ofMillis(100))
                .secondaryReadTimeout(Duration.ofMillis(100))
                .grace(Duration.ofMillis(110))
                .reconcilerSettings(quickly().build())
                .reconcileInBackground(false)
                .listener(events);
    }

    public DualWriteRepository<String, Sample> open(DualWriteRepositoryBuilder<String, Sample> builder) {
        DualWriteRepository<String, Sample> repository = builder.build();
        opened.add(repository);
        return repository;
    }

    public DualWriteRepository<String, Sample> open() {
        return open(builder());
    }

    /** Drains with a repository of its own, as a job would, or as the next process does after a death. */
    public DrainReport drain() throws InterruptedException {
        try (DualWriteRepository<String, Sample> job = builder().build()) {
            return job.reconciler().drain(Duration.ofSeconds(20));
        }
    }

    public int pending() {
        return primary.pending(NAME);
    }

    public static void eventually(ThrowingRunnable assertion) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(assertion);
    }

    @Override
    public void close() {
        for (DualWriteRepository<String, Sample> one : opened) {
            one.close();
        }
    }
}
