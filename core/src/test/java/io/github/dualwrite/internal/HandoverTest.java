package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HandoverTest {

    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(1);
    private final List<List<VersionedRecord<String, String>>> sent = new CopyOnWriteArrayList<>();
    private final List<VersionedRecord<String, String>> refused = new CopyOnWriteArrayList<>();

    @AfterEach
    void end() {
        scheduler.shutdownNow();
    }

    private Handover<String, String> handover(Duration delay) {
        return new Handover<>(Runnable::run, scheduler, delay, sent::add, refused::addAll);
    }

    private static List<VersionedRecord<String, String>> write(String key, long version) {
        return List.of(new VersionedRecord<>(key, version, key + version));
    }

    @Test
    void whatComesWithinTheDelayIsSentTogetherAndInOrder() {
        Handover<String, String> handover = handover(Duration.ofHours(1));
        for (int i = 0; i < 5; i++) {
            assertThat(handover.offer(write("k" + i, i + 1))).isTrue();
        }
        assertThat(sent).isEmpty();

        handover.flush();

        assertThat(sent).hasSize(1);
        assertThat(sent.get(0)).extracting(VersionedRecord::key).containsExactly("k0", "k1", "k2", "k3", "k4");
    }

    @Test
    void aDelayThatPassesSendsWithoutAnotherWrite() {
        handover(Duration.ofMillis(1)).offer(write("a", 1));

        await().atMost(Duration.ofSeconds(30)).until(() -> sent.size() == 1);
    }

    @Test
    void ofSeveralWritesOfOneKeyOnlyTheNewestIsSent() {
        Handover<String, String> handover = handover(Duration.ofHours(1));
        handover.offer(write("a", 2));
        handover.offer(write("b", 3));
        handover.offer(write("a", 5));
        handover.offer(write("a", 4)); // another thread, later to hand over than the newer write

        handover.flush();

        assertThat(sent).hasSize(1);
        assertThat(sent.get(0)).extracting(VersionedRecord::version).containsExactly(5L, 3L);
    }

    @Test
    void aBatchHasABoundAndSoHasWhatWaits() {
        Handover<String, String> handover = handover(Duration.ofHours(1));
        int taken = 0;
        while (handover.offer(write("k" + taken, taken + 1))) {
            taken++;
        }

        handover.flush();

        assertThat(taken).isEqualTo(1024);
        List<VersionedRecord<String, String>> all = new ArrayList<>();
        sent.forEach(all::addAll);
        assertThat(all).hasSize(taken);
        assertThat(sent).allSatisfy(batch -> assertThat(batch).hasSizeLessThanOrEqualTo(32));
        assertThat(handover.offer(write("again", 1))).isTrue();
    }

    @Test
    void withoutADelayEachWriteIsHandedOverAtOnceAndARefusalIsKnownAtOnce() {
        assertThat(handover(Duration.ZERO).offer(write("a", 1))).isTrue();
        assertThat(sent).hasSize(1);

        Handover<String, String> full = new Handover<>(
                task -> {
                    throw new RejectedExecutionException("full");
                },
                scheduler,
                Duration.ZERO,
                sent::add,
                refused::addAll);
        assertThat(full.offer(write("a", 1))).isFalse();
        assertThat(refused).isEmpty();
    }

    @Test
    void aBatchThatTheExecutorRefusesIsReportedWithAllItsWrites() {
        Handover<String, String> full = new Handover<>(
                task -> {
                    throw new RejectedExecutionException("full");
                },
                scheduler,
                Duration.ofHours(1),
                sent::add,
                refused::addAll);
        full.offer(write("a", 1));
        full.offer(write("b", 2));

        full.flush();

        assertThat(sent).isEmpty();
        assertThat(refused).extracting(VersionedRecord::key).containsExactly("a", "b");
    }

    @Test
    void anExecutorWithoutAThreadIsAFullExecutor() {
        Handover<String, String> atOnce =
                new Handover<>(HandoverTest::noThread, scheduler, Duration.ZERO, sent::add, refused::addAll);
        assertThat(atOnce.offer(write("a", 1))).isFalse();

        Handover<String, String> later =
                new Handover<>(HandoverTest::noThread, scheduler, Duration.ofHours(1), sent::add, refused::addAll);
        later.offer(write("b", 2));
        later.flush();
        assertThat(refused).extracting(VersionedRecord::key).containsExactly("b");
    }

    private static void noThread(Runnable task) {
        throw new OutOfMemoryError("unable to create native thread");
    }

    @Test
    void afterTheSchedulerHasEndedNothingIsTaken() {
        Handover<String, String> handover = handover(Duration.ofMillis(1));
        scheduler.shutdownNow();

        assertThat(handover.offer(write("a", 1))).isFalse();
    }

    @Test
    void norIsItWhileAFlushThatEndedWithItIsAskedFor() {
        Handover<String, String> handover = handover(Duration.ofHours(1));
        assertThat(handover.offer(write("a", 1))).isTrue();
        scheduler.shutdownNow();

        assertThat(handover.offer(write("b", 1))).isFalse();
        handover.flush();
        assertThat(sent).as("what was not taken is told by whoever offered it").containsExactly(write("a", 1));
    }

    @Test
    void theWritesOfOneCallStayTogetherAndDoNotWait() {
        handover(Duration.ofHours(1))
                .offer(List.of(write("a", 1).get(0), write("b", 2).get(0)));

        assertThat(sent).hasSize(1);
        assertThat(sent.get(0)).hasSize(2);
    }
}
