package io.github.dualwrite.examples.livemigration;

import java.util.Map;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** The table in DynamoDB that is this program's own, marked by an item. */
final class DynamoDbGround {

    private static final Map<String, AttributeValue> MARK_KEY = Map.of("id", AttributeValue.fromS(Names.MARK_KEY));

    private final DynamoDbAsyncClient client;
    private final boolean leftover;
    private boolean made;

    /**
     * Looks at what is there and changes nothing.
     *
     * @throws UsageException if the table is somebody else's
     */
    DynamoDbGround(DynamoDbAsyncClient client) {
        this.client = client;
        this.leftover = exists();
        if (leftover && !marked()) {
            throw new UsageException(
                    "DynamoDB has a table " + Names.TABLE
                            + " that this program did not make; it does not touch it. Remove it, or use another region or endpoint");
        }
    }

    private boolean exists() {
        try {
            client.describeTable(r -> r.tableName(Names.TABLE)).join();
            return true;
        } catch (CompletionException e) {
            if (e.getCause() instanceof ResourceNotFoundException) {
                return false;
            }
            throw e;
        }
    }

    private boolean marked() {
        try {
            return Names.MARK.equals(
                    client.getItem(r -> r.tableName(Names.TABLE).key(MARK_KEY).consistentRead(true))
                            .join()
                            .item()
                            .getOrDefault(Names.MARK_ATTRIBUTE, AttributeValue.fromS(""))
                            .s());
        } catch (CompletionException e) { // another key: certainly not ours
            return false;
        }
    }

    /** Whether an earlier run left the table, or one that is under way made it. */
    boolean isThere() {
        return leftover;
    }

    /** Makes the table, in place of one that an earlier run left. */
    void make() {
        if (leftover) {
            delete();
        }
        client.createTable(r -> r.tableName(Names.TABLE)
                        .billingMode(BillingMode.PAY_PER_REQUEST)
                        .attributeDefinitions(AttributeDefinition.builder()
                                .attributeName("id")
                                .attributeType(ScalarAttributeType.S)
                                .build())
                        .keySchema(KeySchemaElement.builder()
                                .attributeName("id")
                                .keyType(KeyType.HASH)
                                .build()))
                .join();
        made = true;
        client.waiter().waitUntilTableExists(r -> r.tableName(Names.TABLE)).join();
        client.putItem(r -> r.tableName(Names.TABLE)
                        .item(Map.of(
                                "id",
                                AttributeValue.fromS(Names.MARK_KEY),
                                Names.MARK_ATTRIBUTE,
                                AttributeValue.fromS(Names.MARK))))
                .join();
    }

    /** Removes the table, if this object made it. */
    void remove() {
        if (made) {
            delete();
            made = false;
        }
    }

    private void delete() {
        client.deleteTable(r -> r.tableName(Names.TABLE)).join();
        client.waiter().waitUntilTableNotExists(r -> r.tableName(Names.TABLE)).join();
    }
}
