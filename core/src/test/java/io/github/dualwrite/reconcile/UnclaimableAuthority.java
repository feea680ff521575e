package io.github.dualwrite.reconcile;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.PendingWrite;
import io.github.dualwrite.testkit.Sample;
import java.util.List;
import java.util.function.BooleanSupplier;

/** An authority whose queue is out of reach for a while. */
final class UnclaimableAuthority extends ForwardingAuthority {

    UnclaimableAuthority(Authority<String, Sample> inner, BooleanSupplier down) {
        super(inner, new ForwardingQueue(inner.queue()) {
            @Override
            public List<PendingWrite<String>> claim(Lease lease, int limit) {
                if (down.getAsBoolean()) {
                    throw new IllegalStateException("the authority is down");
                }
                return super.claim(lease, limit);
            }
        });
    }
}
