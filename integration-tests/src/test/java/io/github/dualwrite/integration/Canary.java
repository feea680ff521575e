package io.github.dualwrite.integration;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** A text that is planted in values, and everything that the library says while it is there. */
final class Canary implements DualWriteListener, AutoCloseable {

    static final String TEXT = "canary-4711";

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.github.dualwrite");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private final AtomicInteger observed = new AtomicInteger();
    private int events;

    Canary() {
        lines.start();
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false);
        logger.addAppender(lines);
    }

    @Override
    public synchronized void onEvent(DualWriteEvent event) {
        events++;
        said.add(event.toString());
        for (RecordComponent component : event.getClass().getRecordComponents()) {
            try {
                component.getAccessor().setAccessible(true);
                Object value = component.getAccessor().invoke(event);
                said.add(value instanceof Throwable e ? printed(e) : String.valueOf(value));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Makes a call and hears what it gives or throws. */
    <T> @Nullable T hear(Callable<T> call) {
        try {
            T result = call.call();
            said.add(String.valueOf(result));
            return result;
        } catch (Exception e) {
            errors.add(e);
            said.add(printed(e));
            return null;
        }
    }

    void hear(String text) {
        said.add(text);
    }

    /** Hears everything that a trace would show, when an observation ends. */
    ObservationRegistry observations() {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                observed.incrementAndGet();
                said.add(context + " " + context.getName() + " " + context.getContextualName() + " "
                        + context.getAllKeyValues());
                Throwable error = context.getError();
                if (error != null) {
                    said.add(printed(error));
                }
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        return registry;
    }

    int observed() {
        return observed.get();
    }

    private static String printed(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    /** What was said with the canary in it. */
    List<String> leaks() {
        List<String> all = new ArrayList<>(said);
        for (ILoggingEvent line : List.copyOf(lines.list)) {
            all.add(line.getFormattedMessage()
                    + line.getKeyValuePairs()
                    + (line.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(line.getThrowableProxy())));
        }
        return all.stream()
                .filter(text -> text.contains(TEXT))
                .map(text -> text.substring(0, Math.min(2000, text.length())))
                .toList();
    }

    List<Throwable> errors() {
        return errors;
    }

    int events() {
        return events;
    }

    List<ILoggingEvent> lines() {
        return List.copyOf(lines.list);
    }

    @Override
    public void close() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
        logger.setLevel(null);
    }
}
