package io.github.dualwrite.memory;

import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.BaselineContract;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.Optional;

class InMemoryBaselineContractTest extends BaselineContract {

    private final InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::id);

    @Override
    protected FollowerStore<String, Sample> store() {
        return store;
    }

    @Override
    protected void storeByOtherMeans(Sample record) {
        store.openAuthority(new StoreContext("another", Duration.ZERO)).save(record);
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.empty();
    }
}
