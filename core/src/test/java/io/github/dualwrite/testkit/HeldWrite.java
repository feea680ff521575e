package io.github.dualwrite.testkit;

import io.github.dualwrite.spi.VersionedRecord;

/** A write whose statements have run and whose commit is held back, so that a race can be played step by step. */
public interface HeldWrite {

    /**
     * Whether another write is waiting for this one now, as the store itself tells, for instance from its view of locks. The
     * contract polls this.
     */
    boolean blocksAnother();

    /** Commits. */
    VersionedRecord<String, Sample> release();

    /** Rolls back, or does nothing after a release. Called at the end in any case. */
    void abandon();
}
