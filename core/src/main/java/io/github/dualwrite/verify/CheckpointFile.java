package io.github.dualwrite.verify;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;

/**
 * Keeps a checkpoint in a file. It is written beside, forced to disk and renamed, so that the file is whole wherever the process is killed;
 * a process that is killed while it writes leaves a file beside whose name ends with {@code .new}, which may be removed. On file systems with
 * permissions of POSIX only its owner can read it: keys are in it. A path that is a symbolic link stays one, and what it leads to is written.
 * Immutable.
 */
public final class CheckpointFile implements CheckpointStore {

    private static final int MOST_LINKS = 40;

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
        Path whole = linked();
        Path folder = Objects.requireNonNull(whole.getParent(), "folder"); // the path is absolute
        // a new file that only its owner may read, never one, or a link, that somebody has put there
        Path beside = Files.createTempFile(folder, file.getFileName() + ".", ".new");
        try {
            try (FileChannel out = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(checkpoint.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    int unused = out.write(bytes);
                }
                out.force(true);
            }
            Path unused =
                    Files.move(beside, whole, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            boolean unused = Files.deleteIfExists(beside); // there only if it could not be renamed
        }
    }

    @Override
    public void remove() throws IOException {
        boolean unused = Files.deleteIfExists(linked());
    }

    /** What the path leads to: a rename would put the file in the place of a link. */
    private Path linked() throws IOException {
        Path path = file;
        for (int links = 0; Files.isSymbolicLink(path); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemLoopException(file.toString());
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        return path;
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
