package io.github.dualwrite.memory;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.AppliedVersionsContract;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;

class InMemoryAppliedVersionsContractTest extends AppliedVersionsContract {

    private final InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::id);
    private final Authority<String, Sample> byHand = store.openAuthority(new StoreContext("by hand", Duration.ZERO));

    @Override
    protected FollowerStore<String, Sample> store() {
        return store;
    }

    @Override
    protected void storeByHand(Sample record) {
        byHand.save(record);
    }

    @Override
    protected boolean removeByHand(String key) {
        return byHand.delete(key).isPresent();
    }
}
