package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.join;

import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;

class DynamoDbFollowerScanContractTest extends SampleScan {

    private final AtomicLong versions = new AtomicLong();

    private Follower<String, Sample> follower() {
        return TestTable.open(samples().build());
    }

    @Override
    protected RecordScan<String, Sample> scan() {
        return follower().scan().orElseThrow();
    }

    @Override
    protected void store(Collection<Sample> records) {
        join(follower()
                .apply(records.stream()
                        .map(sample -> new VersionedRecord<>(sample.id(), versions.incrementAndGet(), sample))
                        .toList()));
    }

    @Override
    protected void delete(Collection<String> keys) {
        join(follower()
                .apply(keys.stream()
                        .map(key -> new VersionedRecord<String, Sample>(key, versions.incrementAndGet(), null))
                        .toList()));
    }
}
