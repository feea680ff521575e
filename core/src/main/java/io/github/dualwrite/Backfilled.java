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
                log.atInfo()
                        .addKeyValue("event", "BackfillCompleteAnswers")
                        .addKeyValue("repository", repository)
                        .log("backfillComplete answers again");
            }
            return complete;
        } catch (RuntimeException | Error e) { // an application's code may throw anything; reads go on
            if (!failing) { // two threads may both say so
                failing = true;
                log.atWarn()
                        .addKeyValue("event", "BackfillCompleteFailed")
                        .addKeyValue("repository", repository)
                        .addKeyValue("error", e.getClass().getName())
                        .log("backfillComplete fails; until it answers, the backfill counts as not complete");
            }
            log.debug("backfillComplete failed", e);
            return false;
        }
    }
}
