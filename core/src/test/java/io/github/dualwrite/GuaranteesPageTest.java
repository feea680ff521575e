package io.github.dualwrite;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What docs/guarantees.md says of tests is so. */
class GuaranteesPageTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*(?:Test|Rules|Contract|Scenario))(?:\\.(\\w+))?`");

    private final String page = Files.readString(ROOT.resolve("docs/guarantees.md"));
    private final Map<String, String> tests = tests();

    GuaranteesPageTest() throws IOException {}

    private static Map<String, String> tests() throws IOException {
        try (Stream<Path> files = Files.find(
                ROOT,
                20,
                (path, attributes) -> path.toString().contains("src/test/java")
                        && path.toString().endsWith(".java"))) {
            return files.collect(toMap(
                    path -> path.getFileName().toString().replace(".java", ""),
                    GuaranteesPageTest::text,
                    (one, other) -> one + other)); // a name may be there in several packages
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatIsNamedExists() {
        List<MatchResult> all = NAMED.matcher(page).results().toList();
        assertThat(all).hasSizeGreaterThan(50);
        for (MatchResult named : all) {
            assertThat(tests).containsKey(named.group(1));
            if (named.group(2) != null) {
                assertThat(tests.get(named.group(1))).contains("void " + named.group(2) + "(");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatShowsAGuaranteeCarriesItsNumber(int number) {
        int begin = page.indexOf("\n### DW-" + number + " ");
        assertThat(begin).isPositive();
        String section = page.substring(begin, page.indexOf("\n\n", page.indexOf("**Shown by:**", begin)));

        assertThat(section).contains("**Promised:**", "**Not promised:**");
        List<MatchResult> all = NAMED.matcher(section).results().toList();
        assertThat(all).isNotEmpty();
        for (MatchResult named : all) {
            assertThat(tests.get(named.group(1))).as(named.group(1)).contains("@Tag(\"DW-" + number + "\")");
        }
    }
}
