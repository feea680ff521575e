package io.github.dualwrite.testkit;

import java.util.Random;

/**
 * Runs a check with many seeds. By default a few, always the same; {@code -Ddualwrite.fuzz=1000} runs a thousand times as many, {@code
 * -Ddualwrite.fuzz.seed=4711} begins at another seed. What fails says its seed; {@code -Ddualwrite.fuzz.seed=… -Ddualwrite.fuzz=0} runs it
 * alone.
 */
public final class Fuzz {

    private static final int TIMES = Integer.getInteger("dualwrite.fuzz", 1);
    private static final long FIRST = Long.getLong("dualwrite.fuzz.seed", 1);

    private Fuzz() {}

    /** One case. */
    @FunctionalInterface
    public interface Case {
        void run(Random random) throws Exception;
    }

    /** Runs so many cases, or as many times that as the system property says. */
    public static void cases(int count, Case check) {
        long seeds = Math.max(1, (long) count * TIMES);
        for (long seed = FIRST; seed < FIRST + seeds; seed++) {
            try {
                check.run(new Random(seed));
            } catch (Exception | AssertionError | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }
}
