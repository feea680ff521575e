package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Durations;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

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
 * so comparison and change are one atomic step (DW-2). A store that is told {@link UnmappedAttributes#KEEP} applies a record by an
 * {@code UpdateItem} on the same condition, which leaves attributes that are not the mapping's. A failed condition says that the table has this version or a newer one;
 * that is an answer, not an error, also when it is the answer to a retry of a write whose first answer was lost. Many records
 * are many such requests, several at once: {@code BatchWriteItem} takes no conditions. There is no atomicity across records.
 *
 * <p>Reads are strongly consistent and hide tombstones. Tombstones expire after {@link Builder#tombstoneTtl} if DynamoDB's
 * time-to-live is switched on for {@code dw_expires_at}; if it is not, they stay until {@link DynamoDbPurge} removes them.
 *
 * <p>In the table's stream a delete is a {@code MODIFY}, whose new image has {@code dw_deleted}; a {@code REMOVE} is a tombstone that has
 * expired or was purged. A record of a backfill is an {@code INSERT} without {@code dw_version}.
 *
 * <p>A record that DynamoDB rejects (larger than 400 KB, an empty key, NaN) is a permanent failure of that record. Throttling,
 * errors of the service and of the network, and also a missing table or privilege are transient.
 *
 * <h2>As the authority</h2>
 *
 * <p>A write is one {@code TransactWriteItems}: the item, on the condition that its version is lower and that a record is
 * there or not as the verb demands, and the entry in the table of pending writes that {@link DynamoDbSchema#install} creates
 * (DW-1). Versions are proposed by the clock, in microseconds; the conditions on item and entry make them grow for each key
 * whatever the clocks say. A deleted key leaves a tombstone. Only after the tombstone has expired or was purged does the clock
 * alone keep versions growing: clocks that differ by less than {@link Builder#tombstoneTtl} are assumed. A record that time-to-live deletes leaves none:
 * where records have time-to-live, clocks are assumed to differ by less than the shortest time from a record's last write to its deletion.
 *
 * <p><b>A write changes the attributes of the mapping</b> and leaves any other attribute of the item as it is ({@link Builder#unmappedAttributes}). A delete
 * takes the whole item. So an item belongs to one repository: let no other one write what else is in it, whose records would go with the delete and without a
 * pending write. Let nothing without the library change the mapping's attributes, or take tombstones for records.
 *
 * <p>A batch of {@code saveAll} or {@code deleteAll} is all or none and holds up to 50 different keys and 4 MB, tombstones
 * and pending writes included; a larger one is refused with {@code PermanentStoreException}. {@code markPending} takes any number. Writes that get into each other's way are
 * repeated within {@link Builder#authorityTimeout}, then it is a {@code ConflictException}. When an answer is lost the same
 * transaction is asked for again under its token, which DynamoDB does not do twice; if no answer comes in time, it is an {@code
 * OutcomeUnknownException}. {@code readAll} reads all keys, then their versions, and again what has changed
 * between; of a batch that is being committed it may still see some records before and others after it. A transaction of the caller cannot be joined.
 *
 * <p>The mapping must be able to read keys back ({@link ItemMapping#keyReader}), and say which attributes are its own ({@link
 * ItemMapping#ownedAttributes}) unless whole items are replaced.
 *
 * <h2>Scan and baseline</h2>
 *
 * <p>In both roles the table can be scanned, in segments, strongly consistent, each page one request with {@link
 * Builder#authorityTimeout}; tombstones and items that the mapping does not {@linkplain ItemMapping#recognises recognise}
 * are left out after they were read and paid for. A follower's mapping must be able to read keys back for that. As a follower the table
 * takes a baseline: 25 PartiQL {@code INSERT} in a request, each of which stores its record if nothing is under its key, or, where that is
 * not allowed or says too little, one {@code PutItem} on that condition. An authority keeps jobs in the table of pending writes.
 *
 * <h2>Least privileges</h2>
 *
 * <ul>
 *   <li>follower, on the table: {@code dynamodb:PutItem}, {@code dynamodb:GetItem}, {@code dynamodb:BatchGetItem} and, for the
 *       check when a repository is built and the size of a scan, {@code dynamodb:DescribeTable}; with {@link UnmappedAttributes#KEEP} {@code
 *       dynamodb:UpdateItem}; to be scanned for
 *       verification {@code dynamodb:Scan}; for a baseline in batches {@code dynamodb:PartiQLInsert}, without which it goes
 *       record by record;
 *   <li>authority, on the table: {@code dynamodb:PutItem}, {@code dynamodb:UpdateItem}, {@code dynamodb:GetItem}, {@code
 *       dynamodb:BatchGetItem}, {@code dynamodb:DescribeTable}, and for backfill and verification {@code dynamodb:Scan}; on the table of pending writes: {@code
 *       dynamodb:UpdateItem}, {@code dynamodb:DeleteItem}, {@code dynamodb:GetItem}, {@code dynamodb:BatchGetItem}, {@code
 *       dynamodb:DescribeTable}; on it and on its indexes: {@code dynamodb:Query}.
 * </ul>
 *
 * <p>Immutable and safe for use by many threads. Starts no threads; the client is the caller's and stays open.
 */
public final class DynamoDbStore<K, V> implements FollowerStore<K, V>, AuthorityStore<K, V> {

    /** DynamoDB knows the token of a transaction for ten minutes. */
    private static final Duration LONGEST_AUTHORITY_TIMEOUT = Duration.ofMinutes(5);

    private static final Pattern TABLE_ARN = Pattern.compile("arn:[^\\s]{1,1020}");

    private final DynamoDbAsyncClient client;
    private final String table;
    private final TableItems<K, V> items;
    private final int concurrency;
    private final DynamoDbSchema schema;
    private final Duration authorityTimeout;
    private final @Nullable UnmappedAttributes unmappedAttributes;
    private final VersionClock versions;

    private DynamoDbStore(Builder<K, V> builder, Marks marks) {
        this.client = builder.client;
        this.table = builder.table;
        this.items = new TableItems<>(builder.mapping, marks, builder.tombstoneTtl, builder.clock);
        this.concurrency = builder.concurrency;
        this.schema = builder.schema;
        this.authorityTimeout = builder.authorityTimeout;
        this.unmappedAttributes = builder.unmappedAttributes;
        this.versions = new VersionClock(builder.clock);
    }

    /**
     * Starts the description of a store.
     *
     * @param client configured with {@link #clientOverrides}, or with equally short retries; stays the caller's
     * @param table the table's name, or its ARN
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
        String description = DynamoDbFollower.describe(table);
        DynamoDbErrors errors = new DynamoDbErrors(context.repository(), description);
        ClientCheck.warn(client, context.repository(), description);
        TableItems<K, V> own = own(unmappedAttributes == UnmappedAttributes.KEEP, errors);
        return new DynamoDbFollower<>(
                client,
                table,
                own,
                concurrency,
                new DynamoDbBaseline<>(client, table, own, concurrency, errors),
                own.mapping().keyReader().map(reader -> scan(own, reader, errors)),
                context.repository(),
                errors);
    }

    @Override
    public Authority<K, V> openAuthority(StoreContext context) {
        String description = DynamoDbFollower.describe(table);
        DynamoDbErrors errors = new DynamoDbErrors(context.repository(), description);
        ClientCheck.warn(client, context.repository(), description);

        if (authorityTimeout.compareTo(LONGEST_AUTHORITY_TIMEOUT) > 0) {
            throw errors.unfit(
                    "authorityTimeout must be at most " + LONGEST_AUTHORITY_TIMEOUT + ", not " + authorityTimeout
                            + ": DynamoDB recognises a transaction that is asked for again for ten minutes",
                    null);
        }
        String queueTable = schema.queueTableName();
        DynamoDbErrors queueErrors = new DynamoDbErrors(context.repository(), DynamoDbFollower.describe(queueTable));
        Deadline deadline = new Deadline(authorityTimeout);
        AuthorityCheck check = new AuthorityCheck(client, deadline, errors);
        Function<Map<String, AttributeValue>, K> keyReader = check.keyReader(items.mapping());
        TableItems<K, V> own = own(unmappedAttributes != UnmappedAttributes.DROP, errors);
        RecordKeys<K, V> keys = new RecordKeys<>(own, keyReader);
        TableDescription recordTable = check.recordTable(table, items.mapping());
        AuthorityCheck queueCheck = new AuthorityCheck(client, deadline, queueErrors);
        TableDescription pendingTable = queueCheck.queueTable(queueTable, recordTable);
        QueueSettings settings = queueCheck.settings(queueTable);
        QueueTable queue = new QueueTable(context.repository(), settings.shards());
        QueueWatch watch =
                new QueueWatch(client, pendingTable, settings, items::now, queueErrors, context.repository());

        BatchGet entries =
                reads(queueTable, List.of(QueueTable.SHARD, QueueTable.KEY, QueueTable.VERSION), queueErrors);
        QueueCalls entryCalls = new QueueCalls(client, queueTable, concurrency, entries, queueErrors);
        List<String> keyAndVersion = new ArrayList<>(items.keyAttributes());
        keyAndVersion.add(items.marks().version());
        return new DynamoDbAuthority<>(
                description,
                table,
                own,
                keys,
                queue,
                new AtomicWrites<>(
                        client,
                        own,
                        new RecordActions<>(table, own),
                        queueTable,
                        queue,
                        watch,
                        versions,
                        context.grace(),
                        authorityTimeout,
                        errors,
                        queueErrors),
                new Snapshots<>(
                        own,
                        reads(table, List.of(), errors),
                        reads(table, keyAndVersion, errors),
                        entries,
                        new EntryAndItem(client, table, queueTable),
                        errors,
                        queueErrors),
                new DynamoDbQueue<>(
                        entryCalls,
                        queue,
                        watch,
                        keys.entriesOf(queue),
                        context.repository(),
                        items::now,
                        authorityTimeout,
                        queueErrors),
                scan(own, keyReader, errors),
                new DynamoDbJobs(
                        new JobCalls(queueTable, entryCalls),
                        new JobTable(context.repository()),
                        watch,
                        items::now,
                        authorityTimeout,
                        queueErrors),
                authorityTimeout,
                errors);
    }

    private TableItems<K, V> own(boolean otherAttributesStay, DynamoDbErrors errors) {
        return otherAttributesStay ? items.owning(OwnAttributes.named(items.mapping(), errors)) : items;
    }

    private BatchGet reads(String ofTable, List<String> attributes, DynamoDbErrors errors) {
        return BatchGet.ofAuthority(client, ofTable, concurrency, attributes, authorityTimeout, errors);
    }

    private RecordScan<K, V> scan(
            TableItems<K, V> of, Function<Map<String, AttributeValue>, K> keyReader, DynamoDbErrors errors) {
        return new TableScan<>(client, table, of, keyReader, authorityTimeout, errors);
    }

    String table() {
        return table;
    }

    /** The items, as far as they are the mapping's wherever the mapping says that. */
    TableItems<K, V> items() {
        return unmappedAttributes == UnmappedAttributes.DROP
                ? items
                : items.mapping().ownedAttributes().map(items::owning).orElse(items);
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
        private DynamoDbSchema schema = DynamoDbSchema.defaults();
        private Duration authorityTimeout = Duration.ofSeconds(10);
        private @Nullable UnmappedAttributes unmappedAttributes;

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

        /**
         * The attribute that holds a tombstone's expiry, for DynamoDB's time-to-live. It must be no attribute of records, mapped or not: a write takes it
         * out of the item. A table has one attribute for time-to-live, so where records have one of their own, leave this one as it is: tombstones do
         * not expire then, and stay until they are purged or deleted by hand. Default: {@code dw_expires_at}.
         */
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

        /** Where an authority keeps its pending writes. Default: {@link DynamoDbSchema#defaults()}. */
        public Builder<K, V> schema(DynamoDbSchema schema) {
            this.schema = Objects.requireNonNull(schema, "schema");
            return this;
        }

        /**
         * How long one call to an authority may take, with all repetitions; then it fails, or its outcome is unknown. Should be some times
         * the client's {@code apiCallTimeout}, so that there is time to ask again. In both roles also how long one page of a scan may
         * take. At most 5 minutes for an authority. Default: 10 s.
         */
        public Builder<K, V> authorityTimeout(Duration authorityTimeout) {
            this.authorityTimeout = Objects.requireNonNull(authorityTimeout, "authorityTimeout");
            return this;
        }

        /**
         * What writes do with attributes of an item that are not the mapping's. {@link UnmappedAttributes#KEEP} needs {@link
         * ItemMapping#ownedAttributes}. Default: an authority keeps them, a follower drops them.
         */
        public Builder<K, V> unmappedAttributes(UnmappedAttributes unmappedAttributes) {
            this.unmappedAttributes = Objects.requireNonNull(unmappedAttributes, "unmappedAttributes");
            return this;
        }

        /** The clock by which tombstones expire, and from which an authority proposes versions. Default: the system's. */
        public Builder<K, V> clock(Clock clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * The store. Does not talk to DynamoDB.
         *
         * @throws IllegalArgumentException if a setting is out of range, if no table can have that name, or if a mark has the name of an attribute of the
         *     mapping
         */
        public DynamoDbStore<K, V> build() {
            Marks marks = new Marks(versionAttribute, deletedAttribute, expiryAttribute);
            List<String> names = marks.names();
            if (!DynamoDbSchema.TABLE_NAME.matcher(table).matches()
                    && !TABLE_ARN.matcher(table).matches()) {
                throw new IllegalArgumentException(
                        "a table's name must have 3 to 255 characters of a-z, A-Z, 0-9, _, . and -,"
                                + " or be its ARN, not '" + table + "'");
            }
            if (names.stream().anyMatch(String::isBlank)) {
                throw new IllegalArgumentException("the names of the marks " + names + " must not be blank");
            }
            if (new HashSet<>(names).size() < names.size()) {
                throw new IllegalArgumentException("the marks " + names + " must have three different names");
            }
            for (String mark : names) {
                if (mapping.attributes().contains(mark)
                        || mapping.ownedAttributes()
                                .filter(owned -> owned.contains(mark))
                                .isPresent()
                        || mapping.partitionKey().equals(mark)
                        || mapping.sortKey().filter(mark::equals).isPresent()) {
                    throw new IllegalArgumentException("attribute " + mark + " of table " + table
                            + " is a mark of Dualwrite and an attribute of the mapping; rename the mark with"
                            + " versionAttribute, deletedAttribute or expiryAttribute, or rename the component");
                }
            }
            Durations.positive("tombstoneTtl", tombstoneTtl);
            Durations.positive("authorityTimeout", authorityTimeout);
            if (concurrency < 1) {
                throw new IllegalArgumentException("concurrency must be at least 1, not " + concurrency);
            }
            return new DynamoDbStore<>(this, marks);
        }
    }
}
