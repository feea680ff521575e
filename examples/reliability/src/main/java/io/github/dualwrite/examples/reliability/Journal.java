package io.github.dualwrite.examples.reliability;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What all processes of a round said, in a file of the driver's that is forced to the disk after each group of lines. */
final class Journal implements AutoCloseable {

    /** No process says it: it has no {@link Line#END}. */
    private static final String CLOSE = "end of the journal";

    private final Path file;
    private final FileChannel channel;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread writer = new Thread(this::write, "journal");
    private @Nullable IOException failure;

    Journal(Path file) throws IOException {
        this(file, FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    }

    Journal(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
        writer.start();
    }

    /** Takes a line; it will be on the disk soon. */
    void append(String line) {
        if (line.endsWith(Line.END)) {
            lines.add(line);
        }
    }

    private void write() {
        List<String> group = new ArrayList<>();
        try {
            do {
                group.clear();
                group.add(lines.take());
                lines.drainTo(group);
                String text = String.join("\n", group) + "\n";
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(false);
            } while (!group.contains(CLOSE));
        } catch (IOException e) {
            failure = e; // of a thread that has ended, see close()
        } catch (InterruptedException e) { // nobody interrupts it
            Thread.currentThread().interrupt();
        }
    }

    /** Forces what was taken and ends; throws what kept any of it from the disk, for then nothing is proved. */
    @Override
    public void close() throws IOException {
        lines.add(CLOSE);
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        channel.close();
        if (failure != null) {
            throw failure;
        }
    }

    /** What is in the file. */
    List<Line> read() throws IOException {
        try (Stream<String> text = Files.lines(file)) {
            return text.flatMap(line -> Line.parse(line).stream()).toList();
        }
    }
}
