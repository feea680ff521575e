package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a backfill gives way to live writes, with a clock that a test moves: a write each 2 ms, if it does not take longer. */
class GivingWayTest {

    private static final long MICRO = 1_000;
    private static final long MILLI = 1_000_000;
    private static final double UNLIMITED = Double.POSITIVE_INFINITY;

    private final AtomicLong now = new AtomicLong(-5 * MILLI);
    private final GivingWay givingWay = new GivingWay(now::get);

    @BeforeEach
    void begin() {
        givingWay.runBegins();
    }

    private void write(long micros) {
        long began = givingWay.writeBegins();
        now.addAndGet(micros * MICRO);
        givingWay.writeEnds(began, true);
        now.addAndGet(Math.max(0, 2 * MILLI - micros * MICRO));
    }

    private void writes(int count, long micros) {
        for (int i = 0; i < count; i++) {
            write(micros);
        }
    }

    private void besidePages(int count, long micros) {
        givingWay.pageBegins();
        writes(count, micros);
        givingWay.pageEnds();
    }

    /** Ends a round if it may end; as many rows as the rate allows were read, or more. */
    private double judged() {
        return judged(100_000_000);
    }

    private double judged(long rows) {
        givingWay.read(rows, 0);
        long unused = givingWay.rest();
        return givingWay.perSecond();
    }

    /** A round that tells what is usual. */
    private double usual() {
        writes(500, 300);
        return judged(0);
    }

    @Test
    void withoutLiveWritesThereIsNoLimit() {
        assertThat(givingWay.perSecond()).isEqualTo(UNLIMITED);
        assertThat(givingWay.most(5_000)).isEqualTo(5_000);
        givingWay.read(5_000, 0);
        assertThat(givingWay.rest()).isZero();
    }

    @Test
    void withoutABackfillWritesAreNotWatched() {
        givingWay.runEnds();
        writes(1_000, 300);

        givingWay.runBegins();
        assertThat(givingWay.perSecond()).isEqualTo(UNLIMITED);
    }

    @Test
    void theFirstLiveWriteMakesItSlowAndItsPagesSmall() {
        write(300);

        assertThat(givingWay.perSecond()).isEqualTo(GivingWay.FIRST);
        assertThat(givingWay.most(5_000)).isEqualTo(200);
        assertThat(givingWay.most(100)).isEqualTo(100);
    }

    @Test
    void whatWasReadIsPaidForBeforeMoreIsRead() {
        write(300);
        assertThat(givingWay.rest()).isZero();
        givingWay.read(200, 0);

        assertThat(givingWay.rest()).isEqualTo(100 * MILLI);
        now.addAndGet(60 * MILLI);
        assertThat(givingWay.rest()).isBetween(39 * MILLI, 41 * MILLI);
        now.addAndGet(60 * MILLI);
        assertThat(givingWay.rest()).isZero();
    }

    @Test
    void nobodyWaitsLongForOneLargePage() {
        write(300);
        givingWay.read(200, 1L << 30);

        assertThat(givingWay.rest()).isEqualTo(5_000 * MILLI);
        now.addAndGet(11_000 * MILLI);
        assertThat(givingWay.rest()).as("nobody writes any more").isZero();
    }

    @Test
    void itGrowsWhileNoWriteIsHurtAndTheRateIsMadeUseOf() {
        double before = usual();
        for (int round = 1; round <= 20; round++) {
            besidePages(500, 350); // less than a fifth longer than usual
            assertThat(judged()).isGreaterThan(before);
            before = givingWay.perSecond();
        }
        assertThat(before).isGreaterThan(1_000_000);
        assertThat(givingWay.most(5_000)).isEqualTo(5_000);
    }

    @Test
    void aRateThatIsNotMadeUseOfDoesNotGrow() {
        double before = usual();
        for (int round = 0; round < 20; round++) {
            besidePages(500, 300);
            assertThat(judged(100)).isEqualTo(before);
        }
    }

    @Test
    void itDoesNotGrowBeforeItIsKnownHowLongWritesTake() {
        besidePages(500, 300);

        assertThat(judged()).isEqualTo(GivingWay.FIRST);
    }

    @Test
    void itIsHalvedWhenWritesBesidePagesAreHurtAndThenGrowsSlowly() {
        double before = usual();
        besidePages(20, 3_000);
        writes(480, 300);
        assertThat(judged()).isEqualTo(before / 2);

        writes(500, 300);
        assertThat(judged()).isEqualTo(before / 2 * 1.2);

        for (int i = 0; i < 50; i++) {
            besidePages(500, 3_000);
            double unused = judged();
        }
        assertThat(givingWay.perSecond()).as("it never stands still").isEqualTo(GivingWay.LEAST);
    }

    @Test
    void itIsHalvedAtOnceWhenMuchIsHurtAndOnlyOnceForOneStall() {
        double before = usual();
        long[] stalled = new long[20];
        givingWay.pageBegins();
        for (int i = 0; i < stalled.length; i++) {
            stalled[i] = givingWay.writeBegins();
        }
        now.addAndGet(200 * MILLI);
        for (int i = 0; i < 10; i++) {
            givingWay.writeEnds(stalled[i], true);
        }
        assertThat(judged()).isEqualTo(before / 2);
        for (int i = 10; i < stalled.length; i++) {
            givingWay.writeEnds(stalled[i], true);
        }
        givingWay.pageEnds();

        assertThat(judged()).isEqualTo(before / 2);
    }

    @Test
    void writesThatFailSlowlyBesidePagesAreHurtAndTellNothingOfWhatIsUsual() {
        double before = usual();
        for (int i = 0; i < 500; i++) {
            long began = givingWay.writeBegins();
            now.addAndGet(3 * MILLI);
            givingWay.writeEnds(began, false);
        }
        double unused = judged(0);
        givingWay.pageBegins();
        for (int i = 0; i < 20; i++) {
            long began = givingWay.writeBegins();
            now.addAndGet(3 * MILLI);
            givingWay.writeEnds(began, false);
        }
        givingWay.pageEnds();
        assertThat(judged()).isEqualTo(before / 2);
    }

    @Test
    void longWritesThatPagesBeginBesideAreSlowByThemselves() {
        double before = usual();
        for (int i = 0; i < 100; i++) {
            writes(4, 300);
            long began = givingWay.writeBegins();
            now.addAndGet(50 * MILLI);
            givingWay.pageBegins();
            now.addAndGet(50 * MILLI);
            givingWay.pageEnds();
            givingWay.writeEnds(began, true);
        }

        assertThat(judged()).isGreaterThan(before);
    }

    @Test
    void whatIsUsualIsLearntAnew() {
        double before = usual();
        for (int round = 0; round < 3; round++) {
            writes(500, 3_000); // the authority is slow, and no page is under way
            double unused = judged(0);
        }
        besidePages(500, 3_000);

        assertThat(judged()).isGreaterThan(before);
    }

    @Test
    void withFewWritesARoundLastsForFiveSeconds() {
        double before = usual();
        for (int i = 0; i < 4; i++) {
            write(300);
            now.addAndGet(1_000 * MILLI);
            assertThat(judged()).isEqualTo(before);
        }
        now.addAndGet(1_000 * MILLI);
        assertThat(judged()).isGreaterThan(before);
    }

    @Test
    void aWriteThatHangsIsAWriteAndTenSecondsWithoutOneAreNone() {
        usual();
        long hanging = givingWay.writeBegins();
        now.addAndGet(60_000 * MILLI);
        assertThat(givingWay.perSecond()).isEqualTo(GivingWay.FIRST);

        givingWay.writeEnds(hanging, false);
        now.addAndGet(10_000 * MILLI);
        assertThat(givingWay.perSecond()).isEqualTo(UNLIMITED);
    }

    @Test
    void theNextWriteAfterAPauseFindsTheRateAsItWas() {
        double before = usual();
        besidePages(500, 3_000);
        assertThat(judged()).isEqualTo(before / 2);
        now.addAndGet(10_000 * MILLI);
        assertThat(givingWay.perSecond()).isEqualTo(UNLIMITED);

        givingWay.read(1_000_000, 0); // without a limit
        write(300);
        assertThat(judged()).isEqualTo(before / 2);
    }

    @Test
    void whileItDoesNotKnowHowLongWritesTakeItIsQuietForASecond() {
        givingWay.pageBegins();
        writes(500, 300);
        long unused = givingWay.rest();

        assertThat(givingWay.rest()).isEqualTo(1_000 * MILLI);
    }

    @Test
    void oneOrTwoSlowWritesAreChance() {
        double before = usual();
        for (int round = 0; round < 10; round++) {
            writes(20, 300);
            besidePages(2, 3_000);
            now.addAndGet(5_000 * MILLI);
            assertThat(judged()).isGreaterThan(before);
            before = givingWay.perSecond();
        }
    }

    @Test
    void clearWritesThatAPageBeginsBesideDoNotHideThatPagesHurt() {
        double unused = usual();
        for (int i = 0; i < 500; i++) {
            long began = givingWay.writeBegins();
            now.addAndGet(100 * MICRO);
            boolean met = i % 20 == 0;
            if (met) {
                givingWay.pageBegins();
            }
            now.addAndGet(met ? 5 * MILLI : 200 * MICRO);
            givingWay.writeEnds(began, true);
            now.addAndGet(met ? 0 : 2 * MILLI);
            if (met) {
                givingWay.pageEnds();
            }
        }
        double before = judged();
        besidePages(20, 5_000);
        writes(480, 300);

        assertThat(judged()).isEqualTo(before / 2);
    }

    @Test
    void largeRowsCountAsSeveralAndMakePagesSmaller() {
        write(300);
        for (int i = 0; i < 30; i++) {
            givingWay.read(10, 10 * 256 * 20);
        }

        assertThat(givingWay.most(5_000)).isBetween(9, 11);
    }
}
