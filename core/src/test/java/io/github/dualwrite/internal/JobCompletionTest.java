package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("DW-5")
class JobCompletionTest {

    private static final Job COMPLETE = new Job(
            "backfill",
            "this",
            JobState.RUNNING,
            Instant.EPOCH,
            List.of(new SplitProgress(0, new Split("all"), null, true, 1, 1, 0, 0, 10)),
            0);

    private final AtomicReference<Supplier<Optional<Job>>> found = new AtomicReference<>(() -> Optional.of(COMPLETE));
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong(-Duration.ofSeconds(1).toNanos());
    private final JobStore jobs = (JobStore) Proxy.newProxyInstance(
            JobStore.class.getClassLoader(), new Class<?>[] {JobStore.class}, (proxy, method, arguments) -> {
                looks.incrementAndGet();
                return Objects.requireNonNull(found.get()).get();
            });
    private final JobCompletion completion = new JobCompletion(jobs, "backfill", "this", nanos::get);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void itIsNotCompleteBeforeTheFirstLook() {
        assertThat(completion.getAsBoolean()).isFalse();
        assertThat(looks).hasValue(0);
        completion.refreshIfAsked();
        assertThat(completion.getAsBoolean()).isTrue();
    }

    @Test
    void aYesIsBelievedForThreeSecondsFromTheBeginningOfItsLook() {
        found.set(() -> {
            pass(Duration.ofSeconds(2)); // a slow answer, and the job may have been removed meanwhile
            return Optional.of(COMPLETE);
        });
        completion.refresh();

        pass(Duration.ofSeconds(1));
        assertThat(completion.getAsBoolean()).isTrue();
        pass(Duration.ofMillis(1));
        assertThat(completion.getAsBoolean()).isFalse();
    }

    @Test
    void aLookThatFailsKeepsAYesOnlyAsLongAsItHeldAnyway() {
        completion.refresh();
        found.set(() -> {
            throw new IllegalStateException("the authority is down");
        });

        completion.refresh();
        assertThat(completion.getAsBoolean()).isTrue();
        pass(Duration.ofSeconds(4));
        completion.refresh();
        assertThat(completion.getAsBoolean()).isFalse();
    }

    @Test
    void whatWasSeenLastIsKeptForThoseWhoOnlyWantToSayWhatADifferenceMeans() {
        assertThat(completion.lastSeen()).isFalse();
        completion.refreshIfAsked();
        pass(Duration.ofHours(1));
        assertThat(completion.lastSeen()).isTrue();
        found.set(Optional::empty);
        completion.refreshIfAsked();
        assertThat(completion.lastSeen()).isFalse();
    }

    @Test
    void aNoIsBelievedAtOnce() {
        completion.refresh();
        found.set(Optional::empty);
        completion.refresh();
        assertThat(completion.getAsBoolean()).isFalse();
    }

    @Test
    void looksGoOnForSomeMinutesAfterTheLastQuestionAndThenEnd() {
        completion.refreshIfAsked();
        assertThat(looks).as("nobody has asked").hasValue(0);

        completion.getAsBoolean();
        for (int i = 0; i < 120; i++) {
            pass(JobCompletion.INTERVAL);
            completion.refreshIfAsked();
        }
        assertThat(completion.getAsBoolean()).isTrue();
        for (int i = 0; i < 1_000; i++) {
            completion.refreshIfAsked();
        }
        assertThat(looks).hasValue(120 + 300);
    }
}
