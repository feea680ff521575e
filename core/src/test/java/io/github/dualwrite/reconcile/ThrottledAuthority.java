package io.github.dualwrite.reconcile;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** An authority that cannot be asked for some sets of keys at present; remembers what it was asked for. */
final class ThrottledAuthority extends ForwardingAuthority {

    private final Predicate<Collection<? extends String>> throttled;
    private final List<Integer> failures;

    ThrottledAuthority(
            Authority<String, Sample> inner,
            Predicate<Collection<? extends String>> throttled,
            List<Integer> failures) {
        super(inner);
        this.throttled = throttled;
        this.failures = failures;
    }

    static List<Integer> failures() {
        return new CopyOnWriteArrayList<>();
    }

    @Override
    public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
        if (throttled.test(keys)) {
            failures.add(keys.size());
            throw new TransientStoreException(
                    new DualWriteException.Context("rig", Operation.SNAPSHOT, description(), keys), "throttled", null);
        }
        return inner.snapshot(keys);
    }
}
