package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.EveryEvent;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.OwnedExecutors;
import io.github.dualwrite.internal.RealMachine;
import io.github.dualwrite.spi.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The lines of {@code docs/operations.md} and those that are written are the same, and there are not too many of them. */
@Tag("DW-6")
class LogLinesTest {

    private static final String R = "logged-lines";
    private static final String KEY = "key-4711";
    private static final Pattern ROW = Pattern.compile("\\| `([A-Za-z]+)` \\| ((?:INFO|WARN)[^|]*) \\| ([^|]*)\\|.*");

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.github.dualwrite");
    private final ListAppender<ILoggingEvent> seen = new ListAppender<>();
    private final Events events = new Events(R, List.of());

    @BeforeEach
    void watch() {
        seen.start();
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(seen);
    }

    @AfterEach
    void unwatch() {
        logger.detachAppender(seen);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    private static Exception error() {
        return new IllegalStateException("about " + KEY);
    }

    /** What is logged outside the events. */
    private void theRest() {
        Events failing = new Events(R, List.of(new DualWriteListener() {
            @Override
            public void onEvent(DualWriteEvent event) {
                throw new IllegalStateException("about " + KEY);
            }
        }));
        failing.publish(new DualWriteEvent.Committed(R, Operation.SAVE, KEY, 1));
        boolean[] broken = {true};
        Backfilled backfilled = new Backfilled(R, () -> {
            if (broken[0]) {
                throw new IllegalStateException("down");
            }
            return true;
        });
        assertThat(backfilled.getAsBoolean()).isFalse();
        broken[0] = false;
        assertThat(backfilled.getAsBoolean()).isTrue();
        OwnedExecutors owned = new OwnedExecutors(R, new RealMachine());
        owned.beforeEnd(() -> {
            throw new IllegalStateException("a step");
        });
        owned.abandon();
        events.breakerFails("b", error());
        events.bulkheadFails("b", error());
    }

    private List<ILoggingEvent> lines() {
        return seen.list.stream()
                .filter(line -> line.getKeyValuePairs() != null
                        && line.getKeyValuePairs().stream().anyMatch(pair -> R.equals(pair.value)))
                .toList();
    }

    private static String eventOf(ILoggingEvent line) {
        return String.valueOf(line.getKeyValuePairs().get(0).value);
    }

    @Test
    void theLinesAndTheirKeysAreThoseThatAreDocumented() throws IOException {
        assertThat(EveryEvent.of(R, KEY).stream().map(Object::getClass).collect(Collectors.toSet()))
                .as("one of every kind")
                .hasSize(DualWriteEvent.class.getPermittedSubclasses().length);
        EveryEvent.of(R, KEY).forEach(events::publish);
        theRest();

        Map<String, Set<String>> written = new TreeMap<>();
        for (ILoggingEvent line : lines()) {
            List<String> keys =
                    line.getKeyValuePairs().stream().map(pair -> pair.key).toList();
            assertThat(keys).startsWith("event", "repository");
            written.put(eventOf(line), new LinkedHashSet<>(keys.subList(2, keys.size())));
            assertThat(documentedLevels().get(eventOf(line)))
                    .as("level of " + eventOf(line))
                    .contains(line.getLevel().toString());
            assertThat(line.getFormattedMessage())
                    .as("what varies is in keys")
                    .isEqualTo(line.getMessage())
                    .doesNotContain("{}");
        }
        assertThat(written).isEqualTo(documentedKeys());
        assertThat(lines().stream().map(line -> line.getFormattedMessage() + line.getKeyValuePairs()))
                .as("keys of records are for DEBUG")
                .noneMatch(text -> text.contains(KEY))
                .as("an error is told by its class")
                .noneMatch(text -> text.contains("WithheldException"));
        assertThat(lines())
                .as("stack traces, and with them messages, are for DEBUG")
                .allMatch(line -> line.getThrowableProxy() == null);
    }

    private static Map<String, Set<String>> documentedKeys() throws IOException {
        Map<String, Set<String>> keys = new TreeMap<>();
        for (Matcher row : rows()) {
            keys.put(
                    row.group(1),
                    Arrays.stream(row.group(3).split(","))
                            .map(key -> key.strip().replace("`", ""))
                            .filter(key -> !key.isEmpty())
                            .collect(Collectors.toCollection(LinkedHashSet::new)));
        }
        return keys;
    }

    private static Map<String, String> documentedLevels() throws IOException {
        return rows().stream().collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));
    }

    private static List<Matcher> rows() throws IOException {
        return Files.readAllLines(Path.of("..", "docs", "operations.md")).stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .toList();
    }

    @Test
    void aThousandWritesThatGoWrongInEveryWayAreAHandfulOfLinesWithACountOfTheOthers() {
        for (int i = 0; i < 1000; i++) {
            events.publish(new DualWriteEvent.Committed(R, Operation.SAVE, KEY, i));
            events.publish(new DualWriteEvent.LeftPending(R, KEY, i, PendingReason.FAILED, "", error()));
            events.publish(new DualWriteEvent.PushedBack(R, KEY, i, 1, Duration.ofSeconds(1), "throttled"));
            events.publish(new DualWriteEvent.ReadFallback(R, List.of(KEY), FallbackReason.FAILED, error()));
            events.publish(new DualWriteEvent.BreakerChanged(R, "b", "OPEN", "HALF_OPEN"));
            events.publish(new DualWriteEvent.BreakerChanged(R, "b", "HALF_OPEN", "OPEN"));
        }
        assertThat(lines())
                .as("what the follower says, and that the breaker has opened, once")
                .extracting(LogLinesTest::eventOf)
                .containsExactly("LeftPending", "BreakerChanged");
    }
}
