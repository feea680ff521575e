package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.ScanPage.Scanned;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchExecuteStatementResponse;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementError;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementResponse;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException;

/**
 * Up to 25 PartiQL {@code INSERT} in one request, each of which takes effect, or not, by itself: it fails if there is an item under its key, whatever
 * that is. It costs what single conditional puts cost, in a twenty-fifth of the requests.
 */
final class BaselineInserts<K, V> {

    static final int MOST = 25;

    private static final int LONGEST_STATEMENT = 8192;

    private final DynamoDbAsyncClient client;
    private final String table;
    private final TableItems<K, V> items;
    private final DynamoDbErrors errors;

    BaselineInserts(DynamoDbAsyncClient client, String table, TableItems<K, V> items, DynamoDbErrors errors) {
        this.client = client;
        this.table = table;
        this.items = items;
        this.errors = errors;
    }

    /**
     * What became of one record.
     *
     * @param result {@code null} if it is not stored by this and a put has to tell more
     * @param denied whether the client may not use PartiQL on this table
     */
    record Answer(@Nullable ApplyResult result, boolean denied) {

        private static final Answer UNCERTAIN = new Answer(null, false);
        private static final Answer DENIED = new Answer(null, true);
    }

    /** One answer for each record, in their order; completes exceptionally if the service answers something else. */
    CompletableFuture<List<Answer>> start(List<Scanned<K, V>> records) {
        List<Scanned<K, V>> sent = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        List<BatchStatementRequest> statements = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            BatchStatementRequest statement = statement(records.get(i));
            if (statement != null) {
                sent.add(records.get(i));
                places.add(i);
                statements.add(statement);
            }
        }
        List<Answer> answers = new ArrayList<>(Collections.nCopies(records.size(), Answer.UNCERTAIN));
        if (statements.isEmpty()) {
            return CompletableFuture.completedFuture(answers);
        }
        CompletableFuture<List<Answer>> result = new CompletableFuture<>();
        CompletableFuture<BatchExecuteStatementResponse> call;
        try {
            call = client.batchExecuteStatement(request -> request.statements(statements));
        } catch (RuntimeException e) {
            call = CompletableFuture.failedFuture(e);
        }
        Calls.cancelTogether(result, call);
        CompletableFuture<?> unused = call.whenComplete((response, error) -> {
            try {
                for (int i = 0; i < sent.size(); i++) {
                    Scanned<K, V> record = sent.get(i);
                    answers.set(
                            places.get(i),
                            error == null ? answer(record, response.responses().get(i)) : failed(record, error));
                }
                result.complete(answers);
            } catch (Throwable e) { // whatever it is, the future must end
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /** {@code null} for what the mapping refuses, and for names that a statement cannot hold. */
    private @Nullable BatchStatementRequest statement(Scanned<K, V> record) {
        Map<String, AttributeValue> item;
        try {
            item = RecordException.guard(() -> items.unversioned(record.key(), record.value()));
        } catch (RecordException e) {
            return null;
        }
        List<AttributeValue> values = new ArrayList<>(item.values());
        String names = item.keySet().stream().map(name -> "'" + name + "': ?").collect(Collectors.joining(", "));
        String statement = "INSERT INTO \"" + table + "\" VALUE {" + names + "}";
        boolean plain = item.keySet().stream().noneMatch(name -> name.contains("'") || name.contains("\\"));
        return plain && statement.length() <= LONGEST_STATEMENT
                ? BatchStatementRequest.builder()
                        .statement(statement)
                        .parameters(values)
                        .build()
                : null;
    }

    private Answer answer(Scanned<K, V> record, BatchStatementResponse response) {
        BatchStatementError error = response.error();
        if (error == null) {
            return new Answer(ApplyResult.applied(), false);
        }
        return switch (error.code()) {
            case DUPLICATE_ITEM -> new Answer(ApplyResult.superseded(), false);
            case PROVISIONED_THROUGHPUT_EXCEEDED, THROTTLING_ERROR, REQUEST_LIMIT_EXCEEDED ->
                new Answer(errors.applyFailure(record.key(), throttled()), false);
            case ACCESS_DENIED -> Answer.DENIED;
            default -> Answer.UNCERTAIN;
        };
    }

    /** A refusal of the whole batch for good says nothing of each record. */
    private Answer failed(Scanned<K, V> record, Throwable error) {
        if (DynamoDbErrors.denied(error)) {
            return Answer.DENIED;
        }
        ApplyResult result = errors.applyFailure(record.key(), error);
        return result.status() == ApplyResult.Status.PERMANENT_FAILURE ? Answer.UNCERTAIN : new Answer(result, false);
    }

    private static RuntimeException throttled() {
        return ProvisionedThroughputExceededException.builder()
                .message("a statement of a batch was throttled")
                .statusCode(400)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode("ProvisionedThroughputExceededException")
                        .build())
                .build();
    }
}
