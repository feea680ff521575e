package io.github.dualwrite.memory;

import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.JobStoreContract;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;

class InMemoryJobStoreContractTest extends JobStoreContract {

    private final InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::id);

    @Override
    protected JobStore open(String repository) {
        return store.openAuthority(new StoreContext(repository, Duration.ZERO))
                .jobs()
                .orElseThrow();
    }
}
