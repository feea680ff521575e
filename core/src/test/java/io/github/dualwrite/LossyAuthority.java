package io.github.dualwrite;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.List;

/** An authority whose connection breaks during the commit. */
final class LossyAuthority extends ForwardingAuthority {

    enum Loss {
        BEFORE_COMMIT,
        AFTER_COMMIT
    }

    private final Loss loss;

    LossyAuthority(Authority<String, Sample> inner, Loss loss) {
        super(inner);
        this.loss = loss;
    }

    @Override
    public VersionedRecord<String, Sample> save(Sample value) {
        if (loss == Loss.AFTER_COMMIT) {
            inner.save(value);
        }
        throw new OutcomeUnknownException(
                new DualWriteException.Context("rig", Operation.SAVE, description(), List.of(value.id())),
                "the connection broke during the commit; read the key to find out",
                null);
    }
}
