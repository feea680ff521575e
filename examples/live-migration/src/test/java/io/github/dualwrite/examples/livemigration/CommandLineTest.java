package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommandLineTest {

    @Test
    void helpShowsEveryOption() {
        Outcome outcome = Outcome.of("--help");

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out())
                .contains(
                        "--jdbc-url",
                        "--dynamodb-endpoint",
                        "--seconds",
                        "--rows",
                        "--verify-only",
                        "--plan",
                        "Exit code");
    }

    @Test
    void thePlanIsToldAndNothingIsTouched() {
        // nothing listens there: a plan that touched it would fail
        Outcome outcome = Outcome.of(
                "--plan", "--jdbc-url=jdbc:postgresql://127.0.0.1:1/x", "--dynamodb-endpoint=http://127.0.0.1:1");

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out())
                .contains(Names.SCHEMA, Names.TABLE, "the PostgreSQL of --jdbc-url")
                .doesNotContain("RESULT");
    }

    @Test
    void anUnknownOptionEndsWithExitCodeTwo() {
        Outcome outcome = Outcome.of("--sconds=5");

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("no option --sconds");
        assertThat(outcome.out()).isEmpty();
    }
}
