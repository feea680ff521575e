package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Queues;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConfirmerTest {

    private final ManualScheduler scheduler = new ManualScheduler();
    private final Recorder events = new Recorder();
    private final List<KeyVersion<Integer>> confirmed = new ArrayList<>();
    private @Nullable RuntimeException failure;

    private final Confirmer<Integer> confirmer = new Confirmer<>(
            new Queues.Unused<>() {
                @Override
                public Set<Integer> confirm(Collection<KeyVersion<Integer>> applied) {
                    if (failure != null) {
                        throw failure;
                    }
                    confirmed.addAll(applied);
                    return Set.of();
                }
            },
            scheduler,
            Duration.ofMillis(1),
            new Events("confirmer", List.of(events)));

    private List<DualWriteEvent.ConfirmFailed> failed() {
        return events.of(DualWriteEvent.ConfirmFailed.class);
    }

    @Test
    void ofTheConfirmationsOfAKeyOnlyTheNewestIsMade() {
        confirmer.confirm(1, 10);
        confirmer.confirm(2, 11);
        confirmer.confirm(1, 13);
        confirmer.confirm(1, 12); // of another thread, later here than the newer one
        assertThat(scheduler.waiting()).isOne();

        scheduler.runAll();

        assertThat(confirmed).containsExactlyInAnyOrder(new KeyVersion<>(1, 13), new KeyVersion<>(2, 11));
    }

    @Test
    void aHotKeyNeverRunsOutOfRoom() {
        for (int version = 1; version <= 100_000; version++) {
            confirmer.confirm(version % 10, version);
        }

        scheduler.runAll();

        assertThat(failed()).isEmpty();
        assertThat(confirmed).hasSize(10).allMatch(each -> each.version() > 99_990);
    }

    @Test
    void whatFindsNoRoomIsToldOnceWithTheNextBatch() {
        int keys = 100_000;
        for (int key = 0; key < keys; key++) {
            confirmer.confirm(key, 1);
        }
        assertThat(failed()).isEmpty();

        scheduler.runAll();

        assertThat(confirmed).hasSizeLessThan(keys).doesNotHaveDuplicates();
        assertThat(failed()).hasSize(1);
        Set<Object> told = new HashSet<>(failed().get(0).keys());
        assertThat(told).isNotEmpty();
        assertThat(confirmed).noneMatch(each -> told.contains(each.key()));

        confirmer.confirm(keys, 1); // there is room again
        scheduler.runAll();
        assertThat(confirmed).contains(new KeyVersion<>(keys, 1));
        assertThat(failed()).hasSize(1);
    }

    @Test
    void whatTheAuthorityDoesNotConfirmIsToldWithItsKeys() {
        failure = new TransientStoreException(
                new DualWriteException.Context("confirmer", Operation.QUEUE, "authority", List.of()), "down", null);
        confirmer.confirm(7, 1);

        scheduler.runAll();

        assertThat(failed()).hasSize(1);
        assertThat(failed().get(0).keys()).isEqualTo(List.of(7));
        assertThat(failed().get(0).cause()).isNotNull();
    }
}
