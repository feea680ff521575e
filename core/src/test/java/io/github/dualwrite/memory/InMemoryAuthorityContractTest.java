package io.github.dualwrite.memory;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.testkit.AuthorityContract;
import io.github.dualwrite.testkit.HeldWrite;
import io.github.dualwrite.testkit.Sample;
import java.util.Optional;

class InMemoryAuthorityContractTest extends AuthorityContract {

    private static final Sample REFUSED = Sample.of("refused", 1);

    @Override
    protected AuthorityStore<String, Sample> store() {
        return InMemoryStore.keyedBy(sample -> {
            if (sample.equals(REFUSED)) {
                throw new IllegalArgumentException("refused");
            }
            return sample.id();
        });
    }

    /** There is nothing between the beginning of a write and its commit. */
    @Override
    protected Optional<HeldWrite> holdWrite(Authority<String, Sample> authority, Sample value) {
        return Optional.empty();
    }

    @Override
    protected Optional<Sample> refusedSample() {
        return Optional.of(REFUSED);
    }
}
