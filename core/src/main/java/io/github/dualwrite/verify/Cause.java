package io.github.dualwrite.verify;

import io.github.dualwrite.spi.AppliedVersion;
import org.jspecify.annotations.Nullable;

/** What the follower's own bookkeeping says of a difference. */
public enum Cause {
    /** The follower keeps none, or could not be asked. */
    UNKNOWN("unknown"),
    /** This library never applied a version of the key: it was not copied, or the record was there before or came by other means. */
    NEVER_APPLIED("this library never applied a version of it"),
    /** A record was applied and is gone: somebody removed it from the follower. */
    REMOVED_BY_HAND("removed from the follower by hand"),
    /** A deletion was applied and there is a record: somebody put it back on the follower. */
    BROUGHT_BACK_BY_HAND("brought back on the follower by hand"),
    /** The key is not pending, and what was applied is not what is there: one side was changed past this library. */
    CHANGED_BY_OTHER_MEANS("changed on one side by other means than this library"),
    /** The pending write of the key is parked: it waits for a person. */
    PARKED("its pending write is parked");

    private final String text;

    Cause(String text) {
        this.text = text;
    }

    /** Whether somebody certainly changed the follower by hand. */
    public boolean rogue() {
        return this == REMOVED_BY_HAND || this == BROUGHT_BACK_BY_HAND;
    }

    /** In words. */
    public String text() {
        return text;
    }

    /**
     * For a key that has settled. Only two cases show on the follower alone; in the others the authority may be the one that was changed.
     */
    static Cause of(Difference difference, @Nullable AppliedVersion applied) {
        if (applied == null) {
            return NEVER_APPLIED;
        }
        if (applied.tombstone()) {
            return difference == Difference.MISSING ? CHANGED_BY_OTHER_MEANS : BROUGHT_BACK_BY_HAND;
        }
        return difference == Difference.MISSING ? REMOVED_BY_HAND : CHANGED_BY_OTHER_MEANS;
    }
}
