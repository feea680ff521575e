package io.github.dualwrite.spi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class StoreLogTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger("a store of " + getClass());
    private final ListAppender<ILoggingEvent> seen = new ListAppender<>();
    private final StoreLog lines = new StoreLog(logger, "shop");

    @BeforeEach
    void watch() {
        seen.start();
        logger.setAdditive(false);
        logger.setLevel(Level.INFO);
        logger.addAppender(seen);
    }

    @Test
    void aLineHasItsEventItsRepositoryAndWhatItsCallerAdds() {
        lines.warn("Odd").addKeyValue("entries", 3).log("something odd");
        lines.info("Even").log("all is well");

        assertThat(seen.list)
                .extracting(line -> line.getLevel() + " " + line.getKeyValuePairs() + " " + line.getMessage())
                .containsExactly(
                        "WARN [event=\"Odd\", repository=\"shop\", suppressed=\"0\", entries=\"3\"] something odd",
                        "INFO [event=\"Even\", repository=\"shop\", suppressed=\"0\"] all is well");
    }

    @Test
    void aStormOfOneEventIsTenLinesAndHidesNoOther() {
        for (int i = 0; i < 1000; i++) {
            lines.warn("Odd").log("something odd");
        }
        lines.warn("Even").log("something else");

        assertThat(seen.list).hasSize(11);
        assertThat(seen.list.get(10).getMessage()).isEqualTo("something else");
    }

    @Test
    void whatIsNotLoggedAtThisLevelIsNotCountedEither() {
        logger.setLevel(Level.ERROR);
        for (int i = 0; i < 20; i++) {
            lines.warn("Odd").log("something odd");
        }
        logger.setLevel(Level.WARN);
        lines.warn("Odd").log("something odd");

        assertThat(seen.list)
                .singleElement()
                .satisfies(line -> assertThat(line.getKeyValuePairs())
                        .hasToString("[event=\"Odd\", repository=\"shop\", suppressed=\"0\"]"));
    }
}
