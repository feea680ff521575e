package io.github.dualwrite.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Found by simulation: a write that was parked by a call whose answer was lost was due no more, and no event told of it. */
@Tag("DW-6")
@Timeout(60)
class LostParkAnswerTest {

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private void drain(boolean parks, boolean canBeAsked) {
        rig.follower.now(ScriptedFollower.rejects("bad"));
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new LossyParking(rig.primary.openAuthority(context), parks, canBeAsked))
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .executor(task -> {}));
        repository.save(Sample.of("bad", 1));
        assertThatThrownBy(() -> repository.reconciler().drain(Duration.ofSeconds(20)))
                .hasMessage("the answer is lost");
    }

    @Test
    void whatIsParkedIsReportedAlthoughTheAnswerIsLost() {
        drain(true, true);
        assertThat(rig.events.of(DualWriteEvent.Parked.class))
                .extracting(DualWriteEvent.Parked::key)
                .containsExactly("bad");
    }

    @Test
    void whatMayBeParkedIsReportedIfNobodyCanTell() {
        drain(true, false);
        assertThat(rig.events.of(DualWriteEvent.Parked.class)).hasSize(1);
    }

    @Test
    void whatIsNotParkedIsNotReported() {
        drain(false, true);
        assertThat(rig.events.of(DualWriteEvent.Parked.class)).isEmpty();
    }

    private static final class LossyParking extends ForwardingAuthority {

        LossyParking(Authority<String, Sample> inner, boolean parks, boolean canBeAsked) {
            super(inner, new ForwardingQueue(inner.queue()) {
                @Override
                public Set<String> park(Lease lease, Collection<Parking<String>> entries) {
                    if (parks) {
                        super.park(lease, entries);
                    }
                    throw new IllegalStateException("the answer is lost");
                }

                @Override
                public Optional<ParkedWrite<String>> findParked(String key) {
                    if (!canBeAsked) {
                        throw new IllegalStateException("the authority is down");
                    }
                    return super.findParked(key);
                }
            });
        }
    }
}
