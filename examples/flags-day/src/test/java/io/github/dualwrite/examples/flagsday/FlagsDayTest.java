package io.github.dualwrite.examples.flagsday;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The whole day. */
class FlagsDayTest {

    @Test
    @Tag("DW-3")
    @Tag("DW-5")
    void aTeamMovesReadsOverStepsBackAndGoesForwardAgain() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        int exitCode = new FlagsDay(new PrintStream(bytes, true, StandardCharsets.UTF_8)).run();

        String printed = bytes.toString(StandardCharsets.UTF_8);
        String result = printed.lines().reduce("", (before, line) -> line);
        assertThat(result)
                .as(printed)
                .startsWith("RESULT reads=")
                .contains(" stepped_back=true healed=500 ")
                .endsWith(" different=0 failed_calls=0");
        assertThat(share(result, 1)).as(printed).isBetween(0.01, 5.0);
        assertThat(share(result, 50)).as(printed).isBetween(35.0, 65.0);
        assertThat(share(result, 100))
                .as(printed)
                .isGreaterThan(50); // the rest are fallbacks, if this machine stands still
        assertThat(printed)
                .contains("instance 1 stepped back: ", "instance 2 followed the flag")
                .contains("ann> UPDATE dualwrite.read_route SET route = 'secondary 1% shadow 100%'")
                .contains("DIFFERENT in [note], for", "DIFFERENT in [note, total], for")
                .contains(" | step-back | primary shadow 100% | ") // the log, as ann sees it
                .doesNotContain("please ring", "NOT AS IT MUST BE");
        assertThat(exitCode).isZero();
    }

    private static double share(String result, int percent) {
        String name = " secondary_share_at_" + percent + "=";
        int from = result.indexOf(name) + name.length();
        return Double.parseDouble(result.substring(from, result.indexOf(' ', from)));
    }
}
