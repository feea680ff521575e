package io.github.dualwrite.examples.changingshape;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The whole program. */
class ChangingShapeTest {

    @Test
    @Tag("DW-1")
    @Tag("DW-3")
    void threeTablesBecomeOneItemCollectionAndItsItemsRowsOfTwoTablesAgain() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        int exitCode = new ChangingShape(new PrintStream(bytes, true, StandardCharsets.UTF_8)).run();

        String printed = bytes.toString(StandardCharsets.UTF_8);
        assertThat(printed)
                .contains("ORDER#7", "Marylebone")
                .containsPattern("COPIED customers: complete, [12]\\d copied")
                .containsPattern("COPIED orders: complete, [12]\\d copied")
                .contains("VERIFIED customers: CONSISTENT, 23 compared", "VERIFIED orders: CONSISTENT, 25 compared")
                .contains("THERE records=48 pending=0 missing=0 extra=0 different=0")
                .as("and back, with two customers more and two less")
                .endsWith("RESULT records=48 pending=0 missing=0 extra=0 different=0" + System.lineSeparator());
        assertThat(exitCode).isZero();
    }
}
