package io.github.dualwrite.dynamodb;

import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.Operation;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.LocalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;

/**
 * Creates the table of pending writes.
 *
 * <ol>
 *   <li>Create the table, unless it is there.
 *   <li>Wait until it is active, and check it.
 *   <li>Write the number of shards and a new generation into it, unless they are there. A table that has only the number keeps it so: those
 *       who have opened it would take it for another one.
 * </ol>
 */
final class QueueInstallation {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final DynamoDbAsyncClient client;
    private final DynamoDbSchema schema;
    private final String table;
    private final DynamoDbErrors errors;

    QueueInstallation(DynamoDbAsyncClient client, DynamoDbSchema schema) {
        this.client = client;
        this.schema = schema;
        this.table = schema.queueTableName();
        this.errors = new DynamoDbErrors("(any)", DynamoDbFollower.describe(table));
    }

    void run() {
        Deadline deadline = new Deadline(PATIENCE);
        if (describe(deadline) == null) {
            create(deadline);
        }
        TableDescription found = describe(deadline);
        for (int attempt = 1; found == null || found.tableStatus() == TableStatus.CREATING; attempt++) {
            if (!deadline.pause(attempt)) {
                throw new TransientStoreException(
                        errors.context(Operation.OPEN, List.of()),
                        "the table is still being created after " + PATIENCE + "; install again later",
                        null);
            }
            found = describe(deadline);
        }
        QueueTableCheck.of(found).ifPresent(problem -> {
            throw errors.unfit(problem, null);
        });
        writeSettings(deadline);
    }

    private void create(Deadline deadline) {
        try {
            deadline.await(client.createTable(request()));
        } catch (RuntimeException e) {
            if (!(e instanceof ResourceInUseException)) { // somebody else was quicker
                throw errors.authorityFailure(Operation.OPEN, List.of(), e);
            }
        }
    }

    private void writeSettings(Deadline deadline) {
        Map<String, AttributeValue> settings = new HashMap<>(QueueTable.SETTINGS);
        settings.put(QueueTable.SHARDS, QueueTable.number(schema.shardCount()));
        settings.put(
                QueueTable.GENERATION, AttributeValue.fromS(UUID.randomUUID().toString()));
        try {
            deadline.await(client.putItem(PutItemRequest.builder()
                    .tableName(table)
                    .item(settings)
                    .conditionExpression("attribute_not_exists(" + QueueTable.KEY + ")")
                    .build()));
        } catch (RuntimeException e) {
            if (!(e instanceof ConditionalCheckFailedException)) { // installed before
                throw errors.authorityFailure(Operation.OPEN, List.of(), e);
            }
        }
    }

    private @Nullable TableDescription describe(Deadline deadline) {
        CompletableFuture<TableDescription> description = Calls.answer(
                () -> client.describeTable(request -> request.tableName(table)),
                response -> response.table(),
                DynamoDbErrors::asIs);
        try {
            return deadline.await(description);
        } catch (ResourceNotFoundException e) {
            return null;
        } catch (RuntimeException e) {
            throw errors.authorityFailure(Operation.OPEN, List.of(), e);
        }
    }

    private CreateTableRequest request() {
        return CreateTableRequest.builder()
                .tableName(table)
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(QueueTable.KEY_TYPES.entrySet().stream()
                        .map(key -> definition(key.getKey(), key.getValue()))
                        .toList())
                .keySchema(key(QueueTable.KEY))
                .localSecondaryIndexes(
                        index(QueueTable.DUE_INDEX, QueueTable.DUE, ProjectionType.KEYS_ONLY),
                        index(QueueTable.SINCE_INDEX, QueueTable.SINCE, ProjectionType.KEYS_ONLY),
                        index(QueueTable.PARKED_INDEX, QueueTable.PARKED_AT, ProjectionType.ALL))
                .build();
    }

    private static LocalSecondaryIndex index(String name, String sortKey, ProjectionType projection) {
        return LocalSecondaryIndex.builder()
                .indexName(name)
                .keySchema(key(sortKey))
                .projection(p -> p.projectionType(projection))
                .build();
    }

    private static List<KeySchemaElement> key(String sortKey) {
        return List.of(
                KeySchemaElement.builder()
                        .attributeName(QueueTable.SHARD)
                        .keyType(KeyType.HASH)
                        .build(),
                KeySchemaElement.builder()
                        .attributeName(sortKey)
                        .keyType(KeyType.RANGE)
                        .build());
    }

    private static AttributeDefinition definition(String name, ScalarAttributeType type) {
        return AttributeDefinition.builder()
                .attributeName(name)
                .attributeType(type)
                .build();
    }
}
