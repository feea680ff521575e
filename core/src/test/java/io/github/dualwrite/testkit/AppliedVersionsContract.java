package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.spi.AppliedVersion;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a follower that knows its applied versions must tell. An adapter's test extends this class and fills in the hooks. */
public abstract class AppliedVersionsContract {

    /** The store of this test, empty. */
    protected abstract FollowerStore<String, Sample> store();

    /** Stores a record past the adapter, as a person would; what the adapter notes of the key stays. */
    protected abstract void storeByHand(Sample record);

    /** Removes a record past the adapter; what the adapter notes of the key stays. False if they cannot be parted in this store. */
    protected abstract boolean removeByHand(String key);

    private Follower<String, Sample> follower;

    @BeforeEach
    void openFollower() {
        follower = store().openFollower(new StoreContext("kit", Duration.ofSeconds(1)));
    }

    private void apply(String key, long version, @Nullable Sample value) {
        List<ApplyResult> results = follower.apply(List.of(new VersionedRecord<>(key, version, value)))
                .join();
        assertThat(results).allMatch(ApplyResult::onFollower);
    }

    private Map<String, AppliedVersion> applied(String... keys) {
        return follower.appliedVersions().orElseThrow().of(Set.of(keys)).join();
    }

    @Test
    void theLatestVersionAndItsKindAreKnown() {
        apply("record", 3, Sample.of("record", 1));
        apply("record", 5, Sample.of("record", 2));
        apply("gone", 3, Sample.of("gone", 1));
        apply("gone", 7, null);
        apply("back", 7, null);
        apply("back", 8, Sample.of("back", 1));

        assertThat(applied("record", "gone", "back", "unknown"))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "record", new AppliedVersion(5, false),
                        "gone", new AppliedVersion(7, true),
                        "back", new AppliedVersion(8, false)));
    }

    @Test
    void aVersionThatCameTooLateChangesNothing() {
        apply("gone", 7, null);
        apply("gone", 3, Sample.of("gone", 1));

        assertThat(applied("gone")).containsExactly(Map.entry("gone", new AppliedVersion(7, true)));
    }

    @Test
    void aBaselineLeavesNoVersion() {
        Declared.with(this, follower.baseline(), "a baseline", baseline -> {
            assertThat(baseline.store(List.of(new ScanPage.Scanned<>("old", Sample.of("old", 1))))
                            .join())
                    .hasSize(1);

            assertThat(applied("old")).isEmpty();
        });
    }

    @Test
    void whatIsStoredByHandOverATombstoneDoesNotHideIt() {
        apply("gone", 3, Sample.of("gone", 1));
        apply("gone", 7, null);
        storeByHand(Sample.of("gone", 2));

        assertThat(applied("gone").values()).allMatch(AppliedVersion::tombstone);
    }

    @Test
    void whatIsRemovedByHandStaysKnown() {
        apply("record", 3, Sample.of("record", 1));

        if (removeByHand("record")) {
            assertThat(follower.read("record").join()).isEmpty();
            assertThat(applied("record")).containsExactly(Map.entry("record", new AppliedVersion(3, false)));
        } else {
            Declared.absent(this, "records that can be parted from what is noted of them");
            assertThat(applied("record").values()).noneMatch(AppliedVersion::tombstone);
        }
    }

    @Test
    void unusualKeysAreKnown() {
        for (String key : UnusualKeys.ALL) {
            apply(key, 4, null);
        }

        assertThat(applied(UnusualKeys.ALL.toArray(String[]::new))).containsOnlyKeys(UnusualKeys.ALL);
    }
}
