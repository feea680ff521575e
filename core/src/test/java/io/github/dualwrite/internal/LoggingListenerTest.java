package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoggingListenerTest {

    private static final String REPOSITORY = "logged-here-only";

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.github.dualwrite");
    private final ListAppender<ILoggingEvent> seen = new ListAppender<>();
    private final AtomicLong nanos = new AtomicLong();
    private final LoggingListener listener = new LoggingListener(nanos::get);

    @BeforeEach
    void watch() {
        seen.start();
        logger.setLevel(Level.WARN); // the tests' own configuration shows errors alone
        logger.setAdditive(false);
        logger.addAppender(seen);
    }

    @AfterEach
    void unwatch() {
        logger.detachAppender(seen);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    private void fails(long failures) {
        listener.onRouteSourceFailed(new DualWriteEvent.RouteSourceFailed(
                REPOSITORY, "flags", "primary", failures, new IllegalStateException("down")));
    }

    private List<String> warnings() {
        return seen.list.stream()
                .filter(line -> line.getLevel() == Level.WARN)
                .filter(line -> line.getKeyValuePairs() != null)
                .filter(line -> line.getKeyValuePairs().stream().anyMatch(pair -> REPOSITORY.equals(pair.value)))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Test
    void aSourceThatGoesOnFailingIsOneWarning() {
        for (int failures = 1; failures <= 100; failures++) {
            fails(failures);
        }
        assertThat(warnings()).singleElement().asString().contains("fails; the route stays");
        assertThat(seen.list.get(0).getKeyValuePairs().toString())
                .contains("failures=\"3\"", "java.lang.IllegalStateException")
                .doesNotContain("down");
    }

    @Test
    void aSourceThatFailsAndRecoversAgainAndAgainIsAWarningOnceForEachPeriod() {
        for (int i = 0; i < 9; i++) {
            fails(1);
        }
        assertThat(warnings()).isEmpty();
        for (int i = 0; i < 50; i++) {
            fails(1);
        }
        assertThat(warnings()).singleElement().asString().contains("again and again");

        for (int i = 0; i < 50; i++) {
            nanos.addAndGet(Duration.ofMinutes(2).toNanos());
            fails(1);
        }
        assertThat(warnings()).as("seldom is usual").hasSize(1);
    }

    @Test
    void aSourceThatIsTooSlowForItsKeysIsAWarningOnceForEachPeriod() {
        for (int i = 0; i < 5; i++) {
            listener.onKeyRoutesUnknown(new DualWriteEvent.KeyRoutesUnknown(REPOSITORY, "flags", 10, 0));
            listener.onKeyRoutesUnknown(new DualWriteEvent.KeyRoutesUnknown(REPOSITORY, "flags", 10, 3));
        }
        assertThat(warnings()).singleElement().asString().contains("too slow");
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        listener.onKeyRoutesUnknown(new DualWriteEvent.KeyRoutesUnknown(REPOSITORY, "flags", 10, 3));
        assertThat(warnings()).hasSize(2);
    }

    private void leftPending(PendingReason reason, Throwable cause) {
        listener.onLeftPending(new DualWriteEvent.LeftPending(REPOSITORY, "key-4711", 1, reason, "", cause));
    }

    @Test
    @Tag("DW-6")
    void whatAFailingFollowerSaysIsToldOnceAMinuteWithoutKeys() {
        DualWriteException.Context ofKey =
                new DualWriteException.Context(REPOSITORY, Operation.APPLY, "a table", List.of("key-4711"));
        Throwable denied = new TimeoutException("denied by the server");
        for (int i = 0; i < 10; i++) {
            leftPending(PendingReason.FAILED, new TransientStoreException(ofKey, "try again", denied));
            leftPending(PendingReason.BREAKER_OPEN, null);
        }
        assertThat(warnings()).singleElement().asString().contains("calls of the follower fail");
        assertThat(seen.list.get(0).getKeyValuePairs().toString())
                .contains("reason=\"FAILED\"", "denied by the server")
                .doesNotContain("4711");

        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        leftPending(PendingReason.FAILED, new TransientStoreException(ofKey, "try again", null));
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        leftPending(
                PendingReason.FAILED,
                new TransientStoreException(ofKey, "try again", new MappingException("key-4711 has one part")));
        assertThat(warnings()).hasSize(3);
        assertThat(seen.list.get(2).getKeyValuePairs().toString())
                .contains("MappingException")
                .doesNotContain("4711");
        assertThat(seen.list.get(1).getKeyValuePairs().toString())
                .contains("TransientStoreException", "suppressed=\"9\"")
                .doesNotContain("4711");
    }

    @Test
    @Tag("DW-6")
    void aStormIsAFewLinesAMinuteAndTheNextLineSaysHowManyWereLeftOut() {
        for (int i = 0; i < 100; i++) {
            listener.onParked(new DualWriteEvent.Parked(REPOSITORY, "k", i, "too large"));
        }
        assertThat(warnings()).hasSize(10);
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        listener.onParked(new DualWriteEvent.Parked(REPOSITORY, "k", 100, "too large"));
        assertThat(warnings()).hasSize(11);
        assertThat(seen.list.get(10).getKeyValuePairs().toString()).contains("suppressed=\"90\"");
    }

    @Test
    void samplesThatWereLeftOutBeforeAreCountedWithThoseThatAreLeftOutHere() {
        for (int i = 0; i < 12; i++) {
            listener.onShadowMismatch(
                    new DualWriteEvent.ShadowMismatch(REPOSITORY, "k", ShadowResult.MISSING, Set.of(), 5));
        }
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        listener.onShadowMismatch(
                new DualWriteEvent.ShadowMismatch(REPOSITORY, "k", ShadowResult.MISSING, Set.of(), 5));
        assertThat(warnings()).hasSize(11);
        assertThat(seen.list.get(10).getKeyValuePairs().toString()).contains("suppressed=\"17\""); // 2 * (1 + 5) + 5
    }

    @Test
    void aBreakerThatProbesInVainIsNoChange() {
        breaker("CLOSED", "OPEN");
        for (int i = 0; i < 50; i++) {
            breaker("OPEN", "HALF_OPEN");
            breaker("HALF_OPEN", "OPEN");
        }
        assertThat(warnings()).hasSize(1);
    }

    private void breaker(String from, String to) {
        listener.onBreakerChanged(new DualWriteEvent.BreakerChanged(REPOSITORY, "b", from, to));
    }

    @Test
    @Tag("DW-6")
    void whatFailsWithEveryReadIsAWarningAtOnceAndThenNotWithEveryRead() {
        Events events = new Events("logged", List.of());
        Exception error = new IllegalStateException("key-7 is odd");
        for (int i = 0; i < 100; i++) {
            events.publish(new DualWriteEvent.ShadowFailed("logged", ShadowStep.COMPARATOR, error, 1));
            events.publish(new DualWriteEvent.ShadowFailed("logged", ShadowStep.AUTHORITY, error, 1));
            events.publish(new DualWriteEvent.RouteUndecided("logged", error));
        }

        List<ILoggingEvent> warnings = seen.list.stream()
                .filter(line -> line.getLevel() == Level.WARN
                        && line.getKeyValuePairs().toString().contains("logged"))
                .toList();
        assertThat(warnings).hasSizeBetween(3, 9); // a machine may stall for minutes
        assertThat(warnings)
                .extracting(ILoggingEvent::toString)
                .noneMatch(line -> line.contains("key-7"))
                .anyMatch(line -> line.contains("shadow reads fail"))
                .anyMatch(line -> line.contains("cannot decide"));
    }
}
