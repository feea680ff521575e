package io.github.dualwrite.examples.benchmarks;

import java.math.BigDecimal;
import java.time.Instant;

/** The record that is written: some columns, a few hundred bytes. */
public record Item(long id, String name, BigDecimal price, Instant changedAt, boolean active, String note) {

    private static final long EPOCH = 1_700_000_000L;
    private static final String NOTE = "x".repeat(200);

    static Item of(long id, long revision) {
        return new Item(
                id,
                "item " + revision,
                BigDecimal.valueOf(revision, 2),
                Instant.ofEpochSecond(EPOCH + revision),
                revision % 2 == 0,
                NOTE);
    }

    long revision() {
        return changedAt.getEpochSecond() - EPOCH;
    }
}
