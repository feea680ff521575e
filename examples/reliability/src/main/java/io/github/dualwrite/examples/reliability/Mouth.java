package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.ReadStatistics;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How an instance tells the driver what it does. A line is in the pipe when {@link #say} returns, and stays there whatever becomes of
 * the process. Safe for use by many threads.
 */
final class Mouth {

    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    private final String process;
    private final int life;
    private final AtomicLong operations = new AtomicLong();

    /**
     * The mouth of a process.
     *
     * @param life counts the processes of this name
     */
    Mouth(String process, int life) {
        this.process = process;
        this.life = life;
    }

    String process() {
        return process;
    }

    /** A name for a write, which no other write of the round has. */
    String nextOperation() {
        return process + "." + life + ":" + operations.incrementAndGet();
    }

    /** How many reads by key each store has answered so far. */
    void answered(ReadStatistics reads) {
        say(new Line.Answered(process + "." + life, reads.readsByFollower(), reads.readsByAuthority()));
    }

    synchronized void say(Line line) {
        try {
            out.write((line.text() + Line.END + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) { // the driver is gone
            throw new UncheckedIOException(e);
        }
    }

    /** Tells of an error that no contract allows. */
    void unexpected(Throwable error) {
        Throwable cause = error.getCause();
        say(new Line.Unexpected(process, error + (cause == null ? "" : " caused by " + cause)));
    }
}
