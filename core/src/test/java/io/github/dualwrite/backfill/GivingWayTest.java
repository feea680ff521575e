package io.github.dualwrite.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How a backfill gives way to live writes, with a clock that a test moves: a write each 2 ms, if it does not take longer. */
class GivingWayTest {

    private static final long MICRO = 1_000;
    private static final long MILLI = 1_000_000;
    private static final double UNLIMITED = Double.POSITIVE_INFINITY;

    private final AtomicLong now = new AtomicLong(-5 * MILLI);
    private final GivingWay givingWay = new GivingWay(now::get);

    private void write(long micros) {
        long began = now.get();
        now.addAndGet(micros * MICRO);
        givingWay.wrote(began, now.get());
        now.addAndGet(Math.max(0, 2 * MILLI - micros * MICRO));
    }

    private void writes(int count, long micros) {
        for (int i = 0; i < count; i++) {
            write(micros);
        }
    }

    private void besidePages(int count, long micros) {
        givingWay.begins();
        writes(count, micros);
        givingWay.ends();
    }

    /** Writes that tell what is usual; the next one begins a round. */
    private void usual() {
        writes(500, 300);
    }

    /** As many rows as the rate allows, or more. */
    private void used() {
        long unused = givingWay.read(100_000_000, 0);
    }

    @Test
    void withoutLiveWritesThereIsNoLimit() {
        assertThat(givingWay.perSecond()).isEqualTo(UNLIMITED);
        assertThat(givingWay.most(5_000)).isEqualTo(5_000);
    }

    @Test
    void theFirstLiveWriteMakesItSlowAndItsPagesSmall() {
        write(300);

        assertThat(givingWay.perSecond()).isEqualTo(GivingWay.FIRST);
        assertThat(givingWay.most(5_000)).isEqualTo(200);
        assertThat(givingWay.most(100)).isEqualTo(100);
    }

    @Test
    void itGrowsWhileNoWriteIsHurtAndTheRateIsMadeUseOf() {
        usual();
        double before = givingWay.perSecond();
        for (int round = 1; round <= 20; round++) {
            used();
            besidePages(500, 350); // less than a fifth longer than usual
            assertThat(givingWay.perSecond()).isGreaterThan(before);
            before = givingWay.perSecond();
        }
        assertThat(before).isGreaterThan(1_000_000);
        assertThat(givingWay.most(5_000)).isEqualTo(5_000);
    }

    @Test
    void aRateThatIsNotMadeUseOfDoesNotGrow() {
        usual();
        double before = givingWay.perSecond();
        for (int round = 0; round < 20; round++) {
            long unused = givingWay.read(100, 0);
            besidePages(500, 300);
        }
        assertThat(givingWay.perSecond()).isEqualTo(before);
    }

    @Test
    void itIsHalvedAtOnceWhenWritesBesidePagesAreHurt() {
        usual();
        double before = givingWay.perSecond();
        besidePages(1, 3_000);
        assertThat(givingWay.perSecond()).isEqualTo(before);
        besidePages(1, 3_000);
        assertThat(givingWay.perSecond()).isEqualTo(before / 2);

        for (int i = 0; i < 100; i++) {
            besidePages(1, 3_000);
        }
        assertThat(givingWay.perSecond()).as("never ends").isEqualTo(GivingWay.LEAST);
    }

    @Test
    void aPageThatEndsDuringAWriteIsBesideIt() {
        usual();
        double before = givingWay.perSecond();
        for (int i = 0; i < 2; i++) {
            givingWay.begins();
            long began = now.get();
            now.addAndGet(MILLI);
            givingWay.ends();
            now.addAndGet(2 * MILLI);
            givingWay.wrote(began, now.get());
        }
        assertThat(givingWay.perSecond()).isEqualTo(before / 2);
    }

    @Test
    void writesThatAreSlowByThemselvesAreNotHeldAgainstIt() {
        usual();
        for (int round = 0; round < 20; round++) {
            used();
            writes(250, 300);
            writes(250, 3_000); // the authority is slow, and no page is under way
        }
        assertThat(givingWay.perSecond()).isGreaterThan(GivingWay.FIRST);

        double before = givingWay.perSecond();
        used();
        besidePages(500, 3_000); // as slow as usual now
        assertThat(givingWay.perSecond()).isGreaterThan(before);
    }

    @Test
    void withFewWritesItGrowsAfterATime() {
        write(300);
        used();
        now.addAndGet(6_000 * MILLI);
        write(300);

        assertThat(givingWay.perSecond()).isGreaterThan(GivingWay.FIRST);
    }

    @Test
    void afterTenSecondsWithoutAWriteThereIsNoLimitAndThenItBeginsAnew() {
        usual();
        besidePages(2, 3_000);
        now.addAndGet(10_000 * MILLI);
        assertThat(givingWay.perSecond()).isEqualTo(UNLIMITED);

        write(300);
        assertThat(givingWay.perSecond()).isEqualTo(GivingWay.FIRST);
    }

    @Test
    void largeRowsCountAsSeveral() {
        assertThat(givingWay.read(10, 1_000)).isEqualTo(10);
        assertThat(givingWay.read(10, 256_000)).isEqualTo(1_000);
    }
}
