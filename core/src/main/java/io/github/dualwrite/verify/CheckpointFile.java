package io.github.dualwrite.verify;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Keeps a checkpoint in a file. It is written beside, forced to disk and renamed, so that the file is whole wherever the process is killed.
 * Immutable.
 */
public final class CheckpointFile implements CheckpointStore {

    private final Path file;

    private CheckpointFile(Path file) {
        this.file = file;
    }

    /** A file that need not exist, in a directory that must. */
    public static CheckpointFile at(Path file) {
        return new CheckpointFile(file.toAbsolutePath());
    }

    @Override
    public Optional<String> load() throws IOException {
        try {
            return Optional.of(Files.readString(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public void save(String checkpoint) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel out = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(checkpoint.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                int unused = out.write(bytes);
            }
            out.force(true);
        }
        Path unused = Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void remove() throws IOException {
        boolean unused = Files.deleteIfExists(file);
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
