package io.github.dualwrite.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.ScanPage;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PageLimitTest {

    private final PageLimit limit = new PageLimit(5_000, 500, 4 << 20);

    private static ScanPage<String, String> page(int records, long bytes) {
        return new ScanPage<>(records(records), List.of(), bytes, "next");
    }

    private static ScanPage<String, String> last(int records, long bytes) {
        return new ScanPage<>(records(records), List.of(), bytes, null);
    }

    private static List<ScanPage.Scanned<String, String>> records(int count) {
        return Collections.nCopies(count, new ScanPage.Scanned<>("key", "value"));
    }

    @Test
    void pagesAreAsLargeAsIsAllowedAndSmallerWhileRecordsAreLarge() {
        assertThat(limit.next()).as("nothing is known yet").isEqualTo(500);
        limit.saw(500, page(500, 500 * 100));
        assertThat(limit.next()).isEqualTo(5_000);
        limit.saw(5_000, page(5_000, 5_000L * 8_192));
        assertThat(limit.next()).isEqualTo(512);
        limit.saw(512, page(512, 512L * 100_000_000));
        assertThat(limit.next()).isEqualTo(1);
        limit.saw(1, page(1, 0));
        assertThat(limit.next()).isEqualTo(5_000);
        assertThat(new PageLimit(7, 500, 4 << 20).next()).isEqualTo(7);
    }

    @Test
    void aSplitsLastPageIsJudgedByWhatItHas() {
        limit.saw(500, last(1, 8_192));
        assertThat(limit.next()).isEqualTo(512);
        limit.saw(512, last(0, 0));
        assertThat(limit.next()).as("an empty one says nothing").isEqualTo(512);
    }

    @Test
    void whatAStoreReadsAndDoesNotGiveIsNoLargeRecord() {
        limit.saw(500, page(1, 500 * 100));
        assertThat(limit.next()).isEqualTo(5_000);
        limit.saw(5_000, page(0, 5_000 * 100));
        assertThat(limit.next()).isEqualTo(5_000);
    }
}
