package io.github.dualwrite.memory;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.testkit.ScanContract;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;

class InMemoryScanContractTest {

    private static final StoreContext CONTEXT = new StoreContext("kit", Duration.ZERO);

    @Nested
    class OfTheAuthority extends ScanContract {

        private final Authority<String, Sample> authority =
                InMemoryStore.keyedBy(Sample::id).openAuthority(CONTEXT);

        @Override
        protected RecordScan<String, Sample> scan() {
            return authority.scan().orElseThrow();
        }

        @Override
        protected void store(Collection<Sample> records) {
            authority.saveAll(records);
        }

        @Override
        protected void delete(Collection<String> keys) {
            authority.deleteAll(keys);
        }

        @Override
        protected Optional<String> storeUnreadable() {
            return Optional.empty();
        }
    }

    @Nested
    class OfTheFollower extends ScanContract {

        private final Follower<String, Sample> follower =
                InMemoryStore.keyedBy(Sample::id).openFollower(CONTEXT);
        private long version;

        @Override
        protected RecordScan<String, Sample> scan() {
            return follower.scan().orElseThrow();
        }

        @Override
        protected void store(Collection<Sample> records) {
            version++;
            apply(records.stream()
                    .map(record -> new VersionedRecord<>(record.id(), version, record))
                    .toList());
        }

        @Override
        protected void delete(Collection<String> keys) {
            version++;
            apply(keys.stream()
                    .map(key -> new VersionedRecord<String, Sample>(key, version, null))
                    .toList());
        }

        private void apply(List<VersionedRecord<String, Sample>> records) {
            if (!records.isEmpty()) {
                follower.apply(records).join();
            }
        }

        @Override
        protected Optional<String> storeUnreadable() {
            return Optional.empty();
        }
    }
}
