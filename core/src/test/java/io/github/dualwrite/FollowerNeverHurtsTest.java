package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("DW-4")
@Timeout(value = 20, unit = TimeUnit.SECONDS) // a caller that waits for ever
class FollowerNeverHurtsTest {

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aHangingFollowerCostsASynchronousCallerOnlyTheTimeout() {
        rig.follower.now(ScriptedFollower.HANGS);
        DualWriteRepository<String, Sample> repository = rig.open();

        WriteResult<String, Sample> result = repository.save(Sample.of("a", 1));

        assertThat(result.pendingReason()).contains(PendingReason.TIMEOUT);
        assertThat(result.value()).contains(Sample.of("a", 1));
        assertThat(repository.read("a")).contains(Sample.of("a", 1));
    }

    @Test
    void anAsynchronousCallerDoesNotWait() {
        rig.follower.now(ScriptedFollower.HANGS);
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .secondaryTimeout(Duration.ofHours(1))
                .grace(Duration.ofHours(2)));

        for (int i = 0; i < 10; i++) {
            assertThat(repository.save(Sample.of("a", i)).pendingReason()).contains(PendingReason.ASYNCHRONOUS);
        }
        Rig.eventually(() -> assertThat(rig.follower.applyCalls).hasValueGreaterThan(0));
    }

    @ParameterizedTest // TRAPS 33
    @ValueSource(longs = {0, 2})
    void aFullExecutorIsNotAnError(long handOverMillis) throws Exception {
        DualWriteRepository<String, Sample> repository = rig.open(rig.builder()
                .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                .handOverDelay(Duration.ofMillis(handOverMillis))
                .executor(task -> {
                    throw new RejectedExecutionException("full");
                }));

        assertThat(repository.save(Sample.of("a", 1)).pendingReason())
                .contains(handOverMillis == 0 ? PendingReason.EXECUTOR_FULL : PendingReason.ASYNCHRONOUS);
        repository.markPending(List.of("a"));

        Rig.eventually(() -> assertThat(rig.events.of(DualWriteEvent.LeftPending.class))
                .extracting(DualWriteEvent.LeftPending::reason)
                .containsExactly(PendingReason.EXECUTOR_FULL, PendingReason.EXECUTOR_FULL));
        assertThat(rig.drain().drained()).isTrue();
        assertThat(rig.secondary.records()).isEqualTo(rig.primary.records());
    }

    @Test
    void aFollowerThatThrowsErrorsIsAFollowerThatFailed() {
        DualWriteRepository<String, Sample> repository = rig.open();
        for (ScriptedFollower.Script script : List.<ScriptedFollower.Script>of(
                ScriptedFollower.throwing(StackOverflowError::new),
                ScriptedFollower.throwing(NoClassDefFoundError::new),
                ScriptedFollower.throwing(AssertionError::new),
                ScriptedFollower.fails(new NoClassDefFoundError("later")))) {
            rig.follower.now(script);
            assertThat(repository.save(Sample.of("a", 1)).pendingReason()).contains(PendingReason.FAILED);
        }
    }

    @Test
    void readsOfTheAuthorityNeverTouchTheFollower() {
        DualWriteRepository<String, Sample> repository = rig.open();
        repository.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1)));
        int applies = rig.follower.applyCalls.get();

        assertThat(repository.read("a")).isPresent();
        assertThat(repository.read("missing")).isEmpty();
        assertThat(repository.readAll(List.of("a", "b", "missing"))).hasSize(2);

        assertThat(rig.follower.readCalls).hasValue(0);
        assertThat(rig.follower.applyCalls).hasValue(applies);
    }

    @Test
    void anInterruptedCallerGetsItsResultAndKeepsItsInterrupt() {
        rig.follower.now(ScriptedFollower.HANGS);
        DualWriteRepository<String, Sample> repository = rig.open();

        Thread.currentThread().interrupt();
        WriteResult<String, Sample> result = repository.save(Sample.of("a", 1));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(result.pendingReason()).contains(PendingReason.INTERRUPTED);
        assertThat(rig.pending()).isEqualTo(1);
    }
}
