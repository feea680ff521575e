package io.github.dualwrite;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.Set;

/** An authority that is down whenever something is to be confirmed. */
final class UnconfirmingAuthority extends ForwardingAuthority {

    UnconfirmingAuthority(Authority<String, Sample> inner) {
        super(inner, new ForwardingQueue(inner.queue()) {
            @Override
            public Set<String> confirm(Collection<KeyVersion<String>> applied) {
                throw new IllegalStateException("the authority is down");
            }
        });
    }
}
