package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.AppliedVersion;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreLog;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableResponse;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbResponse;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/** The verbs of a DynamoDB table that follows. {@link DynamoDbStore} says how. */
final class DynamoDbFollower<K, V> implements Follower<K, V> {

    private static final Logger log = LoggerFactory.getLogger(DynamoDbFollower.class);

    /** Whether the stored version is lower than the one that is being applied; no item and no version are lower than any. */
    private static final String IS_OLDER =
            "attribute_not_exists(#key) OR attribute_not_exists(#version) OR #version < :version";

    private static final int ROUNDS = 10;

    private final DynamoDbAsyncClient client;
    private final String table;
    private final TableItems<K, V> items;
    private final int concurrency;
    private final DynamoDbErrors errors;
    private final BatchRead<K, V> batchRead;
    private final Baseline<K, V> baseline;
    private final Optional<RecordScan<K, V>> scan;
    private final StoreLog lines;
    private final AtomicBoolean replicasToTellOf = new AtomicBoolean(true);

    DynamoDbFollower(
            DynamoDbAsyncClient client,
            String table,
            TableItems<K, V> items,
            int concurrency,
            Baseline<K, V> baseline,
            Optional<RecordScan<K, V>> scan,
            String repository,
            DynamoDbErrors errors) {
        this.client = client;
        this.table = table;
        this.items = items;
        this.concurrency = concurrency;
        this.errors = errors;
        this.baseline = baseline;
        this.scan = scan;
        this.lines = new StoreLog(log, repository);
        this.batchRead = new BatchRead<>(client, table, items, concurrency);
    }

    static String describe(String table) {
        return "DynamoDB table " + table;
    }

    @Override
    public String description() {
        return describe(table);
    }

    @Override
    public String lookup(K key) {
        return items.lookup(table, key).orElseGet(() -> Follower.super.lookup(key));
    }

    /** As many requests one after another as fit well into a deadline that is made for one. */
    @Override
    public int batchLimit() {
        return ROUNDS * concurrency;
    }

    /** The client resolves credentials by the thread that makes the call, and a provider may go to the network for them. */
    @Override
    public boolean mayBlock() {
        return true;
    }

    @Override
    public CompletableFuture<Void> check() {
        return Calls.answer(
                () -> client.describeTable(request -> request.tableName(table)), this::fitness, errors::checkFailure);
    }

    @SuppressWarnings("NullAway") // Void has no other value
    private Void fitness(DescribeTableResponse response) {
        TableCheck.of(items.mapping(), response.table()).ifPresent(problem -> {
            throw errors.unfit(problem, null);
        });
        List<String> regions = Replicas.of(response.table());
        if (!regions.isEmpty() && replicasToTellOf.compareAndSet(true, false)) {
            lines.warn("TableReplicated")
                    .addKeyValue("store", description())
                    .addKeyValue("regions", regions)
                    .log(
                            "the table has replicas in other regions, where the last writer wins whatever the versions are; let all"
                                    + " that write to it use the region of this client");
        }
        return null;
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<K, V>> records) {
        return InFlight.run(records, concurrency, this::write, this::settle);
    }

    private CompletableFuture<? extends DynamoDbResponse> write(VersionedRecord<K, V> record) {
        V value = record.value();
        OwnAttributes own = items.own();
        if (value == null) {
            return put(record.version(), RecordException.guard(() -> items.tombstone(record.key(), record.version())));
        }
        Map<String, AttributeValue> item =
                RecordException.guard(() -> items.record(record.key(), record.version(), value));
        return own == null ? put(record.version(), item) : change(own, record.version(), item);
    }

    private CompletableFuture<PutItemResponse> put(long version, Map<String, AttributeValue> item) {
        return client.putItem(PutItemRequest.builder()
                .tableName(table)
                .item(item)
                .conditionExpression(IS_OLDER)
                .expressionAttributeNames(Map.of(
                        "#key", items.mapping().partitionKey(),
                        "#version", items.marks().version()))
                .expressionAttributeValues(Map.of(":version", AttributeValue.fromN(Long.toString(version))))
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .build());
    }

    /** Leaves what is not the mapping's; makes the item if there is none. */
    private CompletableFuture<UpdateItemResponse> change(
            OwnAttributes own, long version, Map<String, AttributeValue> item) {
        Map<String, AttributeValue> values = new HashMap<>();
        values.put(":version", AttributeValue.fromN(Long.toString(version)));
        return client.updateItem(UpdateItemRequest.builder()
                .tableName(table)
                .key(items.keyOf(item))
                .updateExpression(own.change(item, values))
                .conditionExpression(IS_OLDER)
                .expressionAttributeNames(own.names(true))
                .expressionAttributeValues(values)
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .build());
    }

    private ApplyResult settle(
            VersionedRecord<K, V> record, @Nullable DynamoDbResponse answer, @Nullable Throwable error) {
        if (error == null) {
            return ApplyResult.applied();
        }
        if (DynamoDbErrors.unwrap(error) instanceof ConditionalCheckFailedException refusal) {
            return refused(record, refusal);
        }
        return errors.applyFailure(record.key(), error);
    }

    /** The condition fails if the stored version is not lower; it also does if something else is in its place. */
    private ApplyResult refused(VersionedRecord<K, V> record, ConditionalCheckFailedException refusal) {
        if (!refusal.hasItem() || !items.marks().mistaken(refusal.item())) {
            return ApplyResult.superseded();
        }
        return errors.rejected(
                record.key(),
                "attribute " + items.marks().version()
                        + " of the stored item is not a whole number of 64 bits, so something other than Dualwrite wrote it; remove that"
                        + " attribute, or name the mark differently when the store is built; then retry the parked write");
    }

    @Override
    public CompletableFuture<Optional<V>> read(K key) {
        return Calls.answer(
                () -> client.getItem(GetItemRequest.builder()
                        .tableName(table)
                        .key(RecordException.guard(() -> items.key(key)))
                        .consistentRead(true)
                        .build()),
                this::record,
                error -> errors.translate(Operation.READ, List.of(key), error));
    }

    @Override
    public Optional<Baseline<K, V>> baseline() {
        return Optional.of(baseline);
    }

    /** {@inheritDoc} Needs the mapping's way back to keys. */
    @Override
    public Optional<RecordScan<K, V>> scan() {
        return scan;
    }

    @Override
    public Optional<String> scanNeeds() {
        return scan.isPresent() ? Optional.empty() : Optional.of(AuthorityCheck.noWayBack(items.mapping()));
    }

    /** What the items' marks say: an item that was removed past the library takes its version with it. */
    @Override
    public Optional<AppliedVersions<K>> appliedVersions() {
        return Optional.of(keys -> Calls.answer(
                () -> InFlight.run(List.copyOf(keys), concurrency, this::marks, this::applied),
                found -> found.stream()
                        .flatMap(Optional::stream)
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)),
                DynamoDbErrors::asIs));
    }

    private CompletableFuture<GetItemResponse> marks(K key) {
        return client.getItem(GetItemRequest.builder()
                .tableName(table)
                .key(RecordException.guard(() -> items.key(key)))
                .projectionExpression("#version, #deleted")
                .expressionAttributeNames(Map.of(
                        "#version",
                        items.marks().version(),
                        "#deleted",
                        items.marks().deleted()))
                .consistentRead(true)
                .build());
    }

    private Optional<Map.Entry<K, AppliedVersion>> applied(
            K key, @Nullable GetItemResponse answer, @Nullable Throwable error) {
        if (answer == null) {
            throw errors.translate(
                    Operation.READ, List.of(key), error == null ? new IllegalStateException("no answer") : error);
        }
        Long version = items.marks().version(answer.item());
        return version == null
                ? Optional.empty()
                : Optional.of(
                        Map.entry(key, new AppliedVersion(version, items.marks().tombstone(answer.item()))));
    }

    private Optional<V> record(GetItemResponse response) {
        return response.hasItem()
                ? Optional.ofNullable(RecordException.guard(() -> items.value(response.item())))
                : Optional.empty();
    }

    @Override
    public CompletableFuture<Map<K, V>> readAll(Collection<? extends K> keys) {
        return Calls.answer(
                () -> batchRead.start(keys),
                found -> found,
                error -> errors.translate(Operation.READ_ALL, keys, error));
    }
}
