package io.github.dualwrite.examples.reliability;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * One step of a schedule.
 *
 * @param at when, from the beginning of the schedule
 * @param instance which process it is done to, or to whose connections
 * @param postgres whether its connections to PostgreSQL are meant, or those to DynamoDB
 * @param duration how long it lasts; for a kill, how long the process stays away
 */
record Planned(Duration at, Fault fault, int instance, boolean postgres, Duration duration) {

    /**
     * Makes a schedule that depends on its arguments alone. Each kind of fault comes about as often as its weight says, in an order of
     * the seed's.
     */
    static List<Planned> schedule(long seed, int instances, int faults, Duration length) {
        Random random = new Random(seed);
        List<Fault> kinds = new ArrayList<>();
        List<Planned> schedule = new ArrayList<>();
        long slot = length.toMillis() / faults;
        for (int i = 0; i < faults; i++) {
            if (kinds.isEmpty()) {
                for (Fault fault : Fault.values()) {
                    kinds.addAll(Collections.nCopies(fault.weight(), fault));
                }
                Collections.shuffle(kinds, random);
            }
            Fault fault = kinds.remove(kinds.size() - 1);
            schedule.add(new Planned(
                    Duration.ofMillis(i * slot + random.nextInt((int) slot)),
                    fault,
                    random.nextInt(instances),
                    fault != Fault.THROTTLE && random.nextBoolean(),
                    Duration.ofMillis(100 + random.nextInt(1500))));
        }
        return schedule;
    }

    @Override
    public String toString() {
        return at.toMillis() + " ms " + fault + " instance " + instance + (postgres ? " postgres" : " dynamodb")
                + " for " + duration.toMillis() + " ms";
    }
}
