package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Whatever is thrown, a result ends: nobody waits for one that never does. */
class CallsTest {

    private static final Error ERROR = new InternalError("of the virtual machine");

    private static <T> T failing() {
        throw ERROR;
    }

    private static void assertEndsWithTheError(CompletableFuture<?> result) {
        assertThat(result).isCompletedExceptionally();
        assertThatThrownBy(result::join).rootCause().isSameAs(ERROR);
    }

    @Test
    void anErrorOfTheCallEndsTheResult() {
        assertEndsWithTheError(Calls.answer(CallsTest::failing, answer -> answer, DynamoDbErrors::asIs));
    }

    @Test
    void anErrorInMakingTheResultEndsIt() {
        assertEndsWithTheError(Calls.answer(
                () -> CompletableFuture.completedFuture("answer"), answer -> failing(), DynamoDbErrors::asIs));
    }

    @Test
    void anErrorInTranslatingAnErrorEndsTheResult() {
        assertEndsWithTheError(Calls.answer(
                () -> CompletableFuture.failedFuture(new IllegalStateException("refused")),
                answer -> answer,
                error -> failing()));
    }

    @Test
    void anErrorInStartingTheNextCallEndsTheResult() {
        assertEndsWithTheError(Calls.then(CompletableFuture.completedFuture("first"), answer -> CallsTest.failing()));
    }
}
