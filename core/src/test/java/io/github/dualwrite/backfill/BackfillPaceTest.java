package io.github.dualwrite.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** How fast, with a clock that a test moves. */
class BackfillPaceTest {

    private static final long MILLI = 1_000_000;
    private final AtomicLong now = new AtomicLong(-5 * MILLI);

    private static Courtesy courtesy() {
        return new Courtesy(3, Duration.ofMillis(20), Duration.ofSeconds(1));
    }

    @Test
    void aPageIsPaidForByTheNext() {
        Pace pace = new Pace(100, now::get);

        assertThat(pace.reserve(50)).isZero();
        assertThat(pace.reserve(1_000)).isEqualTo(500 * MILLI);
        now.addAndGet(500 * MILLI);
        assertThat(pace.reserve(1)).isEqualTo(10_000 * MILLI);
    }

    @Test
    void timeThatPassedUnusedIsNotSaved() {
        Pace pace = new Pace(100, now::get);
        pace.reserve(10);
        now.addAndGet(3_600_000 * MILLI);

        assertThat(pace.reserve(100)).isZero();
        assertThat(pace.reserve(1)).isEqualTo(1_000 * MILLI);
    }

    @Test
    void withoutALimitNothingWaits() {
        Pace pace = new Pace(Double.POSITIVE_INFINITY, now::get);

        for (int i = 0; i < 10; i++) {
            assertThat(pace.reserve(Integer.MAX_VALUE)).isZero();
        }
    }

    @Test
    void noRestWhileTheAuthorityIsAsQuickAsItWas() {
        Courtesy courtesy = courtesy();
        for (int i = 0; i < 100; i++) {
            courtesy.pageTook((30 + i % 10) * MILLI, 5_000, true);
        }
        assertThat(courtesy.rest()).isZero();
    }

    @Test
    void restGrowsWhilePagesAreSlowAndEndsWhenTheyAreQuickAgain() {
        Courtesy courtesy = courtesy();
        courtesy.pageTook(30 * MILLI, 5_000, true);
        long before = 0;
        for (int i = 0; i < 10; i++) {
            courtesy.pageTook(400 * MILLI, 5_000, true);
            assertThat(courtesy.rest()).isGreaterThanOrEqualTo(before);
            before = courtesy.rest();
        }
        assertThat(before).isEqualTo(1_000 * MILLI);

        for (int i = 0; i < 100; i++) {
            courtesy.pageTook(30 * MILLI, 5_000, true);
        }
        assertThat(courtesy.rest()).isZero();
    }

    @Test
    void whatIsSlowForGoodIsGotUsedTo() {
        Courtesy courtesy = courtesy();
        courtesy.pageTook(30 * MILLI, 5_000, true);
        for (int i = 0; i < 3_000; i++) {
            courtesy.pageTook(400 * MILLI, 5_000, true);
        }
        assertThat(courtesy.rest()).isZero();
    }

    @Test
    void quickPagesAndSmallOnesAreNeverSlow() {
        Courtesy courtesy = courtesy();
        courtesy.pageTook(MILLI / 100, 5_000, true);
        for (int i = 0; i < 10; i++) {
            courtesy.pageTook(19 * MILLI, 5_000, true);
            courtesy.pageTook(900 * MILLI, 5_000, false);
        }
        assertThat(courtesy.rest()).isZero();
    }

    @Test
    void pagesOfAnotherSizeAreNotComparedWithThoseBefore() {
        Courtesy courtesy = courtesy();
        courtesy.pageTook(30 * MILLI, 500, true);
        courtesy.pageTook(300 * MILLI, 5_000, true);
        assertThat(courtesy.rest()).isZero();
        courtesy.pageTook(30 * MILLI, 200, true);
        for (int i = 0; i < 10; i++) {
            courtesy.pageTook(300 * MILLI, 200, true); // small ones can be slow, too
        }
        assertThat(courtesy.rest()).isPositive();
    }

    @Test
    void aFollowerThatThrottlesMakesItRest() {
        Courtesy courtesy = courtesy();
        courtesy.throttled();
        assertThat(courtesy.rest()).isEqualTo(10 * MILLI);
        courtesy.throttled();
        assertThat(courtesy.rest()).isEqualTo(20 * MILLI);
        courtesy.pageTook(MILLI, 5_000, true);
        assertThat(courtesy.rest()).isEqualTo(18 * MILLI);
    }

    @Test
    void settingsOutOfRangeAreRefusedWithTheirName() {
        for (int wrong : List.of(0, -1)) {
            assertRefused(b -> b.splits(wrong), "splits");
            assertRefused(b -> b.threads(wrong), "threads");
            assertRefused(b -> b.pageSize(wrong), "pageSize");
            assertRefused(b -> b.attempts(wrong), "attempts");
            assertRefused(b -> b.rowsPerSecond(wrong), "rowsPerSecond");
            assertRefused(b -> b.bytesPerSecond(wrong), "bytesPerSecond");
            assertRefused(b -> b.slowdownFactor(wrong), "slowdownFactor");
            assertRefused(b -> b.batchTimeout(Duration.ofMillis(wrong)), "batchTimeout");
            assertRefused(b -> b.lease(Duration.ofMillis(wrong)), "lease");
            assertRefused(b -> b.pollInterval(Duration.ofMillis(wrong)), "pollInterval");
            assertRefused(b -> b.initialBackoff(Duration.ofMillis(wrong)), "initialBackoff");
        }
        assertRefused(b -> b.rowsPerSecond(Double.NaN), "rowsPerSecond");
        assertRefused(b -> b.maxBackoff(Duration.ofMillis(1)), "maxBackoff", "initialBackoff");
        assertRefused(b -> b.maxDelay(Duration.ofMillis(-1)), "maxDelay");
        assertRefused(b -> b.job(" "), "job");
    }

    private static void assertRefused(UnaryOperator<BackfillSettings.Builder<Sample>> setting, String... words) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setting.apply(BackfillSettings.builder()).build())
                .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }
}
