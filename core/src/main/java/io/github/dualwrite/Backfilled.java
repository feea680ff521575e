package io.github.dualwrite;

import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the backfill is complete. An application's answer that throws is no: the authority is asked, which is right in any case. */
final class Backfilled implements BooleanSupplier {

    private static final Logger log = LoggerFactory.getLogger(Backfilled.class);

    private final String repository;
    private final BooleanSupplier answer;
    private volatile boolean failing;

    Backfilled(String repository, BooleanSupplier answer) {
        this.repository = repository;
        this.answer = answer;
    }

    @Override
    public boolean getAsBoolean() {
        try {
            boolean complete = answer.getAsBoolean();
            if (failing) {
                failing = false;
                log.info("repository '{}': backfillComplete answers again", repository);
            }
            return complete;
        } catch (RuntimeException | Error e) { // an application's code may throw anything; reads go on
            if (!failing) { // two threads may both say so
                failing = true;
                log.warn(
                        "repository '{}': backfillComplete failed with {}; until it answers, the backfill counts as not"
                                + " complete",
                        repository,
                        e.getClass().getName());
            }
            log.debug("backfillComplete failed", e);
            return false;
        }
    }
}
