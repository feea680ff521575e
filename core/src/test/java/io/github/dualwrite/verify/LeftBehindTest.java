package io.github.dualwrite.verify;

import static io.github.dualwrite.verify.VerifyRig.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store whose driver does not hear of an interrupt, or of its end, while a run fails. */
@Timeout(60)
@Tag("DW-7")
class LeftBehindTest {

    private static final class InMemory implements CheckpointStore {
        private @Nullable String text;
        private int saves;

        @Override
        public synchronized Optional<String> load() {
            return Optional.ofNullable(text);
        }

        @Override
        public synchronized void save(String checkpoint) {
            text = checkpoint;
            saves++;
        }

        @Override
        public synchronized void remove() {
            text = null;
        }

        private synchronized int saves() {
            return saves;
        }
    }

    private final VerifyRig rig = new VerifyRig();
    private final InMemory checkpoints = new InMemory();
    private final AtomicInteger pages = new AtomicInteger();
    private final CompletableFuture<Thread> first = new CompletableFuture<>();
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @AfterEach
    void close() {
        goOn.countDown();
        rig.close();
    }

    private static VerificationSettings.Builder<String, Sample> inPages() {
        return settings().threads(2).pageSize(10).attempts(1).checkpointEvery(Duration.ofNanos(1));
    }

    /** The first page is read as if nobody had interrupted it, the second one fails meanwhile. */
    private void failAtTheSecondPage() {
        UnaryOperator<RecordScan<String, Sample>> failing =
                scan -> VerifyRig.hooked(scan, (method, arguments, real) -> {
                    int page = method.equals("page") ? pages.incrementAndGet() : 0;
                    if (page == 1) {
                        first.complete(Thread.currentThread());
                        readOn();
                    } else if (page == 2) {
                        first.join();
                        throw new IllegalStateException("broken");
                    }
                    return real.call();
                });
        rig.authorityScan = failing;
        rig.followerScan = failing;
    }

    private void readOn() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            interrupted.countDown();
        }
        while (goOn.getCount() > 0) {
            Thread.onSpinWait();
        }
        Thread.currentThread().interrupt();
    }

    @Test
    void aPageIsTheLastOneThatIsReadAfterTheRunHasFailed() {
        rig.seeded(1_000);
        failAtTheSecondPage();
        goOn.countDown();

        assertThatThrownBy(() -> rig.verify(inPages())).hasMessageContaining("1 times in a row");

        assertThat(pages).hasValue(2);
    }

    @Test
    void whatIsLeftBehindSavesNothingOverALaterRun() throws Exception {
        rig.seeded(1_000);
        failAtTheSecondPage();
        Verification<String, Sample> verification =
                rig.open().verification(inPages().build());
        CompletableFuture<Object> ended = new CompletableFuture<>();
        Thread running = new Thread(() -> {
            try {
                ended.complete(verification.run(checkpoints));
            } catch (InterruptedException | RuntimeException e) {
                ended.complete(e);
            }
        });
        running.start();
        interrupted.await();
        running.interrupt(); // or it would wait ten seconds for the page
        assertThat(ended.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        assertThat(verification.run(checkpoints).state()).isEqualTo(VerificationState.CONSISTENT);
        assertThat(checkpoints.load()).isEmpty();
        int pagesOfBoth = pages.get();
        int savesOfBoth = checkpoints.saves();

        goOn.countDown();
        first.get().join();

        assertThat(checkpoints.load()).isEmpty();
        assertThat(checkpoints.saves()).isEqualTo(savesOfBoth);
        assertThat(pages).hasValue(pagesOfBoth);
    }

    @Test
    void aRunThatHasEndedSavesNothingMore() {
        Checkpoint checkpoint = RunState.begin(Map.of(), rig.clock.now(), 1, 1, List.of(), List.of())
                .checkpoint(Duration.ZERO);
        Saving saving = new Saving("rig", checkpoints, rig.clock, Duration.ZERO);
        saving.sometimes(() -> checkpoint);
        saving.last(() -> checkpoint);
        assertThat(checkpoints.saves()).isEqualTo(2);

        saving.sometimes(() -> checkpoint);
        assertThat(checkpoints.saves()).isEqualTo(2);

        Saving another = new Saving("rig", checkpoints, rig.clock, Duration.ZERO);
        another.remove();
        another.sometimes(() -> checkpoint);
        assertThat(checkpoints.load()).isEmpty();
    }
}
