package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.ValueFree;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Names and forms in the table of pending writes; {@link DynamoDbSchema} shows them. */
final class QueueTable {

    static final String SHARD = "queue_shard";
    static final String KEY = "record_key";
    static final String KEY_ATTRIBUTES = "record_key_attributes";
    static final String VERSION = "pending_version";
    static final String ATTEMPTS = "failed_attempts";
    static final String DUE = "due_at";
    static final String SINCE = "pending_since";
    static final String PARKED_AT = "parked_at";
    static final String PARKED_SINCE = "parked_since";
    static final String LEASE = "lease_id";
    static final String ERROR = "last_error";

    static final String DUE_INDEX = "due";
    static final String SINCE_INDEX = "since";
    static final String PARKED_INDEX = "parked";

    /** The attributes that are keys of the table and of its indexes. */
    static final Map<String, ScalarAttributeType> KEY_TYPES = Map.of(
            SHARD, ScalarAttributeType.S,
            KEY, ScalarAttributeType.S,
            DUE, ScalarAttributeType.N,
            SINCE, ScalarAttributeType.N,
            PARKED_AT, ScalarAttributeType.N);

    /** No repository's name is empty, so this is no shard of any. */
    static final Map<String, AttributeValue> SETTINGS =
            Map.of(SHARD, AttributeValue.fromS("#dualwrite"), KEY, AttributeValue.fromS("settings"));

    static final String SHARDS = "shard_count";

    /** Tells tables of one name apart that followed each other. */
    static final String GENERATION = "queue_generation";

    private final String repository;
    private final int shards;

    QueueTable(String repository, int shards) {
        this.repository = repository;
        this.shards = shards;
    }

    /** The partition keys of this repository's entries. */
    List<String> shards() {
        return java.util.stream.IntStream.range(0, shards).mapToObj(this::shard).toList();
    }

    private String shard(int number) {
        return repository + "#" + number;
    }

    /** The primary key of a record key's entry. */
    Map<String, AttributeValue> key(String keyText) {
        int hash = keyText.hashCode() * 0x9E3779B1; // the product's high bits depend on all bits of the hash
        return Map.of(
                SHARD, AttributeValue.fromS(shard(Math.floorMod(hash ^ (hash >>> 16), shards))),
                KEY, AttributeValue.fromS(keyText));
    }

    /** The primary key out of an entry, or out of an entry of an index. */
    static Map<String, AttributeValue> keyOf(Map<String, AttributeValue> entry) {
        return Map.of(SHARD, present(entry, SHARD), KEY, present(entry, KEY));
    }

    static AttributeValue present(Map<String, AttributeValue> entry, String attribute) {
        AttributeValue value = entry.get(attribute);
        if (value == null) {
            throw new DamagedEntryException("an entry of the table of pending writes lacks attribute " + attribute
                    + "; something other than Dualwrite wrote or changed it: mark its key pending (markPending), which"
                    + " writes what is missing, and do not delete it, for what is pending is nowhere else");
        }
        return value;
    }

    static long number(Map<String, AttributeValue> entry, String attribute) {
        return Long.parseLong(present(entry, attribute).n());
    }

    static AttributeValue number(long value) {
        return AttributeValue.fromN(Long.toString(value));
    }

    static AttributeValue time(Instant time) {
        return number(ChronoUnit.MICROS.between(Instant.EPOCH, time));
    }

    static Instant time(Map<String, AttributeValue> entry, String attribute) {
        return Instant.EPOCH.plus(number(entry, attribute), ChronoUnit.MICROS);
    }

    /** An entry that this library has not written so. */
    private static final class DamagedEntryException extends IllegalStateException implements ValueFree {

        private static final long serialVersionUID = 1L;

        DamagedEntryException(String message) {
            super(message);
        }
    }
}
