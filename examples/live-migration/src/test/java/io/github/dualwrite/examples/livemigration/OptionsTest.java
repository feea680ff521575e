package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {

    @Test
    void withoutOptionsBothServersAreEmbedded() {
        Options options = parse();

        assertThat(options.jdbcUrl()).isNull();
        assertThat(options.dynamoDbEndpoint()).isNull();
        assertThat(options.seconds()).isEqualTo(40);
        assertThat(options.keep()).isFalse();
    }

    @Test
    void valuesComeAfterABlankOrAnEqualsSign() {
        Options options = parse(
                "--jdbc-url",
                "jdbc:postgresql://db/x",
                "--dynamodb-endpoint=https://dynamodb.example",
                "--seconds=7",
                "--keep");

        assertThat(options.jdbcUrl()).isEqualTo("jdbc:postgresql://db/x");
        assertThat(options.dynamoDbEndpoint()).isEqualTo(URI.create("https://dynamodb.example"));
        assertThat(options.seconds()).isEqualTo(7);
        assertThat(options.keep()).isTrue();
    }

    @Test
    void thePasswordComesFromTheEnvironmentAndIsNeverShown() {
        Options options = Options.parse(
                List.of("--jdbc-url", "jdbc:postgresql://db/x"),
                name -> name.equals(Options.PASSWORD_VARIABLE) ? "secret" : null);

        assertThat(options.jdbcPassword()).isEqualTo("secret");
        assertThat(options.toString()).doesNotContain("secret");
        assertThat(Plan.of(options)).noneMatch(line -> line.contains("secret"));
    }

    @ParameterizedTest
    @CsvSource({
        "--nonsense, no option --nonsense",
        "seconds, no option seconds",
        "--seconds, needs a value",
        "--seconds=2, from 5 to 3600",
        "--seconds=soon, from 5 to 3600",
        "--rows=99, from 100 to 100000",
        "--verify-only, needs --jdbc-url and --dynamodb-endpoint",
        "--plan=yes, takes no value",
        "--jdbc-url=jdbc:mysql://db/x, must begin with jdbc:postgresql:",
        "--jdbc-user=me, need --jdbc-url",
        "--dynamodb-endpoint=localhost:8000, must be like http",
    })
    void whatMakesNoSenseIsRefusedAndNamed(String argument, String message) {
        assertThatThrownBy(() -> parse(argument))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(message);
    }

    @Test
    void anOptionThatIsGivenTwiceIsRefused() {
        assertThatThrownBy(() -> parse("--seed=1", "--seed=2"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("twice");
    }

    private static Options parse(String... arguments) {
        return Options.parse(List.of(arguments), name -> null);
    }
}
