package io.github.dualwrite.examples.reliability;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The keys of a round: a few that everybody writes all the time, many that were there before, pairs that are only ever written together,
 * and some that get records that DynamoDB cannot hold.
 *
 * @param old how many records there are before dual writes begin
 */
record Keys(int old) {

    private static final int HOT = 24;
    private static final int PAIRS = 8;
    private static final int LARGE = 2;

    String hot(SplittableRandom random) {
        return "hot" + random.nextInt(HOT);
    }

    /** One of those that were there before, or a hot one. */
    String any(SplittableRandom random) {
        return random.nextInt(4) > 0 ? hot(random) : old(random.nextInt(old));
    }

    /** Different keys. */
    List<String> some(SplittableRandom random, int count) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(any(random));
        }
        return keys.stream().distinct().toList();
    }

    String old(int number) {
        return "old" + number;
    }

    List<String> pair(SplittableRandom random) {
        return pair(random.nextInt(PAIRS));
    }

    String large(SplittableRandom random) {
        return "large" + random.nextInt(LARGE);
    }

    static boolean wasThereBefore(String key) {
        return key.startsWith("old");
    }

    static boolean mayBeTooLarge(String key) {
        return key.startsWith("large");
    }

    /** All pairs. */
    List<List<String>> pairs() {
        List<List<String>> pairs = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            pairs.add(pair(i));
        }
        return pairs;
    }

    private static List<String> pair(int number) {
        return List.of("pair" + number + "a", "pair" + number + "b");
    }
}
