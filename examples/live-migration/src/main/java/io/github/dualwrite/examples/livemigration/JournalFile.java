package io.github.dualwrite.examples.livemigration;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;

/**
 * A journal in a file, one line for each entry. Every line has left the process before the method returns, so a killed process
 * leaves a complete journal. For one writer and one reader.
 */
final class JournalFile implements Journal, AutoCloseable {

    private final FileOutputStream out;

    /** Goes on at the end of the file. */
    JournalFile(Path file) throws IOException {
        this.out = new FileOutputStream(file.toFile(), true);
    }

    private synchronized void line(String text) {
        try {
            out.write((text.replace('\n', ' ') + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void intended(UUID key, long revision) {
        line("I " + key + " " + revision);
    }

    @Override
    public void acknowledged(UUID key, long revision, long version) {
        line("A " + key + " " + revision + " " + version);
    }

    @Override
    public void acknowledgedShared(int count) {
        line("W " + count);
    }

    @Override
    public void read() {
        line("R");
    }

    @Override
    public void staleRead(UUID key) {
        line("S " + key);
    }

    @Override
    public void failed(String call, Throwable error) {
        line("F " + call + " " + error);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    /**
     * Tells another journal what the file says from a position on.
     *
     * @return the position behind the last complete line
     */
    static long replay(Path file, long position, Journal into) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] bytes = new byte[(int) (in.length() - position)];
            in.seek(position);
            in.readFully(bytes);
            String text = new String(bytes, StandardCharsets.UTF_8);
            int end = text.lastIndexOf('\n') + 1;
            text.substring(0, end).lines().forEach(line -> replay(line, into));
            return position + text.substring(0, end).getBytes(StandardCharsets.UTF_8).length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void replay(String line, Journal into) {
        String[] words = line.split(" ", 4);
        switch (words[0]) {
            case "I" -> into.intended(UUID.fromString(words[1]), Long.parseLong(words[2]));
            case "A" ->
                into.acknowledged(UUID.fromString(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
            case "W" -> into.acknowledgedShared(Integer.parseInt(words[1]));
            case "R" -> into.read();
            case "S" -> into.staleRead(UUID.fromString(words[1]));
            default -> into.failed("the writer process:", new IllegalStateException(line));
        }
    }
}
