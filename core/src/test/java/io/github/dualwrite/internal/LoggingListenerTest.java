package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.ShadowStep;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@Tag("DW-6")
class LoggingListenerTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.github.dualwrite");
    private final Level before = logger.getLevel();
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.WARN);
        logger.setAdditive(false);
        logger.addAppender(lines);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
        logger.setLevel(before);
    }

    @Test
    void whatFailsWithEveryReadIsAWarningAtOnceAndThenNotWithEveryRead() {
        Events events = new Events("logged", List.of());
        Exception error = new IllegalStateException("key-7 is odd");
        for (int i = 0; i < 100; i++) {
            events.publish(new DualWriteEvent.ShadowFailed("logged", ShadowStep.COMPARATOR, error, 1));
            events.publish(new DualWriteEvent.ShadowFailed("logged", ShadowStep.AUTHORITY, error, 1));
            events.publish(new DualWriteEvent.RouteUndecided("logged", error));
        }

        List<ILoggingEvent> warnings = lines.list.stream()
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
