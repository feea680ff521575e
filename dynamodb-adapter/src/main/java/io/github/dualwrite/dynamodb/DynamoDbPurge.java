package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * Removes Dualwrite's marks from a table at the end of a migration: deletes tombstones, and takes the marks out of records.
 *
 * <p><b>Run it only when dual writes into this table have ended</b>: no repository, reconciler, backfill or repair may still
 * apply to it. Without its marks a record is older than any write that arrives late, and a deleted one comes back.
 *
 * <ol>
 *   <li>Scan the table for items with a version, strongly consistent, page by page.
 *   <li>Leave alone, and count, what the store's mapping does not recognise: a table can hold items of several repositories, and those of the
 *       others keep their marks. See {@link ItemMapping#recognises}, {@link ItemMapping#recognisesKey}; a mapping without {@link
 *       ItemMapping#keyReader} recognises no tombstone. {@link #wholeTable} leaves out this step.
 *   <li>Delete a tombstone, and remove the marks from a record, each on the condition that its version is still the one
 *       that was read. An item that was changed meanwhile is left alone and counted.
 * </ol>
 *
 * <p>If the table was the authority, drain its queue first. What is still pending nevertheless keeps its version in the queue:
 * it reaches the follower as it was, and the next write of its key gets a higher version. The table of pending writes is not touched; delete
 * it when no repository uses it.
 *
 * <p>A purge that was stopped or failed is resumed by running it again; what is done already is no longer found (DW-7). Each item
 * stands for itself. Costs a scan of the table and one write for each item with marks, which the table's stream shows: {@code MODIFY} for a
 * record, {@code REMOVE} for a tombstone.
 *
 * <p>Needs {@code dynamodb:Scan}, {@code dynamodb:DeleteItem} and {@code dynamodb:UpdateItem}.
 */
public final class DynamoDbPurge {

    private static final String HAS_VERSION = "attribute_exists(#version)";
    private static final String UNCHANGED = "#version = :version";

    private enum Outcome {
        TOMBSTONE,
        RECORD,
        CHANGED
    }

    private final DynamoDbStore<?, ?> store;
    private final TableItems<?, ?> items;
    private final DynamoDbAsyncClient client;
    private final DynamoDbErrors errors;
    private final boolean wholeTable;
    private final Predicate<Map<String, AttributeValue>> own;

    private DynamoDbPurge(
            DynamoDbStore<?, ?> store, DynamoDbAsyncClient client, DynamoDbErrors errors, boolean wholeTable) {
        this.store = store;
        this.items = store.items();
        this.client = client;
        this.errors = errors;
        this.wholeTable = wholeTable;
        this.own = wholeTable ? item -> true : new OwnItems<>(items);
    }

    /**
     * A purge of a store's table.
     *
     * @param repository the name of the repository that wrote into it, for errors
     * @param store the store as it was described to that repository; its marks are removed
     * @param client a client with the SDK's ordinary retries, so that throttling slows the purge instead of ending it; stays
     *     the caller's
     */
    public static DynamoDbPurge of(String repository, DynamoDbStore<?, ?> store, DynamoDbAsyncClient client) {
        return new DynamoDbPurge(
                store, client, new DynamoDbErrors(repository, DynamoDbFollower.describe(store.table())), false);
    }

    /**
     * The same for every item that has the store's marks, whatever the mapping says of it. Only where no other repository writes into the table
     * any more, with whatever mapping: its records would lose their versions, and its deleted ones would come back.
     */
    public DynamoDbPurge wholeTable() {
        return new DynamoDbPurge(store, client, errors, true);
    }

    /**
     * Purges the table; takes as long as it takes, and can be interrupted.
     *
     * @throws io.github.dualwrite.DualWriteException if DynamoDB fails; what was done stays done, and another run goes on
     */
    public PurgeReport run() throws InterruptedException {
        long tombstones = 0;
        long records = 0;
        long changed = 0;
        long unrecognised = 0;
        Map<String, AttributeValue> from = Map.of();
        do {
            // 1. scan
            ScanResponse page = await(client.scan(request(from)));

            // 2. leave alone
            List<Map<String, AttributeValue>> recognised =
                    page.items().stream().filter(own).toList();
            unrecognised += page.items().size() - recognised.size();

            // 3. purge
            for (Outcome outcome : await(InFlight.run(recognised, store.concurrency(), this::purge, this::settle))) {
                switch (outcome) {
                    case TOMBSTONE -> tombstones++;
                    case RECORD -> records++;
                    case CHANGED -> changed++;
                }
            }
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty());
        return new PurgeReport(tombstones, records, changed, unrecognised);
    }

    private ScanRequest request(Map<String, AttributeValue> from) {
        Map<String, String> names = new HashMap<>();
        names.put("#version", items.marks().version());
        ScanRequest.Builder request = ScanRequest.builder()
                .tableName(store.table())
                .consistentRead(true)
                .filterExpression(HAS_VERSION);
        if (wholeTable) {
            Set<String> wanted = new LinkedHashSet<>(items.keyAttributes());
            wanted.addAll(items.marks().names());
            List<String> projected = new ArrayList<>();
            for (String attribute : wanted) {
                projected.add("#a" + projected.size());
                names.put(projected.get(projected.size() - 1), attribute);
            }
            request.projectionExpression(String.join(",", projected));
        }
        request.expressionAttributeNames(names);
        if (!from.isEmpty()) {
            request.exclusiveStartKey(from);
        }
        return request.build();
    }

    private CompletableFuture<Outcome> purge(Map<String, AttributeValue> item) {
        Map<String, AttributeValue> key = items.keyOf(item);
        Marks marks = items.marks();
        Map<String, AttributeValue> version = new HashMap<>();
        version.put(":version", item.get(marks.version()));
        if (marks.tombstone(item)) {
            return Calls.answer(
                    () -> client.deleteItem(DeleteItemRequest.builder()
                            .tableName(store.table())
                            .key(key)
                            .conditionExpression(UNCHANGED)
                            .expressionAttributeNames(Map.of("#version", marks.version()))
                            .expressionAttributeValues(version)
                            .build()),
                    response -> Outcome.TOMBSTONE,
                    DynamoDbErrors::asIs);
        }
        return Calls.answer(
                () -> client.updateItem(UpdateItemRequest.builder()
                        .tableName(store.table())
                        .key(key)
                        .updateExpression("REMOVE #version, #deleted") // no record has an expiry from here
                        .conditionExpression(UNCHANGED)
                        .expressionAttributeNames(Map.of("#version", marks.version(), "#deleted", marks.deleted()))
                        .expressionAttributeValues(version)
                        .build()),
                response -> Outcome.RECORD,
                DynamoDbErrors::asIs);
    }

    private Outcome settle(Map<String, AttributeValue> item, @Nullable Outcome outcome, @Nullable Throwable error) {
        if (outcome != null) {
            return outcome;
        }
        Throwable cause = error == null ? new IllegalStateException("no answer") : DynamoDbErrors.unwrap(error);
        if (cause instanceof ConditionalCheckFailedException) {
            return Outcome.CHANGED;
        }
        throw DynamoDbErrors.asIs(cause);
    }

    private <T> T await(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw errors.translate(Operation.SAVE_ALL, List.of(), cause);
        } catch (InterruptedException e) {
            future.cancel(true);
            throw e;
        }
    }
}
