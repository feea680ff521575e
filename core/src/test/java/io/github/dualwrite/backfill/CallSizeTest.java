package io.github.dualwrite.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallSizeTest {

    private final CallSize size = new CallSize(1_000, 5_000);

    private void easy() {
        size.easy(size.next());
    }

    private void tooMuch() {
        size.tooMuch(size.next(), 1);
    }

    @Test
    void growsToTheLargestAndShrinksToOne() {
        assertThat(size.next()).isEqualTo(1_000);
        easy();
        easy();
        easy();
        assertThat(size.next()).isEqualTo(5_000);
        easy();
        assertThat(size.next()).isEqualTo(5_000);
        for (int i = 0; i < 20; i++) {
            tooMuch();
        }
        assertThat(size.next()).isEqualTo(1);
        assertThat(new CallSize(1_000, 5).next()).isEqualTo(5);
    }

    @Test
    void isTwiceAsLargeAfterOneEasyCallOfItsSize() {
        tooMuch();
        size.easy(499);
        assertThat(size.next()).as("a smaller call says nothing").isEqualTo(500);
        easy();
        assertThat(size.next()).isEqualTo(1_000);
    }

    @Test
    void theCallsOfSeveralThreadsThatFailTogetherMakeItSmallerOnceForEach() {
        size.tooMuch(1_000, 1);
        size.tooMuch(1_000, 1);
        assertThat(size.next()).isEqualTo(250);
        size.tooMuch(10, 1);
        assertThat(size.next()).isEqualTo(5);
    }

    @Test
    void isNotMadeSmallerThanWhatIsNoLongerTooMany() {
        for (int i = 0; i < 20; i++) {
            size.tooMuch(size.next(), 10);
        }
        assertThat(size.next()).isEqualTo(10);
        size.tooMuch(10, 1);
        size.tooMuch(5, 10);
        assertThat(size.next()).as("it is not made larger").isEqualTo(5);
    }

    /** A follower that can take 200 at once. */
    @Test
    void aSizeThatIsTooMuchIsTriedAgainLessAndLessOftenUntilItIsNot() {
        List<Integer> between = new ArrayList<>();
        int easy = 0;
        for (int call = 0; call < 1_000; call++) {
            if (size.next() > 200) {
                tooMuch();
                between.add(easy);
                easy = 0;
            } else {
                easy();
                easy++;
            }
        }
        assertThat(between).startsWith(0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 64);

        for (int i = 0; i < 64 + 32 + 16 + 8; i++) { // now it can take all
            easy();
        }
        assertThat(size.next()).as("what works is trusted again").isGreaterThanOrEqualTo(1_000);
    }
}
