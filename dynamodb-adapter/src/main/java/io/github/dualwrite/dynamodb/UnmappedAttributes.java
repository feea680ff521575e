package io.github.dualwrite.dynamodb;

/**
 * What a write does with top-level attributes of an item that are not the mapping's. What is inside an attribute of the mapping, such as a field of a
 * map that the mapping does not know, is replaced with it in either case. Not said, an authority keeps them, and a follower drops them: its table
 * is the library's own, and is to have exactly what the authority has. A table that was the authority and follows after a turn-round is not: tell
 * its store {@link #KEEP}.
 */
public enum UnmappedAttributes {

    /**
     * They stay. {@code create}, {@code save} and {@code update} of an authority, and each record that a follower applies, set the attributes that the record has and
     * take out those of {@link ItemMapping#ownedAttributes} that it does not have, in one {@code Update}. A {@code delete} takes the whole item; what is put
     * into its tombstone afterwards stays when the record is created again. The mapping's {@code value} does not see them. Needs {@link ItemMapping#ownedAttributes}.
     */
    KEEP,

    /** They are lost: every write replaces the whole item by what the mapping makes. */
    DROP
}
