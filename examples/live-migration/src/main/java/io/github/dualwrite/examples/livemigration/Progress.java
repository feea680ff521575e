package io.github.dualwrite.examples.livemigration;

import java.io.Console;
import java.io.PrintStream;

/** Shows how far a run is. For one thread. */
interface Progress extends AutoCloseable {

    /**
     * What is shown.
     *
     * @param step what is going on
     * @param done how much of this part is over, from 0 to 1
     * @param detail more about it; may be empty
     * @param writes acknowledged writes per second
     * @param reads answered reads per second
     * @param pending the queue's depth
     * @param breaker the breaker's state
     */
    record Moment(String step, double done, String detail, long writes, long reads, long pending, String breaker) {

        String numbers() {
            return (detail.isEmpty() ? "" : detail + "  ") + "writes " + writes + "/s  reads " + reads + "/s  pending "
                    + pending + "  breaker " + breaker;
        }
    }

    /**
     * How far something is that the library does.
     *
     * @param done from 0 to 1
     * @param detail in words
     */
    record Part(double done, String detail) {

        static final Part BEGINNING = new Part(0, "");
    }

    /** A new part of the run begins, of which nothing is done yet. */
    void begin(String part);

    /** Shows a moment; may be called often. */
    void show(Moment moment);

    /** Tells a part of the story. */
    void tell(String line);

    @Override
    void close();

    /** A bar on a terminal, plain lines anywhere else. */
    static Progress on(PrintStream out) {
        return terminal() ? new ProgressOnTerminal(out) : new ProgressInLines(out);
    }

    @SuppressWarnings("SystemConsoleNull") // a console without a terminal is looked at too
    private static boolean terminal() {
        Console console = System.console();
        if (console == null || "dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        try { // since Java 22 there is a console without a terminal too
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
