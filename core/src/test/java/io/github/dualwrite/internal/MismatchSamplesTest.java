package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.fake.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MismatchSamplesTest {

    private final AtomicLong nanos = new AtomicLong();
    private final Recorder recorder = new Recorder();
    private final Events events = new Events("samples", List.of(recorder));

    /** A key of which only the name matters here. */
    private record Key(Object shown) implements ShadowSubject<String> {
        @Override
        public String readAuthority() {
            return "";
        }

        @Override
        public String readFollower() {
            return "";
        }

        @Override
        public boolean followerRefuses() {
            return false;
        }

        @Override
        public boolean mayLag(String authority, int looks) {
            return false;
        }

        @Override
        public Difference difference(String authority, String follower) {
            return Difference.NONE;
        }

        @Override
        public boolean notCopiedYet(Difference difference) {
            return false;
        }

        @Override
        public String query() {
            return "";
        }

        @Override
        public boolean heal() {
            return false;
        }
    }

    private void offer(MismatchSamples samples, int times, String field) {
        for (int i = 0; i < times; i++) {
            samples.offer(new Key("k"), new ShadowSubject.Difference(ShadowResult.DIFFERENT, Set.of(field)));
        }
    }

    private List<Long> suppressed() {
        return recorder.of(DualWriteEvent.ShadowMismatch.class).stream()
                .map(DualWriteEvent.ShadowMismatch::suppressed)
                .toList();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void aCohortGetsSamplesAgainAsTimePassesAndEachSaysForHowManyItStands() {
        MismatchSamples samples = new MismatchSamples(events, 2, 10, nanos::get);
        offer(samples, 10, "text");
        assertThat(suppressed()).containsExactly(0L, 0L);

        pass(Duration.ofMillis(499));
        offer(samples, 1, "text");
        assertThat(suppressed()).hasSize(2);

        pass(Duration.ofMillis(1));
        offer(samples, 3, "text");
        assertThat(suppressed()).containsExactly(0L, 0L, 9L);

        pass(Duration.ofHours(1)); // no more than a second's worth is saved up
        offer(samples, 10, "text");
        assertThat(suppressed()).containsExactly(0L, 0L, 9L, 2L, 0L);
    }

    @Test
    void aFloodOfOneCohortTakesNothingFromAnother() {
        MismatchSamples samples = new MismatchSamples(events, 1, 10, nanos::get);
        offer(samples, 1000, "text");
        offer(samples, 1, "number");
        assertThat(suppressed()).containsExactly(0L, 0L);
    }
}
