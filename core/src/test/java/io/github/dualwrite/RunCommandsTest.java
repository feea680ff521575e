package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands that README and docs give for the examples name a module, a profile and a program that there are. */
class RunCommandsTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern COMMAND =
            Pattern.compile("mvn [^`\n]*-pl (\\S+) [^`\n]*?(process-test-classes|verify) -P([\\w-]+)( -Dargs=)?");
    private static final Pattern PROGRAM = Pattern.compile("-classpath %classpath ([\\w.]+)");
    private static final Pattern NATIVE = Pattern.compile("-Dsqlite4java\\.library\\.path=\"([^\"]+)\"");

    private static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
        try (Stream<Path> files = Files.walk(ROOT.resolve("docs"), 1);
                Stream<Path> examples = Files.walk(ROOT.resolve("examples"), 2)) {
            Stream.concat(files, examples)
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .forEach(pages::add);
        }
        return pages;
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin);
        return from < 0 ? "" : text.substring(from, text.indexOf(end, from));
    }

    /** What is wrong with a command; empty if nothing is. */
    private static String wrong(Matcher command) throws IOException {
        Path module = ROOT.resolve(command.group(1));
        if (!Files.isRegularFile(module.resolve("pom.xml"))) {
            return "there is no module " + command.group(1);
        }
        String pom = Files.readString(module.resolve("pom.xml"));
        String profile = between(pom, "<profile>", "</profiles>");
        profile = between(profile, "<id>" + command.group(3) + "</id>", "</profile>");
        Matcher program = PROGRAM.matcher(profile);
        if (!program.find()) {
            return "no profile " + command.group(3) + " that runs a program";
        }
        Path source = module.resolve("src/main/java/" + program.group(1).replace('.', '/') + ".java");
        if (!Files.isRegularFile(source) || !Files.readString(source).contains("public static void main(")) {
            return "there is no program " + program.group(1);
        }
        if (!profile.contains("<phase>process-classes</phase>")
                && !profile.contains("<phase>process-test-classes</phase>")) {
            return "it runs in a phase that the command does not reach";
        }
        if (command.group(4) != null && !profile.contains("${args}")) {
            return "it takes no arguments";
        }
        Matcher library = NATIVE.matcher(profile);
        return library.find() && !pom.contains("<outputDirectory>" + library.group(1) + "</outputDirectory>")
                ? "nothing is put to " + library.group(1)
                : "";
    }

    @Test
    void everyCommandNamesWhatThereIs() throws IOException {
        int commands = 0;
        for (Path page : pages()) {
            Matcher command = COMMAND.matcher(Files.readString(page));
            for (; command.find(); commands++) {
                assertThat(wrong(command)).as("%s: %s", page, command.group()).isEmpty();
            }
        }
        assertThat(commands).isGreaterThan(8);
    }

    @ParameterizedTest
    @CsvSource({
        "examples/no-such, live-migration, '', there is no module",
        "examples/live-migration, no-such, '', no profile",
        "examples/live-migration, arm64, '', no profile",
        "examples/flags-day, flags-day, ' -Dargs=x', it takes no arguments",
        "examples/live-migration, live-migration, ' -Dargs=x', ''",
    })
    void whatIsWrongIsFound(String module, String profile, String more, String found) throws IOException {
        Matcher command = COMMAND.matcher("`mvn -pl " + module + " -am process-test-classes -P" + profile + more + "`");
        assertThat(command.find()).isTrue();
        assertThat(wrong(command)).matches(told -> found.isEmpty() ? told.isEmpty() : told.startsWith(found), found);
    }
}
