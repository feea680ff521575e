package io.github.dualwrite.examples.reliability;

import java.io.IOException;
import java.io.UncheckedIOException;
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

/** What all processes of a round said, in a file of the driver's that is forced to the disk after each group of lines. */
final class Journal implements AutoCloseable {

    /** No process says it: it has no {@link Line#END}. */
    private static final String CLOSE = "end of the journal";

    private final Path file;
    private final FileChannel channel;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread writer = new Thread(this::write, "journal");

    Journal(Path file) throws IOException {
        this.file = file;
        this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
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
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) { // nobody interrupts it
            Thread.currentThread().interrupt();
        }
    }

    /** Forces what was taken and ends. */
    @Override
    public void close() throws IOException {
        lines.add(CLOSE);
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        channel.close();
    }

    /** What is in the file. */
    List<Line> read() throws IOException {
        try (Stream<String> text = Files.lines(file)) {
            return text.flatMap(line -> Line.parse(line).stream()).toList();
        }
    }
}
