package io.github.dualwrite.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadRouteSourceTest {

    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void aSystemPropertyIsReadAnewEachTime() throws Exception {
        String name = "dualwrite.test.reads";
        ReadRouteSource source = ReadRouteSource.systemProperty(name);
        try {
            assertThatThrownBy(() -> source.route("customers")).hasMessageContainingAll(name, "is not set");
            System.setProperty(name, "secondary 25%");
            assertThat(source.route("customers")).hasToString("secondary 25%");
            System.setProperty(name, "secondary 2500%");
            assertThatThrownBy(() -> source.route("customers")).hasMessageContainingAll(name, "2500");
        } finally {
            System.clearProperty(name);
        }
    }

    @Test
    void anEnvironmentVariableThatIsNotSetSaysSo() {
        assertThatThrownBy(
                        () -> ReadRouteSource.environment("DUALWRITE_NEVER_SET").route("customers"))
                .hasMessageContainingAll("DUALWRITE_NEVER_SET", "is not set");
    }

    @Test
    void anEnvironmentVariableOfTheProcessIsTheRouteOrSaysWhatIsWrongWithIt() throws Exception {
        ProcessBuilder program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EnvironmentProgram.class.getName(),
                        "READS_SET",
                        "READS_MALFORMED",
                        "READS_EMPTY",
                        "READS_UNSET")
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        program.environment().put("READS_SET", "secondary 0.01% shadow 1%");
        program.environment().put("READS_MALFORMED", "secondary 101%");
        program.environment().put("READS_EMPTY", "");
        program.environment().remove("READS_UNSET");

        Process process = program.start();
        String[] said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\\R");

        assertThat(process.waitFor()).isZero();
        assertThat(said).hasSize(4);
        assertThat(said[0]).isEqualTo("route secondary 0.01% shadow 1%");
        assertThat(said[1])
                .startsWith("IllegalArgumentException environment variable READS_MALFORMED: ")
                .contains("at '101%'", "percentages go from 0% to 100%");
        assertThat(said[2])
                .startsWith("IllegalArgumentException environment variable READS_EMPTY: ")
                .contains("ends too early");
        assertThat(said[3]).startsWith("IllegalStateException environment variable READS_UNSET is not set");
    }

    @Test
    void aFixedRouteIsImmediate() throws Exception {
        ReadRouteSource source = ReadRouteSource.fixed(ReadRoute.secondary());
        assertThat(source.immediate()).isTrue();
        assertThat(source.route("customers")).isEqualTo(ReadRoute.secondary());
    }

    @Test
    void aLambdaIsASource() {
        ReadRouteSource source = repository -> ReadRoute.secondary();
        assertThat(source.description()).isEqualTo("a function of the application");
        assertThat(source.immediate()).isFalse();
        assertThat(source.perKey()).isFalse();
        ReadRouteSource anonymous = new ReadRouteSource() {
            @Override
            public ReadRoute route(String repository) {
                return ReadRoute.secondary();
            }
        };
        assertThat(anonymous.description()).isEqualTo("a function of the application");
    }

    @Test
    void aByteOrderMarkBeforeTheTextIsNoPartOfIt() throws Exception {
        assertThat(ReadRouteFile.properties(write("reads.properties", "\ufeffcustomers=secondary 1%\n"))
                        .route("customers"))
                .hasToString("secondary 1%");
        assertThat(ReadRouteFile.json(write("reads.json", "\ufeff{\"customers\": \"secondary 2%\"}"))
                        .route("customers"))
                .hasToString("secondary 2%");
    }

    @Test
    void bothFileFormatsHaveAnEntryForEachRepository() throws Exception {
        ReadRouteFile properties = ReadRouteFile.properties(
                write("reads.properties", "# reads\ncustomers=secondary 25% shadow 1%\norders = primary\n"));
        ReadRouteFile json = ReadRouteFile.json(
                write("reads.json", "{\"customers\": \"secondary 25% shadow 1%\", \"orders\": \"primary\"}"));
        for (ReadRouteFile file : new ReadRouteFile[] {properties, json}) {
            assertThat(file.route("customers")).hasToString("secondary 25% shadow 1%");
            assertThat(file.route("orders")).isEqualTo(ReadRoute.primary());
            assertThatThrownBy(() -> file.route("custmers"))
                    .hasMessageContainingAll(
                            folder.toString(), "no entry for repository 'custmers'", "customers, orders");
        }
    }

    @Test
    void aFileThatIsReplacedIsReadAnewHoweverItIsReplaced() throws Exception {
        Path file = write("reads.properties", "customers=primary\n");
        ReadRouteFile source = ReadRouteFile.properties(file);
        assertThat(source.route("customers")).hasToString("primary");

        write("reads.properties", "customers=secondary 1%\n");
        assertThat(source.route("customers")).hasToString("secondary 1%");

        Files.move(
                write("new", "customers=secondary 2%\n"),
                file,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        assertThat(source.route("customers")).hasToString("secondary 2%");

        Files.delete(file);
        assertThatThrownBy(() -> source.route("customers")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aLinkThatIsSwappedAsInAMountedConfigurationMapIsFollowed() throws Exception {
        for (String version : new String[] {"1", "2"}) {
            Files.createDirectory(folder.resolve(version));
            write(version + "/reads.properties", "customers=secondary " + version + "%\n");
        }
        Path data = Files.createSymbolicLink(folder.resolve("..data"), Path.of("1"));
        Path file = Files.createSymbolicLink(folder.resolve("reads.properties"), Path.of("..data/reads.properties"));
        ReadRouteFile source = ReadRouteFile.properties(file);
        assertThat(source.route("customers")).hasToString("secondary 1%");

        Path swapped = Files.createSymbolicLink(folder.resolve("..tmp"), Path.of("2"));
        Files.move(swapped, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        assertThat(source.route("customers")).hasToString("secondary 2%");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void aPropertiesFileThatIsCutWithinAnEntryOfSeveralLinesIsNotTakenForAWholeOne(String lineBreak) throws Exception {
        List<String> lines = List.of("customers=secondary \\", "  25% \\", "  deny tenant-x");
        String whole = String.join(lineBreak, lines) + lineBreak;
        ReadRouteFile source = ReadRouteFile.properties(write("reads.properties", whole));
        assertThat(source.route("customers")).hasToString("secondary 25% deny tenant-x");

        for (int length = 0; length < whole.length(); length++) {
            if (length == whole.length() - 1 && whole.endsWith("\r\n")) {
                continue; // the line is over: only half of its break is missing
            }
            write("reads.properties", whole.substring(0, length));
            assertThatThrownBy(() -> source.route("customers"))
                    .as(whole.substring(0, length))
                    .hasMessageContaining("reads.properties");
        }
    }

    @Test
    void aBackslashThatBelongsToTheLastValueContinuesNothing() throws Exception {
        ReadRouteFile source = ReadRouteFile.properties(write("reads.properties", "customers=primary\nnote=C:\\\\\n"));
        assertThat(source.route("customers")).isEqualTo(ReadRoute.primary());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "customers=secondary", "customers=secondary 2", "customers=sec\n", "other=primary\n"})
    void aHalfWrittenPropertiesFileIsNotTakenForAWholeOne(String half) throws Exception {
        ReadRouteFile source = ReadRouteFile.properties(write("reads.properties", half));
        assertThatThrownBy(() -> source.route("customers")).hasMessageContaining("reads.properties");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"customers\": \"secondary 2 | not JSON",
                "{\"customers\": \"secondary\"   | not JSON",
                "{\"customers\": \"primary\", \"customers\": \"secondary\"} | Duplicate",
                "{\"customers\": 25}             | a text for 'customers'",
                "{\"customers\": {\"a\": \"b\"}} | a text for 'customers'",
                "[\"customers\"]                 | expected an object",
                "{\"customers\": \"primary\"} {} | something after the object",
                "{\"customers\": \"secondary 25 percent\"} | entry 'customers'",
            })
    void malformedJsonIsRefusedWithThePlace(String text, String message) throws Exception {
        ReadRouteFile source = ReadRouteFile.json(write("reads.json", text));
        assertThatThrownBy(() -> source.route("customers")).hasMessageContainingAll("reads.json", message);
    }

    @Test
    void anEntryThatIsThereTwiceABytesThatAreNoTextAndAHugeFileAreRefused() throws Exception {
        ReadRouteFile twice = ReadRouteFile.properties(write("twice", "customers=primary\ncustomers=secondary\n"));
        assertThatThrownBy(() -> twice.route("customers")).hasMessageContaining("'customers' is there twice");

        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
        assertThatThrownBy(() -> ReadRouteFile.properties(binary).route("customers"))
                .isInstanceOf(CharacterCodingException.class);

        Path huge = Files.write(folder.resolve("huge"), new byte[2 << 20]);
        assertThatThrownBy(() -> ReadRouteFile.properties(huge).route("customers"))
                .hasMessageContaining("larger than");
    }
}
