package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Whatever is thrown, a result ends: nobody waits for one that never does. */
class CallsTest {

    private final Error error = new InternalError("of the virtual machine");

    private void assertEndsWithTheError(CompletableFuture<String> result) {
        assertThat(result).isCompletedExceptionally();
        assertThatThrownBy(result::join).rootCause().isSameAs(error);
    }

    @Test
    void anErrorOfTheCallEndsTheResult() {
        assertEndsWithTheError(Calls.<String, String>answer(
                () -> {
                    throw error;
                },
                answer -> answer,
                DynamoDbErrors::asIs));
    }

    @Test
    void anErrorInMakingTheResultEndsIt() {
        assertEndsWithTheError(Calls.<String, String>answer(
                () -> CompletableFuture.completedFuture("answer"),
                answer -> {
                    throw error;
                },
                DynamoDbErrors::asIs));
    }

    @Test
    void anErrorInTranslatingAnErrorEndsTheResult() {
        assertEndsWithTheError(Calls.<String, String>answer(
                () -> CompletableFuture.failedFuture(new IllegalStateException("refused")), answer -> answer, e -> {
                    throw error;
                }));
    }

    @Test
    void anErrorInStartingTheNextCallEndsTheResult() {
        assertEndsWithTheError(Calls.<String, String>then(CompletableFuture.completedFuture("first"), answer -> {
            throw error;
        }));
    }
}
