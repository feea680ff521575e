package io.github.dualwrite.examples.reliability;

import org.jspecify.annotations.Nullable;

/**
 * What a store holds under a key at the end.
 *
 * @param entry {@code null} if there is no record
 * @param version what the follower remembers, also of a key that was deleted; 0 if it remembers none, and on the authority
 */
record Stored(@Nullable Entry entry, long version) {

    /** Nothing, and no memory of anything. */
    static final Stored NOTHING = new Stored(null, 0);

    String tag() {
        return entry == null ? Entry.ABSENT : entry.tag();
    }
}
