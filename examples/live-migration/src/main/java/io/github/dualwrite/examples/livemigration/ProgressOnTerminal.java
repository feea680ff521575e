package io.github.dualwrite.examples.livemigration;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar below the story. */
final class ProgressOnTerminal implements Progress {

    private static final int STEPS = 100;
    private static final int INTERVAL_MILLIS = 250;

    private final PrintStream out;
    private final ProgressBar bar;

    ProgressOnTerminal(PrintStream out) {
        this.out = out;
        this.bar = new ProgressBarBuilder()
                .setInitialMax(STEPS)
                .setTaskName("traffic")
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(INTERVAL_MILLIS)
                .hideEta()
                .continuousUpdate()
                .setConsumer(new ConsoleProgressBarConsumer(out))
                .build();
    }

    @Override
    public void show(Moment moment) {
        bar.stepTo((long) (Math.min(1, moment.done()) * STEPS));
        bar.setExtraMessage("  " + moment.numbers());
    }

    @Override
    public void tell(String line) {
        out.print(
                "\r\u001b[K" + line + System.lineSeparator()); // one call, so that the bar's thread cannot come between
    }

    @Override
    public void close() {
        bar.close();
        out.println();
    }
}
