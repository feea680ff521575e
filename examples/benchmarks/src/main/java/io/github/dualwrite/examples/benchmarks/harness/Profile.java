package io.github.dualwrite.examples.benchmarks.harness;

import java.util.List;
import java.util.Locale;

/** How much is measured. */
public enum Profile {
    /** Tiny sizes, in one process: shows that everything runs. Its figures mean nothing. */
    SMOKE,
    /** Stays below ten minutes on two processors. */
    QUICK,
    /** What {@code docs/performance.md} tells. */
    FULL;

    /** The size for this profile. */
    public int of(int smoke, int quick, int full) {
        return switch (this) {
            case SMOKE -> smoke;
            case QUICK -> quick;
            case FULL -> full;
        };
    }

    /** The sizes for this profile. */
    public List<Integer> of(List<Integer> smoke, List<Integer> quick, List<Integer> full) {
        return switch (this) {
            case SMOKE -> smoke;
            case QUICK -> quick;
            case FULL -> full;
        };
    }

    /** The word for the command line and for files. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
