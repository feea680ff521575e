package io.github.dualwrite.examples.livemigration;

import java.io.PrintStream;
import java.util.function.LongSupplier;

/** A line every two seconds. */
final class ProgressInLines implements Progress {

    private static final long INTERVAL_NANOS = 2_000_000_000L;

    private final PrintStream out;
    private final LongSupplier nanos;
    private final long start;
    private long last;

    ProgressInLines(PrintStream out) {
        this(out, System::nanoTime);
    }

    /** For tests: with a clock of nanoseconds. */
    ProgressInLines(PrintStream out, LongSupplier nanos) {
        this.out = out;
        this.nanos = nanos;
        this.start = nanos.getAsLong();
        this.last = start;
    }

    @Override
    public void begin(String part) {
        last = nanos.getAsLong();
    }

    @Override
    public void show(Moment moment) {
        long now = nanos.getAsLong();
        if (now - last >= INTERVAL_NANOS) {
            last = now;
            out.printf(
                    "  %3d s %3.0f %%  %-28s %s%n",
                    (now - start) / 1_000_000_000L, moment.done() * 100, moment.step(), moment.numbers());
        }
    }

    @Override
    public void tell(String line) {
        out.println(line);
    }

    @Override
    public void close() {
        out.flush();
    }
}
