package io.github.dualwrite;

import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;

/** Records that were there before dual writes began: on the primary, and pending nowhere that matters. */
final class InsertedBefore {

    private InsertedBefore() {}

    static void insert(Rig rig, Sample sample) {
        rig.primary.openAuthority(new StoreContext("before", Duration.ZERO)).save(sample);
    }
}
