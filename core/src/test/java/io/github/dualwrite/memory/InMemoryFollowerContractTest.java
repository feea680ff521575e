package io.github.dualwrite.memory;

import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.testkit.FollowerContract;
import io.github.dualwrite.testkit.Sample;
import java.util.Optional;

class InMemoryFollowerContractTest extends FollowerContract {

    @Override
    protected FollowerStore<String, Sample> store() {
        return InMemoryStore.keyedBy(Sample::id);
    }

    @Override
    protected Optional<Sample> rejectedSample() {
        return Optional.empty();
    }

    @Override
    protected Optional<FollowerStore<String, Sample>> unfitStore() {
        return Optional.empty();
    }
}
