package io.github.dualwrite.dynamodb;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * How keys and records of an application are stored in the items of a table. {@link RecordItemMapping} does it by convention
 * for Java records; implement this interface to do it by hand.
 *
 * <p>Implementations must be pure: the same key always gives the same attributes. They must be safe for use by many threads.
 * They must not lose information: what {@link #value} makes of {@link #item} has to equal the record that went in.
 *
 * <p>An exception that {@link #key} or {@link #item} throws is a permanent rejection of that one record; its write is parked.
 * An exception that {@link #value} throws fails the read; the authority answers in its stead.
 */
public interface ItemMapping<K, V> {

    /** The name of the table's partition key attribute. */
    String partitionKey();

    /** The name of the table's sort key attribute, if the table has one. */
    default Optional<String> sortKey() {
        return Optional.empty();
    }

    /**
     * The types of the key attributes by their names, as far as they are known. They are compared with the table when a
     * repository is built.
     */
    default Map<String, ScalarAttributeType> keyTypes() {
        return Map.of();
    }

    /**
     * The names of the top-level attributes that items can have, as far as they are known. A name that Dualwrite uses for a
     * mark of its own is refused.
     */
    default Set<String> attributes() {
        return Set.of();
    }

    /**
     * The names of all top-level attributes that {@link #item} can give or {@link #value} looks at, for a table where others are to stay: these are the
     * record's, and a write leaves any other attribute of its item as it is ({@link UnmappedAttributes#KEEP}). What is not among them {@link #value} does
     * not see; what is, and {@link #item} does not give, the next {@code save} removes. The key attributes need not be among them. A record with an
     * attribute that is not among them is refused. The same names each time. Default: empty, which means that they are not known; then the store refuses
     * the mapping unless whole items are to be replaced.
     */
    default Optional<Set<String>> ownedAttributes() {
        return Optional.empty();
    }

    /**
     * The key attributes, and nothing else. Needed for everything: also a tombstone is stored under them.
     *
     * @throws IllegalArgumentException if DynamoDB cannot hold the key
     */
    Map<String, AttributeValue> key(K key);

    /**
     * The way back: makes the key of the attributes that {@link #key} gave for it. A table that is the authority needs it, for its
     * queue gives back keys; without it {@link DynamoDbStore#openAuthority} refuses the mapping, and a follower cannot be scanned
     * for verification. What it makes must equal the
     * key that went in; that is checked with every write, and a key that does not come back is refused. Numbers come as {@link #key} gave
     * them, and as DynamoDB gives them back: {@code 7} for {@code 007}, {@code 1.5} for {@code 1.50}; make the same key of both, or store it as a string.
     *
     * <p>The function throws {@code IllegalArgumentException} if the attributes are no such key.
     */
    default Optional<Function<Map<String, AttributeValue>, K>> keyReader() {
        return Optional.empty();
    }

    /**
     * The attributes of a record. Where the table is the authority, the key attributes must be among them. Otherwise they may be left out; if they are there, they must be those of {@link #key}.
     *
     * @throws IllegalArgumentException if DynamoDB cannot hold the record
     */
    Map<String, AttributeValue> item(V value);

    /**
     * Whether an item of the table is a record of this mapping. A table can hold items of several kinds, told apart for instance by how
     * their sort keys begin; a scan leaves out those that are not recognised, and reports one that is and cannot be read.
     * The item comes as a whole, without Dualwrite's marks. Default: every item is.
     */
    default boolean recognises(Map<String, AttributeValue> item) {
        return true;
    }

    /**
     * Whether a tombstone belongs to this mapping, of which there is nothing but the key attributes. {@link DynamoDbPurge} asks it, for a table that
     * holds items of several repositories, after {@link #keyReader} gave the key back; without a way back no tombstone is. An
     * exception counts as no. Default: what {@link #recognises} says of the key attributes alone; override it if that looks at
     * others.
     */
    default boolean recognisesKey(Map<String, AttributeValue> key) {
        return recognises(key);
    }

    /**
     * The record in an item that was read, key attributes included, Dualwrite's marks taken away. Never called with a
     * tombstone. Where writes leave attributes that are not the mapping's, they are taken away too: there are the key attributes and those of {@link
     * #ownedAttributes} alone.
     *
     * @throws IllegalArgumentException if the item does not hold such a record
     */
    V value(Map<String, AttributeValue> item);
}
