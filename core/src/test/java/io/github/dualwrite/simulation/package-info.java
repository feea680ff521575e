/**
 * A world in which the real classes run, and in which everything else is simulated: time, threads, chance, the network and the
 * death of processes. A seed decides what happens; the same seed is the same schedule.
 */
@NullMarked
package io.github.dualwrite.simulation;

import org.jspecify.annotations.NullMarked;
