package io.github.dualwrite;

import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the backfill is complete. An application's answer that throws is no: the authority is asked, which is right in any case. */
final class Backfilled implements BooleanSupplier {

    private static final Logger log = LoggerFactory.getLogger(Backfilled.class);

    private final BooleanSupplier answer;

    Backfilled(BooleanSupplier answer) {
        this.answer = answer;
    }

    @Override
    public boolean getAsBoolean() {
        try {
            return answer.getAsBoolean();
        } catch (RuntimeException e) {
            log.debug("backfillComplete failed", e);
            return false;
        }
    }
}
