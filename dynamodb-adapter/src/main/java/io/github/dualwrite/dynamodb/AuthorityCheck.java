package io.github.dualwrite.dynamodb;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.spi.Operation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

/** What is found out about both tables before a repository writes. Changes nothing. */
final class AuthorityCheck {

    private static final String INSTALL = "; call DynamoDbSchema.install once before the repository is built";

    private final DynamoDbAsyncClient client;
    private final Deadline deadline;
    private final DynamoDbErrors errors;

    AuthorityCheck(DynamoDbAsyncClient client, Deadline deadline, DynamoDbErrors errors) {
        this.client = client;
        this.deadline = deadline;
        this.errors = errors;
    }

    /** The mapping's way back from attributes to keys. */
    <K> Function<Map<String, AttributeValue>, K> keyReader(ItemMapping<K, ?> mapping) {
        return mapping.keyReader()
                .orElseThrow(
                        () -> errors.unfit("the queue of an authority gives back keys; " + noWayBack(mapping), null));
    }

    /** What a mapping that cannot read keys back would have to implement. */
    static String noWayBack(ItemMapping<?, ?> mapping) {
        return "its mapping gives no way back from the key attributes "
                + mapping.sortKey()
                        .map(sort -> List.of(mapping.partitionKey(), sort))
                        .orElse(List.of(mapping.partitionKey()))
                + " to a key: implement keyReader in " + mapping.getClass().getName();
    }

    /** The table, unless it does not fit the mapping. */
    TableDescription recordTable(String table, ItemMapping<?, ?> mapping) {
        TableDescription found = describe(table, e -> errors.authorityFailure(Operation.OPEN, List.of(), e));
        TableCheck.of(mapping, found).or(() -> Replicas.problem(found)).ifPresent(problem -> {
            throw errors.unfit(problem, null);
        });
        return found;
    }

    /** The table, unless it is not what {@code install} makes of it, or no transaction can hold it together with the records. */
    TableDescription queueTable(String queueTable, TableDescription records) {
        TableDescription found = describe(
                queueTable,
                e -> e instanceof ResourceNotFoundException
                        ? errors.unfit("there is no table " + queueTable + " for pending writes" + INSTALL, e)
                        : errors.authorityFailure(Operation.OPEN, List.of(), e));
        Optional<String> problem = QueueTableCheck.of(found).or(() -> elsewhere(found, records));
        if (problem.isPresent()) {
            throw errors.unfit("table " + queueTable + ": " + problem.get(), null);
        }
        return found;
    }

    /** What the table says of itself. */
    QueueSettings settings(String queueTable) {
        GetItemResponse settings;
        try {
            settings = deadline.await(client.getItem(QueueSettings.request(queueTable)));
        } catch (RuntimeException e) {
            throw errors.authorityFailure(Operation.OPEN, List.of(), e);
        }
        return QueueSettings.of(settings).orElseThrow(() -> missingSettings(queueTable));
    }

    private static Optional<String> elsewhere(TableDescription queue, TableDescription records) {
        return place(queue).equals(place(records))
                ? Optional.empty()
                : Optional.of("it is in region and account " + place(queue) + " and the table of the records in "
                        + place(records)
                        + ", and a transaction of DynamoDB holds tables of one account in one region: use a"
                        + " client of the account and region of the records");
    }

    /** Region and account. */
    private static List<String> place(TableDescription table) {
        String[] arn = String.valueOf(table.tableArn()).split(":", 6);
        return arn.length < 6 ? List.of() : List.of(arn[3], arn[4]);
    }

    private ConfigurationException missingSettings(String queueTable) {
        return errors.unfit("table " + queueTable + " does not say how many shards it has" + INSTALL, null);
    }

    private TableDescription describe(String table, Function<RuntimeException, DualWriteException> translation) {
        CompletableFuture<TableDescription> description = Calls.answer(
                () -> client.describeTable(request -> request.tableName(table)),
                response -> response.table(),
                DynamoDbErrors::asIs);
        try {
            return deadline.await(description);
        } catch (RuntimeException e) {
            throw translation.apply(e);
        }
    }
}
