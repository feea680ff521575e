package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * A DynamoDB table as a store of Dualwrite. Each record is one item:
 *
 * <pre>
 * record                                tombstone
 * ------------------------------------  ------------------------------------------
 * id          S  "c-17"                 id             S    "c-17"
 * name        S  "Ada"                  dw_version     N    4712
 * ...                                   dw_deleted     BOOL true
 * dw_version  N  4711                   dw_expires_at  N    1767225600  (epoch second)
 * </pre>
 *
 * <p>A record or a tombstone is applied by one {@code PutItem}, which replaces the whole item on the condition
 *
 * <pre>
 * attribute_not_exists(id) OR attribute_not_exists(dw_version) OR dw_version &lt; :version
 * </pre>
 *
 * so comparison and change are one atomic step (DW-2). A failed condition says that the table has this version or a newer one;
 * that is an answer, not an error, also when it is the answer to a retry of a write whose first answer was lost. Many records
 * are many such requests, several at once: {@code BatchWriteItem} takes no conditions. There is no atomicity across records.
 *
 * <p>Reads are strongly consistent and hide tombstones. Tombstones expire after {@link Builder#tombstoneTtl} if DynamoDB's
 * time-to-live is switched on for {@code dw_expires_at}; if it is not, they stay until {@link DynamoDbPurge} removes them.
 *
 * <p>A record that DynamoDB rejects (larger than 400 KB, an empty key, NaN) is a permanent failure of that record. Throttling,
 * errors of the service and of the network, and also a missing table or privilege are transient.
 *
 * <p>Least privileges on the table: {@code dynamodb:PutItem}, {@code dynamodb:GetItem}, {@code dynamodb:BatchGetItem} and, for the
 * check when a repository is built, {@code dynamodb:DescribeTable}.
 *
 * <p>Immutable and safe for use by many threads. Starts no threads; the client is the caller's and stays open.
 */
public final class DynamoDbStore<K, V> implements FollowerStore<K, V> {

    private final DynamoDbAsyncClient client;
    private final String table;
    private final TableItems<K, V> items;
    private final int concurrency;

    private DynamoDbStore(Builder<K, V> builder, Marks marks) {
        this.client = builder.client;
        this.table = builder.table;
        this.items = new TableItems<>(builder.mapping, marks, builder.tombstoneTtl, builder.clock);
        this.concurrency = builder.concurrency;
    }

    /**
     * Starts the description of a store.
     *
     * @param client configured with {@link #clientOverrides}, or with equally short retries; stays the caller's
     * @param table the table's name
     * @param mapping how records are stored in items
     */
    public static <K, V> Builder<K, V> builder(DynamoDbAsyncClient client, String table, ItemMapping<K, V> mapping) {
        return new Builder<>(client, table, mapping);
    }

    /**
     * What a client that serves a repository should be configured with: no retries, and an end to every call. Dualwrite
     * retries itself, from its queue; retries of the client inside a call would hide failures from the circuit breaker and
     * hold the caller.
     *
     * @param callTimeout the longest time for one request; not longer than the repository's {@code secondaryTimeout}
     */
    public static ClientOverrideConfiguration clientOverrides(Duration callTimeout) {
        return ClientOverrideConfiguration.builder()
                .retryStrategy(AwsRetryStrategy.doNotRetry())
                .apiCallTimeout(callTimeout)
                .build();
    }

    @Override
    public Follower<K, V> openFollower(StoreContext context) {
        DynamoDbErrors errors = new DynamoDbErrors(context.repository(), DynamoDbFollower.describe(table));
        return new DynamoDbFollower<>(client, table, items, concurrency, errors);
    }

    String table() {
        return table;
    }

    TableItems<K, V> items() {
        return items;
    }

    int concurrency() {
        return concurrency;
    }

    /** Describes a store. Not safe for use by many threads. */
    public static final class Builder<K, V> {

        private final DynamoDbAsyncClient client;
        private final String table;
        private final ItemMapping<K, V> mapping;
        private String versionAttribute = "dw_version";
        private String deletedAttribute = "dw_deleted";
        private String expiryAttribute = "dw_expires_at";
        private Duration tombstoneTtl = Duration.ofDays(30);
        private int concurrency = 32;
        private Clock clock = Clock.systemUTC();

        private Builder(DynamoDbAsyncClient client, String table, ItemMapping<K, V> mapping) {
            this.client = Objects.requireNonNull(client, "client");
            this.table = Objects.requireNonNull(table, "table");
            this.mapping = Objects.requireNonNull(mapping, "mapping");
        }

        /** The attribute that holds the version. Must stay the same for the life of a migration. Default: {@code dw_version}. */
        public Builder<K, V> versionAttribute(String versionAttribute) {
            this.versionAttribute = Objects.requireNonNull(versionAttribute, "versionAttribute");
            return this;
        }

        /** The attribute that marks a tombstone. Must stay the same for the life of a migration. Default: {@code dw_deleted}. */
        public Builder<K, V> deletedAttribute(String deletedAttribute) {
            this.deletedAttribute = Objects.requireNonNull(deletedAttribute, "deletedAttribute");
            return this;
        }

        /** The attribute that holds a tombstone's expiry, for DynamoDB's time-to-live. Default: {@code dw_expires_at}. */
        public Builder<K, V> expiryAttribute(String expiryAttribute) {
            this.expiryAttribute = Objects.requireNonNull(expiryAttribute, "expiryAttribute");
            return this;
        }

        /**
         * How long a deleted key is remembered at least. Must be longer than any pending write can stay unapplied or parked,
         * and longer than the backfill takes: once a tombstone is gone, an older version of its record would be taken for
         * new. Default: 30 days.
         */
        public Builder<K, V> tombstoneTtl(Duration tombstoneTtl) {
            this.tombstoneTtl = Objects.requireNonNull(tombstoneTtl, "tombstoneTtl");
            return this;
        }

        /**
         * How many requests one call with many records keeps in flight. The client's own pool of connections should allow
         * for it. Default: 32.
         */
        public Builder<K, V> concurrency(int concurrency) {
            this.concurrency = concurrency;
            return this;
        }

        /** The clock by which tombstones expire. Default: the system's. */
        public Builder<K, V> clock(Clock clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * The store. Does not talk to DynamoDB.
         *
         * @throws IllegalArgumentException if a setting is out of range, or if a mark has the name of an attribute of the
         *     mapping
         */
        public DynamoDbStore<K, V> build() {
            Marks marks = new Marks(versionAttribute, deletedAttribute, expiryAttribute);
            List<String> names = marks.names();
            if (table.isBlank() || names.stream().anyMatch(String::isBlank)) {
                throw new IllegalArgumentException(
                        "the names of the table and of the marks " + names + " must not be blank");
            }
            if (new HashSet<>(names).size() < names.size()) {
                throw new IllegalArgumentException("the marks " + names + " must have three different names");
            }
            for (String mark : names) {
                if (mapping.attributes().contains(mark)
                        || mapping.partitionKey().equals(mark)
                        || mapping.sortKey().filter(mark::equals).isPresent()) {
                    throw new IllegalArgumentException("attribute " + mark + " of table " + table
                            + " is a mark of Dualwrite and an attribute of the mapping; rename the mark with"
                            + " versionAttribute, deletedAttribute or expiryAttribute, or rename the component");
                }
            }
            if (tombstoneTtl.isNegative() || tombstoneTtl.isZero()) {
                throw new IllegalArgumentException("tombstoneTtl must be longer than " + tombstoneTtl);
            }
            if (concurrency < 1) {
                throw new IllegalArgumentException("concurrency must be at least 1, not " + concurrency);
            }
            return new DynamoDbStore<>(this, marks);
        }
    }
}
