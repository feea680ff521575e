package io.github.dualwrite.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One line for each step: virtual time, who, what. Costs nothing if it is off. */
final class Trace {

    private final boolean on;
    private final List<String> lines = new ArrayList<>();
    private long start = -1;

    Trace(boolean on) {
        this.on = on;
    }

    void line(long now, Object... what) {
        if (on) {
            if (start < 0) {
                start = now;
            }
            StringBuilder line = new StringBuilder(80);
            line.append(String.format(Locale.ROOT, "%10.3f ms  ", (now - start) / 1_000_000.0));
            for (Object part : what) {
                line.append(part);
            }
            lines.add(line.toString());
        }
    }

    List<String> lines() {
        return lines;
    }
}
