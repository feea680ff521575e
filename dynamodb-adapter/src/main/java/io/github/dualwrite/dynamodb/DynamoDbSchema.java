package io.github.dualwrite.dynamodb;

import io.github.dualwrite.ConfigurationException;
import java.util.Objects;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * The table in which a DynamoDB authority keeps its pending writes, and the jobs that work on it. One table serves any number of repositories and record
 * tables of one account and region. Immutable.
 *
 * <pre>
 * pending                                            parked
 * -------------------------------------------------  --------------------------------------------------
 * queue_shard           S  "customers#17"            queue_shard           S  "customers#17"
 * record_key            S  "c-17"                    record_key            S  "c-18"
 * record_key_attributes M  {id: "c-17"}              record_key_attributes M  {id: "c-18"}
 * pending_version       N  1767225600000000          pending_version       N  1767225600000001
 * failed_attempts       N  0                         failed_attempts       N  1
 * due_at                N  1767225605000000          parked_at             N  1767225607000000
 * pending_since         N  1767225600000000          parked_since          N  1767225600000001
 * lease_id              S  (while claimed)           last_error            S  "the item is larger than ..."
 * </pre>
 *
 * <p>Times and versions are microseconds of the epoch. {@code queue_shard} is the partition key: repository and a hash of the
 * key, so that writes spread over {@link #shards} partitions; {@code record_key} is the sort key, so a key is pending once.
 * Three local secondary indexes, one each for {@code due_at}, {@code pending_since} and {@code parked_at}, answer claims, age
 * and the list of parked writes without reading the rest; an entry is in an index as long as it has the attribute.
 *
 * <p>With {@link #shards} the table's capacity is planned: a partition takes 1000 write units a second, and one write that
 * becomes pending, is claimed and is confirmed costs at most 12 (record entry and two index entries in a transaction, which counts twice: 6;
 * claim: 3; confirm: 3). The default of 128 shards so bears 10 000 writes to different keys a second. A new on-demand table
 * starts below that; raise its warm throughput before such a load. Every claim asks each shard once, statistics up to
 * three times, read-your-writes for the fleet once every quarter of its bound, and an instance that reads from the follower asks it for parked writes every four
 * seconds, or each second while there are thousands; small applications can have few shards.
 *
 * <p>A job, such as a backfill, is kept beside them in partitions that are no shards, so that neither sees the other:
 *
 * <pre>
 * job                                        split                                          failure
 * -----------------------------------------  ---------------------------------------------  -----------------------------------
 * queue_shard     S  "customers#jobs"        queue_shard    S  "customers#job-&lt;generation&gt;"  queue_shard  S  "customers#job-..."
 * record_key      S  "backfill"              record_key     S  "split|0000000003"           record_key   S  "failure|c-17"
 * job_generation  S  a uuid                  split_number   N  3                            split_number N  3
 * job_fingerprint S  "..."                   split_range    S  "3/16"                       failed_key   S  "c-17"
 * job_state       S  "RUNNING"               split_position S  "id=S:c-4711"                last_error   S  "the item is ..."
 * began_at        N  1767225600000000        split_done     BOOL false
 * split_count     N  16                      records_read, records_applied, records_skipped,
 * removed_at      N  (while it is removed)   records_failed, bytes_read  N
 *                                            due_at         N  1767225660000000 (end of the lease; until it is done)
 *                                            lease_id       S  (while claimed)
 * </pre>
 *
 * <p>All of a job's splits and failures share one partition: some hundred checkpoints and failures a second. To change the number of {@link
 * #shards} let jobs end first, for they go with the table. That number, and a generation by which an instance notices that the table was
 * deleted and installed again, are in an item of their own.
 */
public final class DynamoDbSchema {

    static final Pattern TABLE_NAME = Pattern.compile("[a-zA-Z0-9_.-]{3,255}");
    private static final int MOST_SHARDS = 1024;

    private final String queueTable;
    private final int shards;

    private DynamoDbSchema(String queueTable, int shards) {
        this.queueTable = queueTable;
        this.shards = shards;
    }

    /** Table {@code dualwrite_pending} with 128 shards. */
    public static DynamoDbSchema defaults() {
        return new DynamoDbSchema("dualwrite_pending", 128);
    }

    /** The same with another table for pending writes. */
    public DynamoDbSchema queueTable(String queueTable) {
        Objects.requireNonNull(queueTable, "queueTable");
        if (!TABLE_NAME.matcher(queueTable).matches()) {
            throw new IllegalArgumentException(
                    "a table's name must have 3 to 255 characters of a-z, A-Z, 0-9, _, . and -, not '" + queueTable
                            + "'");
        }
        return new DynamoDbSchema(queueTable, shards);
    }

    /**
     * The same with another number of shards, 1 to 1024; about one for 80 writes a second to different keys. Takes effect when
     * the table is installed, and is kept in it.
     *
     * <p>To change it later, <b>stop all instances</b> that have the table as their queue, drain it with
     * nothing else running until depth and parked are zero, delete the table, install it again, and only then start the instances. What becomes pending between the drain and the deletion is lost with the table, and an instance that
     * was not restarted files pending writes where the others do not look; it looks for that every ten seconds while it is used, after a
     * minute without use before its first write, and refuses every write from then on. Where that has happened, verify and repair.
     */
    public DynamoDbSchema shards(int shards) {
        if (shards < 1 || shards > MOST_SHARDS) {
            throw new IllegalArgumentException("shards must be 1 to " + MOST_SHARDS + ", not " + shards);
        }
        return new DynamoDbSchema(queueTable, shards);
    }

    /**
     * Creates the table, billed on demand, if it does not exist, and waits until it can be used: up to five minutes. May be called again, also by
     * several processes at once; a table that is there is checked and stays as it is, with the number of shards that it has.
     *
     * <p>Needs {@code dynamodb:CreateTable}, {@code dynamodb:DescribeTable} and {@code dynamodb:PutItem} on the table. Whoever creates it by other means has to call this all the same, for it also writes the
     * item that holds the number of shards.
     *
     * @param client stays the caller's
     * @throws ConfigurationException if a table of that name has another key, lacks an index, or has one that holds too little
     * @throws io.github.dualwrite.DualWriteException if DynamoDB fails; another call goes on
     */
    public void install(DynamoDbAsyncClient client) {
        new QueueInstallation(client, this).run();
    }

    String queueTableName() {
        return queueTable;
    }

    int shardCount() {
        return shards;
    }
}
