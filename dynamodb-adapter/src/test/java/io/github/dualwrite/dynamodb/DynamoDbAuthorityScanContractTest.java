package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

class DynamoDbAuthorityScanContractTest extends SampleScan {

    private static final DynamoDbSchema QUEUE = TestQueue.install(1);
    private static final int BATCH = 50;

    private final List<Authority<String, Sample>> processes = List.of(open(), open());
    private int scans;

    private Authority<String, Sample> open() {
        return AuthorityRig.open(samples().schema(QUEUE));
    }

    /** In turns of two, which have no memory in common: to open a store costs three requests. */
    @Override
    protected RecordScan<String, Sample> scan() {
        return processes.get(scans++ % 2).scan().orElseThrow();
    }

    @Override
    protected void store(Collection<Sample> records) {
        List<Sample> all = new ArrayList<>(records);
        for (int from = 0; from < all.size(); from += BATCH) {
            processes.get(0).saveAll(all.subList(from, Math.min(from + BATCH, all.size())));
        }
    }

    @Override
    protected void delete(Collection<String> keys) {
        processes.get(0).deleteAll(keys);
    }
}
