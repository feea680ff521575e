package io.github.dualwrite.simulation;

import java.util.List;
import java.util.SplittableRandom;

/** All from one seed. */
final class SeededChoices implements Choices {

    private final SplittableRandom random;

    SeededChoices(long seed) {
        this.random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 1);
    }

    @Override
    public int next(List<Step> enabled) {
        return enabled.size() == 1 ? 0 : random.nextInt(enabled.size());
    }

    @Override
    public int number(int bound) {
        return random.nextInt(bound);
    }
}
