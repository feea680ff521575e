package io.github.dualwrite.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.fake.ScriptedFollower;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.spi.QueueStatistics;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A drain counts what is left, which is expensive for a long queue. */
@Tag("DW-3")
@Timeout(60)
class CountingTest {

    private final Rig rig = new Rig();
    private final AtomicInteger counts = new AtomicInteger();
    private final AtomicInteger claims = new AtomicInteger();
    private volatile Runnable counting = () -> {};

    @AfterEach
    void close() {
        rig.close();
    }

    private DualWriteRepository<String, Sample> open() {
        DualWriteRepository<String, Sample> repository =
                rig.open(rig.builder(context -> new Counted(rig.primary.openAuthority(context)))
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .executor(task -> {}));
        repository.saveAll(List.of(Sample.of("a", 1), Sample.of("b", 1)));
        return repository;
    }

    private final class Counted extends ForwardingAuthority {

        Counted(Authority<String, Sample> inner) {
            super(inner, new ForwardingQueue(inner.queue()) {
                @Override
                public QueueStatistics statistics() {
                    counts.incrementAndGet();
                    counting.run();
                    return super.statistics();
                }

                @Override
                public List<PendingWrite<String>> claim(Lease lease, int limit) {
                    claims.incrementAndGet();
                    return super.claim(lease, limit);
                }
            });
        }
    }

    @Test
    void aCountThatFailsDoesNotEndADrain() throws Exception {
        counting = () -> {
            if (counts.get() < 3) {
                throw new IllegalStateException("no answer in time");
            }
        };

        DrainReport report = open().reconciler().drain(Duration.ofSeconds(20));

        assertThat(report.drained()).isTrue();
        assertThat(report.applied()).isEqualTo(2);
    }

    @Test
    void countsThatFailToTheEndAreTheErrorOfTheDrainAtItsDeadline() {
        counting = () -> {
            throw new IllegalStateException("no answer in time");
        };
        DualWriteRepository<String, Sample> repository = open();

        assertThatIllegalStateException()
                .isThrownBy(() -> repository.reconciler().drain(Duration.ofMillis(500)))
                .withMessage("no answer in time");
        assertThat(rig.secondary.records()).hasSize(2);
    }

    @Test
    void aSlowCountIsMadeSeldomAndClaimsGoOnMeanwhile() throws Exception {
        counting = () -> LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        rig.follower.now(ScriptedFollower.answers(ApplyResult.transientFailure("down", null)));

        DrainReport report = open().reconciler().drain(Duration.ofMillis(800));

        assertThat(report.remaining()).isEqualTo(2);
        assertThat(counts).as("at the beginning and at the end").hasValue(2);
        assertThat(claims).hasValueGreaterThan(10);
    }

    @Test
    void whatWasLeftAtTheLastCountBeingDoneIsCountedAtOnce() throws Exception {
        counting = () -> LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());

        DrainReport report = open().reconciler().drain(Duration.ofSeconds(40));

        assertThat(report.drained()).isTrue();
        assertThat(report.duration()).as("less than a rest after a count").isLessThan(Duration.ofSeconds(9));
    }
}
