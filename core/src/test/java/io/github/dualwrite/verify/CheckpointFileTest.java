package io.github.dualwrite.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a checkpoint is written, and who can read it. */
class CheckpointFileTest {

    @TempDir
    Path folder;

    private long files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.count();
        }
    }

    @Test
    void whatIsSavedIsLoadedUntilItIsRemoved() throws IOException {
        CheckpointFile file = CheckpointFile.at(folder.resolve("checkpoint"));
        assertThat(file.load()).isEmpty();
        file.save("first");
        file.save("second");
        assertThat(file.load()).contains("second");
        assertThat(files()).as("nothing is left beside").isEqualTo(1);
        file.remove();
        file.remove();
        assertThat(file.load()).isEmpty();
    }

    @Test
    void aLinkThatSomebodyHasPutBesideIsNotFollowed() throws IOException {
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        Path unused = Files.createSymbolicLink(folder.resolve("checkpoint.new"), victim);

        CheckpointFile.at(folder.resolve("checkpoint")).save("state");

        assertThat(victim).hasContent("precious");
        assertThat(folder.resolve("checkpoint")).isRegularFile().hasContent("state");
    }

    @Test
    void onlyItsOwnerCanReadIt() throws IOException {
        Path path = folder.resolve("checkpoint");
        CheckpointFile.at(path).save("state");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void aPathThatIsALinkStaysOne() throws IOException {
        Path elsewhere = Files.createDirectory(folder.resolve("volume")).resolve("real");
        Path link = Files.createSymbolicLink(folder.resolve("checkpoint"), Path.of("volume", "real"));
        CheckpointFile file = CheckpointFile.at(link);

        file.save("first");
        file.save("second");
        assertThat(link).isSymbolicLink();
        assertThat(elsewhere).hasContent("second");
        assertThat(file.load()).contains("second");

        file.remove();
        assertThat(link).isSymbolicLink();
        assertThat(elsewhere).doesNotExist();
        assertThat(file.load()).isEmpty();
    }

    @Test
    void aLinkThatLeadsToItselfIsRefused() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("checkpoint"), Path.of("checkpoint"));
        assertThatThrownBy(() -> CheckpointFile.at(link).save("state")).isInstanceOf(FileSystemLoopException.class);
    }

    @Test
    void aSaveThatFailsLeavesNothingBeside() throws IOException {
        Path path = Files.createDirectory(folder.resolve("checkpoint"));
        Path unused = Files.createFile(path.resolve("in use"));
        assertThatThrownBy(() -> CheckpointFile.at(path).save("state")).isInstanceOf(IOException.class);
        assertThat(files()).isEqualTo(1);
    }
}
