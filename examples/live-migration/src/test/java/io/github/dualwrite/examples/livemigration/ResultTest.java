package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What makes the exit code bad. */
class ResultTest {

    @Test
    void whatIsAsItMustBeIsNoProblem() {
        assertThat(good().problems()).isEmpty();
        assertThat(good())
                .hasToString("RESULT missing=0 writes=5 injected=8 found=8 repaired=8 verify_exit=0 read_share=100");
    }

    @ParameterizedTest
    @CsvSource({
        "missing, 1, must be 0",
        "writes, 0, did not happen",
        "found, 7, must be what injected is",
        "repaired, 7, must be what injected is",
        "injected, 0, did not happen",
        "verify_exit, 8, must be 0",
        "read_share, 99, must be 100",
    })
    void whatIsNotIsNamed(String name, long number, String problem) {
        assertThat(good().with(name, number).problems())
                .anySatisfy(text -> assertThat(text).contains(name, problem));
    }

    private static Result good() {
        return new Result()
                .with("missing", 0)
                .with("writes", 5)
                .with("injected", 8)
                .with("found", 8)
                .with("repaired", 8)
                .with("verify_exit", 0)
                .with("read_share", 100);
    }
}
