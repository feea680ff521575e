package io.github.dualwrite.reconcile;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.List;

/** An authority with a record that its mapping cannot read. */
final class PoisonedAuthority extends ForwardingAuthority {

    private final String poison;

    PoisonedAuthority(Authority<String, Sample> inner, String poison) {
        super(inner);
        this.poison = poison;
    }

    @Override
    public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
        if (keys.contains(poison)) {
            throw new PermanentStoreException(
                    new DualWriteException.Context("rig", Operation.SNAPSHOT, description(), List.of(poison)),
                    "the record cannot be read",
                    null);
        }
        return inner.snapshot(keys);
    }
}
