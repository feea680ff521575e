package io.github.dualwrite.examples.livemigration;

import java.io.PrintStream;

/** A line every two seconds. */
final class ProgressInLines implements Progress {

    private static final long INTERVAL_NANOS = 2_000_000_000L;

    private final PrintStream out;
    private final long start = System.nanoTime();
    private long last = start;

    ProgressInLines(PrintStream out) {
        this.out = out;
    }

    @Override
    public void begin(String part) {
        last = System.nanoTime();
    }

    @Override
    public void show(Moment moment) {
        long now = System.nanoTime();
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
