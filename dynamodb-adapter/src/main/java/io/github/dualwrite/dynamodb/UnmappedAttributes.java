package io.github.dualwrite.dynamodb;

/**
 * What a write does with attributes of an item that are not the mapping's, where the table is the authority. A follower's item is always
 * replaced as a whole: nothing but Dualwrite writes there.
 */
public enum UnmappedAttributes {

    /**
     * They stay. {@code save} and {@code update} set the attributes that the record has and take out those of {@link
     * ItemMapping#ownedAttributes} that it does not have, in one {@code Update}. A {@code delete} takes the whole item, and a {@code create} puts a
     * new one.
     */
    KEEP,

    /** They are lost: every write replaces the whole item by what the mapping makes. */
    DROP
}
