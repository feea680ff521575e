package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A section of {@code docs/operations.md}, so that what is tested is what stands there. */
final class OperationsPage {

    private static final Path PAGE = Path.of("../docs/operations.md");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```\\w*\\n(.*?)^```$");
    private static final Pattern INLINE = Pattern.compile("(?<!`)`([^`\\n]+)`(?!`)");

    private final String text;

    private OperationsPage(String text) {
        this.text = text;
    }

    /** What stands between a heading and the next one of its level or above. */
    static OperationsPage section(String heading) {
        int level = heading.indexOf(' ');
        String page;
        try {
            page = Files.readString(PAGE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> found = Pattern.compile("(?ms)^" + Pattern.quote(heading) + "$(.*?)(?=^#{1," + level + "} |\\z)")
                .matcher(page)
                .results()
                .map(section -> section.group(1))
                .toList();
        assertThat(found).as("sections '%s' of %s", heading, PAGE).hasSize(1);
        return new OperationsPage(found.get(0));
    }

    /** An item of the numbered list. */
    OperationsPage item(int number) {
        List<String> found = Pattern.compile("(?ms)^" + number + "\\. (.*?)(?=^\\d+\\. |^$|\\z)")
                .matcher(text)
                .results()
                .map(item -> item.group(1))
                .toList();
        assertThat(found).as("items %s", number).hasSize(1);
        return new OperationsPage(found.get(0));
    }

    /** The one fenced block in which something stands. */
    String block(String with) {
        return one(BLOCK, with);
    }

    /** The one statement of the fenced blocks, without its comment, in which something stands. */
    String statement(String with) {
        List<String> found = BLOCK.matcher(text)
                .results()
                .flatMap(block -> block.group(1).lines())
                .map(line -> line.replaceAll("--.*", "").strip())
                .filter(line -> line.contains(with))
                .toList();
        assertThat(found).as("statements with '%s'", with).hasSize(1);
        return found.get(0);
    }

    /** The one piece of code within the text in which something stands. */
    String inline(String with) {
        return one(INLINE, with);
    }

    /** The lines of a fenced block as properties. */
    Properties properties(String with) {
        return read(block(with));
    }

    /** The pieces of code within the text that set a property with such a name. */
    Properties inlineProperties(String prefix) {
        return read(String.join(
                "\n",
                INLINE.matcher(text)
                        .results()
                        .map(code -> code.group(1))
                        .filter(code -> code.startsWith(prefix) && code.contains("="))
                        .toList()));
    }

    private static Properties read(String lines) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(lines));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    private String one(Pattern pattern, String with) {
        List<String> found = pattern.matcher(text)
                .results()
                .map((MatchResult code) -> code.group(1))
                .filter(code -> code.contains(with))
                .toList();
        assertThat(found).as("pieces of code with '%s'", with).hasSize(1);
        return found.get(0);
    }
}
