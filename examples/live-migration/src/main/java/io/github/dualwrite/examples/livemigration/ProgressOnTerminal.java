package io.github.dualwrite.examples.livemigration;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar below the story, a new one for each part. */
final class ProgressOnTerminal implements Progress {

    private static final int STEPS = 100;
    private static final int INTERVAL_MILLIS = 250;

    private final PrintStream out;
    private @Nullable ProgressBar bar;

    ProgressOnTerminal(PrintStream out) {
        this.out = out;
    }

    @Override
    public void begin(String part) {
        end();
        bar = new ProgressBarBuilder()
                .setInitialMax(STEPS)
                .setTaskName(part)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(INTERVAL_MILLIS)
                .hideEta()
                .continuousUpdate()
                .setConsumer(new ConsoleProgressBarConsumer(out))
                .build();
    }

    @Override
    public void show(Moment moment) {
        ProgressBar now = bar;
        if (now != null) {
            now.stepTo((long) (Math.min(1, moment.done()) * STEPS));
            now.setExtraMessage("  " + moment.numbers());
        }
    }

    @Override
    public void tell(String line) {
        out.print(
                "\r\u001b[K" + line + System.lineSeparator()); // one call, so that the bar's thread cannot come between
    }

    private void end() {
        ProgressBar now = bar;
        if (now != null) {
            now.close();
            bar = null;
        }
    }

    @Override
    public void close() {
        end();
        out.flush();
    }
}
