package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every scan must do, in whichever role its store is. An adapter's test extends this class and fills in the hooks. */
@Tag("DW-7")
public abstract class ScanContract {

    /** Opens a scan; more than one call in a test gives scans of the same store, as other processes have them. */
    protected abstract RecordScan<String, Sample> scan();

    /** Puts records into the store of this test, which is empty before the first call. */
    protected abstract void store(Collection<Sample> records);

    /** Removes records; a follower is to be left with their tombstones. */
    protected abstract void delete(Collection<String> keys);

    /** Puts something into the store that the mapping cannot read, and returns its key as text. Empty if there is no such thing. */
    protected abstract Optional<String> storeUnreadable();

    private static List<Sample> samples(int count) {
        return Stream.concat(
                        UnusualKeys.ALL.stream(),
                        IntStream.range(0, count - UnusualKeys.ALL.size()).mapToObj(i -> "k" + i))
                .map(key -> Sample.of(key, key.length()))
                .toList();
    }

    /** Reads a split to its end; each page is read by a scan of its own, as after a restart. */
    private List<ScanPage<String, Sample>> pages(Split split, @Nullable String from, int limit) {
        List<ScanPage<String, Sample>> pages = new ArrayList<>();
        @Nullable String position = from;
        do {
            ScanPage<String, Sample> page = scan().page(split, position, limit);
            assertThat(page.records().size() + page.unreadable().size())
                    .as("not more than the limit")
                    .isLessThanOrEqualTo(limit);
            pages.add(page);
            position = page.next();
            assertThat(pages).as("a scan must come to its end").hasSizeLessThan(10_000);
        } while (position != null);
        return pages;
    }

    private static List<Sample> values(Collection<ScanPage<String, Sample>> pages) {
        return pages.stream()
                .flatMap(page -> page.records().stream())
                .map(ScanPage.Scanned::value)
                .toList();
    }

    private List<Sample> all(List<Split> splits, int limit) {
        return splits.stream()
                .flatMap(split -> values(pages(split, null, limit)).stream())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void everyRecordIsInExactlyOnePageOfOneSplit(int wanted) {
        List<Sample> samples = samples(100);
        store(samples);

        List<Split> splits = scan().splits(wanted);

        assertThat(splits).isNotEmpty().doesNotHaveDuplicates();
        for (int limit : List.of(1, 3, 1_000)) {
            assertThat(all(splits, limit)).as("pages of %s", limit).containsExactlyInAnyOrderElementsOf(samples);
        }
    }

    @Test
    void aKeyIsThatOfItsRecord() {
        store(samples(30));

        for (Split split : scan().splits(2)) {
            for (ScanPage<String, Sample> page : pages(split, null, 7)) {
                assertThat(page.records())
                        .allMatch(found -> found.key().equals(found.value().id()));
            }
        }
    }

    @Test
    void anEmptyStoreHasASplitWithoutRecords() {
        assertThat(scan().splits(4)).isNotEmpty();
        assertThat(all(scan().splits(4), 10)).isEmpty();
    }

    @Test
    void recordsThatComeLaterAreInSomeSplit() {
        store(samples(40));
        List<Split> splits = scan().splits(3);

        List<Sample> later = Stream.of("", "0", "a", "k5x", "zzz", "~~", "後")
                .filter(key -> !key.isEmpty())
                .map(key -> Sample.of(key, 7))
                .toList();
        store(later);

        assertThat(all(splits, 10)).doesNotHaveDuplicates().containsAll(later).hasSize(40 + later.size());
    }

    @Test
    void theRestOfASplitCanBeReadFromEveryPosition() {
        store(samples(60));
        for (Split split : scan().splits(2)) {
            List<ScanPage<String, Sample>> pages = pages(split, null, 4);
            for (int i = 0; i < pages.size() - 1; i++) {
                assertThat(values(pages(split, pages.get(i).next(), 9)))
                        .containsExactlyInAnyOrderElementsOf(values(pages.subList(i + 1, pages.size())));
            }
        }
    }

    @Test
    void aPositionIsGoodAlsoIfTheRecordsAroundItAreGone() {
        store(samples(60));
        for (Split split : scan().splits(2)) {
            ScanPage<String, Sample> first = scan().page(split, null, 5);
            if (first.next() == null) {
                continue;
            }
            ScanPage<String, Sample> second = scan().page(split, first.next(), 5);
            List<Sample> rest = second.next() == null ? List.of() : values(pages(split, second.next(), 5));
            delete(values(List.of(first, second)).stream().map(Sample::id).toList());

            assertThat(values(pages(split, first.next(), 5))).containsExactlyInAnyOrderElementsOf(rest);
        }
    }

    @Test
    void deletedRecordsAndTheirTombstonesDoNotCome() {
        List<Sample> samples = samples(50);
        store(samples);
        List<String> gone = samples.subList(0, 25).stream().map(Sample::id).toList();
        delete(gone);

        assertThat(all(scan().splits(2), 6)).containsExactlyInAnyOrderElementsOf(samples.subList(25, 50));
    }

    @Test
    void updatedRecordsComeAsTheyAre() {
        store(samples(30));
        Sample updated = new Sample("k1", null, -1);
        store(List.of(updated, new Sample("k2", "", 0)));

        assertThat(all(scan().splits(2), 6))
                .contains(updated, new Sample("k2", "", 0))
                .hasSize(30);
    }

    @Test
    void bytesAreCounted() {
        store(samples(30));

        long bytes = scan().splits(1).stream()
                .flatMap(split -> pages(split, null, 100).stream())
                .mapToLong(ScanPage::bytes)
                .sum();

        assertThat(bytes).isBetween(30L, 1_000_000L);
    }

    @Test
    void theEstimateIsNoNegativeNumber() {
        store(samples(30));
        scan().estimatedRecords().ifPresent(estimate -> assertThat(estimate).isNotNegative());
    }

    @Test
    void whatCannotBeReadIsNamedAndKeepsNothingElseAway() {
        store(samples(40));
        Declared.with(this, storeUnreadable(), "a stored record that the mapping cannot read", key -> {
            List<ScanPage<String, Sample>> pages = scan().splits(2).stream()
                    .flatMap(split -> pages(split, null, 3).stream())
                    .toList();
            assertThat(values(pages)).containsExactlyInAnyOrderElementsOf(samples(40));
            Map<String, String> unreadable = pages.stream()
                    .flatMap(page -> page.unreadable().stream())
                    .collect(Collectors.toMap(ScanPage.Unreadable::key, ScanPage.Unreadable::reason));
            assertThat(unreadable).containsOnlyKeys(key);
            assertThat(unreadable.get(key)).isNotBlank();
        });
    }
}
