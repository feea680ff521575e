package io.github.dualwrite.examples.benchmarks.harness;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Measures contenders side by side: each once in every round, one after the other, in an order that moves on by one from round to
 * round. So what disturbs the machine for a while disturbs all of them, and the ratio of two figures of one round says more than
 * either. Rounds before the first that counts are for warming up. A contender that fails is reported and left out from then on.
 */
public final class Contest {

    /** Somebody who can be measured. */
    @FunctionalInterface
    public interface Contender {
        /**
         * Measures once.
         *
         * @param round negative while warming up
         * @return metrics by name, the same in each round
         */
        Map<String, Double> round(int round) throws Exception;
    }

    private final Run run;
    private final String setting;
    private final int warmups;
    private final int rounds;
    private final Map<String, Contender> contenders = new LinkedHashMap<>();

    /** A contest without contenders. */
    public Contest(Run run, String setting, int warmups, int rounds) {
        this.run = run;
        this.setting = setting;
        this.warmups = warmups;
        this.rounds = rounds;
    }

    /** Adds one. */
    public Contest contender(String name, Contender contender) {
        contenders.put(name, contender);
        return this;
    }

    /** Runs all rounds. */
    public Outcome run() throws InterruptedException {
        Outcome outcome = new Outcome(run, setting);
        List<Map.Entry<String, Contender>> order = List.copyOf(contenders.entrySet());
        Set<String> failed = new LinkedHashSet<>();
        for (int round = -warmups; round < rounds; round++) {
            run.say(setting + (round < 0 ? ", warm-up" : ", round " + (round + 1) + " of " + rounds));
            for (int turn = 0; turn < order.size(); turn++) {
                Map.Entry<String, Contender> next = order.get(Math.floorMod(turn + round, order.size()));
                String name = next.getKey();
                if (failed.contains(name)) {
                    continue;
                }
                try {
                    Map<String, Double> metrics = next.getValue().round(round);
                    if (round >= 0) {
                        metrics.forEach((metric, value) -> outcome.add(name, metric, value));
                    }
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception | LinkageError | AssertionError e) {
                    failed.add(name);
                    outcome.remove(name);
                    run.failed(setting + ", " + name, e);
                }
            }
        }
        return outcome;
    }
}
