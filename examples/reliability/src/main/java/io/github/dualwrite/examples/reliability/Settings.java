package io.github.dualwrite.examples.reliability;

import java.time.Duration;

/**
 * How a run is made.
 *
 * @param rounds how many, each with tables and processes of its own
 * @param length how long faults happen in a round
 * @param faults how many happen in a round
 * @param rate calls that each thread of a writer or reader makes in a second
 * @param old records that are there before dual writes begin
 * @param sabotage what is broken on purpose
 */
record Settings(long seed, int rounds, Duration length, int faults, int rate, int old, Sabotage sabotage) {

    /** The settings of a round by itself; its seed makes the same schedule again. */
    Settings round(int number) {
        return new Settings(seed + number, 1, length, faults, rate, old, sabotage);
    }
}
