package io.github.dualwrite.examples.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlannedTest {

    private static final Duration LENGTH = Duration.ofSeconds(10);

    @Test
    void theSameSeedMakesTheSameSchedule() {
        assertThat(Planned.schedule(7, 5, 40, LENGTH)).isEqualTo(Planned.schedule(7, 5, 40, LENGTH));
        assertThat(Planned.schedule(7, 5, 40, LENGTH)).isNotEqualTo(Planned.schedule(8, 5, 40, LENGTH));
    }

    @Test
    void aScheduleOfTwoRoundsThroughAllKindsHasEachTwice() {
        List<Planned> schedule = Planned.schedule(7, 5, 30, LENGTH);

        for (Fault fault : Fault.values()) {
            assertThat(schedule).filteredOn(planned -> planned.fault() == fault).hasSize(2 * fault.weight());
        }
        assertThat(schedule).allSatisfy(planned -> assertThat(planned.at()).isLessThan(LENGTH));
    }
}
