package io.github.dualwrite.internal;

import io.github.dualwrite.event.ShadowResult;
import java.util.Set;

/** What a shadow read looks at: a key or a query. */
public interface ShadowSubject<T> {

    /** What both sides gave, in a word; never {@link ShadowResult#LAGGING}. */
    record Difference(ShadowResult result, Set<String> fields) {
        public static final Difference NONE = new Difference(ShadowResult.EQUAL, Set.of());

        /** Whether both gave the same. */
        public boolean none() {
            return result == ShadowResult.EQUAL;
        }
    }

    /** The authority's answer now. */
    T readAuthority() throws Exception;

    /** The follower's answer now, through the guard. */
    T readFollower() throws Exception;

    /** Whether a read of the follower would be refused now, so that it need not even be offered. */
    boolean followerRefuses();

    /**
     * Whether the follower may lack something of what the authority gave. Of several calls those with more looks come later.
     *
     * @param authority the authority's answer that is in question
     * @param looks how often both sides have been looked at before
     */
    boolean mayLag(T authority, int looks);

    /** Compares. A record that has not been copied yet is none that is missing. */
    Difference difference(T authority, T follower);

    /** Whether that difference only says that the backfill is not complete. */
    boolean notCopiedYet(Difference difference);

    /** The query's name; empty for a key. */
    String query();

    /** What stands for it in a sample. */
    Object shown();

    /** Makes the reconciler heal it, if that can be done. False if not. */
    boolean heal();
}
