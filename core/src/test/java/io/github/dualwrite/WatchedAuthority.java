package io.github.dualwrite;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** Runs a task before each read of an authority, on the thread that reads. */
final class WatchedAuthority {

    private WatchedAuthority() {}

    static AuthorityStore<String, Sample> of(AuthorityStore<String, Sample> store, Runnable beforeReads) {
        return (StoreContext context) -> new ForwardingAuthority(store.openAuthority(context)) {
            @Override
            public Optional<Sample> read(String key) {
                beforeReads.run();
                return super.read(key);
            }

            @Override
            public Map<String, Sample> readAll(Collection<? extends String> keys) {
                beforeReads.run();
                return super.readAll(keys);
            }
        };
    }
}
