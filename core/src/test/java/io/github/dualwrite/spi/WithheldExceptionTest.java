package io.github.dualwrite.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import java.io.EOFException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.MalformedURLException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("DW-6")
class WithheldExceptionTest {

    private static final String CANARY = "canary-4711";

    @Test
    void messagesOfAWholeChainAreWithheldAndClassesAndStackTracesAreThere() {
        IllegalStateException error = new IllegalStateException(
                "cannot map " + CANARY,
                new CompletionException(new NumberFormatException("For input string: " + CANARY)));
        error.addSuppressed(new IllegalArgumentException(CANARY));

        Throwable shown = WithheldException.of(error);

        assertThat(print(shown))
                .doesNotContain(CANARY)
                .contains("IllegalStateException", "CompletionException", "NumberFormatException")
                .contains("IllegalArgumentException")
                .contains("messagesOfAWholeChainAreWithheld");
        assertThat(shown.getStackTrace()).isEqualTo(error.getStackTrace());
        assertThat(WithheldException.message(error))
                .contains("IllegalStateException", "NumberFormatException")
                .doesNotContain(CANARY);
    }

    @Test
    void whatCannotCarryAValueStaysAsItIs() {
        for (Throwable error : List.of(
                new TimeoutException("no answer within PT1S"),
                new ConnectException("Connection refused"),
                new SocketException("Connection reset"),
                new SocketTimeoutException("Read timed out"),
                new CompletionException(new EOFException()),
                new NullPointerException(),
                new MappingException("column a is null"))) {
            assertThat(WithheldException.of(error)).isSameAs(error);
        }
        assertThat(WithheldException.message(new MappingException("column a is null")))
                .isEqualTo("column a is null");
    }

    /** As a mapping gets them for a column that holds no address. */
    @Test
    void addressesThatAreNoneAreValues() {
        for (Throwable error : List.of(
                new URISyntaxException(CANARY, "no colon in " + CANARY),
                new MalformedURLException("no protocol: " + CANARY),
                new UnknownHostException(CANARY),
                new ProtocolException(CANARY))) {
            assertThat(print(WithheldException.of(error))).doesNotContain(CANARY);
            assertThat(WithheldException.message(error)).doesNotContain(CANARY);
        }
    }

    @Test
    void aSilentWrapperDoesNotVouchForItsCause() {
        assertThat(print(WithheldException.of(new CompletionException(null, new IllegalStateException(CANARY)))))
                .doesNotContain(CANARY);
        assertThat(print(WithheldException.of(new Exception(null, new Error(CANARY)))))
                .doesNotContain(CANARY);
    }

    @Test
    void anErrorOfTheLibraryWithholdsItsCauseWhateverAnAdapterGivesIt() {
        DualWriteException.Context context = new DualWriteException.Context("r", Operation.SAVE, "store", List.of("k"));

        assertThat(print(new ConfigurationException(context, "mend it", new IllegalStateException(CANARY))))
                .doesNotContain(CANARY)
                .contains("mend it", "IllegalStateException");
        assertThat(print(new MappingException("mend it", new IllegalStateException(CANARY))))
                .doesNotContain(CANARY);
    }

    @Test
    void circlesEnd() {
        IllegalStateException one = new IllegalStateException(CANARY);
        IllegalStateException other = new IllegalStateException(CANARY, one);
        one.initCause(other);
        one.addSuppressed(other);

        assertThat(print(WithheldException.of(one))).doesNotContain(CANARY);
        assertThat(WithheldException.message(one)).doesNotContain(CANARY);
    }

    private static String print(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }
}
