package io.github.dualwrite.dynamodb;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

/**
 * All records of a table, by DynamoDB's parallel scan, strongly consistent. A split is a segment, {@code 3/16} the fourth of
 * sixteen: DynamoDB deals keys out to segments by a hash of the partition key, so segments are about equal unless few
 * partition keys hold most items. A page is one request: it ends at the limit, or at 1 MB.
 *
 * <p>Tombstones, also expired ones, and items that the mapping does not {@linkplain ItemMapping#recognises recognise} are
 * read, paid for and left out here; so a page may be empty and not the last. Bytes are those of the answer, some more than
 * what DynamoDB counts as read.
 *
 * <p>A page is asked for once, with the timeout of the store instead of the client's; if that fails, pausing and asking again
 * is the caller's.
 */
final class TableScan<K, V> implements RecordScan<K, V> {

    private static final int MOST_SEGMENTS = 1_000_000;
    private static final Pattern SEGMENT = Pattern.compile("(\\d{1,7})/(\\d{1,7})");

    private final DynamoDbAsyncClient client;
    private final String table;
    private final TableItems<K, V> items;
    private final ScannedItems<K, V> scanned;
    private final Duration timeout;
    private final DynamoDbErrors errors;

    TableScan(
            DynamoDbAsyncClient client,
            String table,
            TableItems<K, V> items,
            Function<Map<String, AttributeValue>, K> keyReader,
            Duration timeout,
            DynamoDbErrors errors) {
        this.client = client;
        this.table = table;
        this.items = items;
        this.scanned = new ScannedItems<>(items, keyReader);
        this.timeout = timeout;
        this.errors = errors;
    }

    @Override
    public List<Split> splits(int wanted) {
        int count = Math.max(1, Math.min(wanted, MOST_SEGMENTS));
        return IntStream.range(0, count)
                .mapToObj(segment -> new Split(segment + "/" + count))
                .toList();
    }

    /**
     * {@inheritDoc} It is what DynamoDB says of the table, up to six hours old, tombstones and items of other kinds included; zero, which
     * a new table says too, is taken for not known.
     */
    @Override
    public OptionalLong estimatedRecords() {
        Long count = described().itemCount();
        return count == null || count == 0 ? OptionalLong.empty() : OptionalLong.of(count);
    }

    private TableDescription described() {
        return await(() -> client.describeTable(
                        request -> request.tableName(table).overrideConfiguration(Calls.allowing(timeout))))
                .table();
    }

    /** The table itself, whatever its name: one that was deleted and made again is another one. */
    @Override
    public String form() {
        TableDescription found = described();
        return "table " + found.tableId() + " of " + found.creationDateTime() + ", key "
                + found.keySchema().stream()
                        .map(key -> key.attributeName() + " " + key.keyTypeAsString())
                        .toList();
    }

    /** {@inheritDoc} DynamoDB gives 1 MB at the most. */
    @Override
    public boolean endsPages() {
        return true;
    }

    @Override
    public ScanPage<K, V> page(Split split, @Nullable String after, int limit) {
        ScanRequest.Builder request = segment(split)
                .tableName(table)
                .consistentRead(true)
                .limit(limit)
                .overrideConfiguration(Calls.allowing(timeout));
        if (after != null) {
            request.exclusiveStartKey(position(split, after));
        }
        ScanResponse response;
        try {
            response = await(() -> client.scan(request.build()));
        } catch (PermanentStoreException e) {
            throw refused(split, after, e);
        }
        return page(response);
    }

    private ScanPage<K, V> page(ScanResponse response) {
        List<ScanPage.Scanned<K, V>> records = new ArrayList<>(response.items().size());
        List<ScanPage.Unreadable> unreadable = new ArrayList<>();
        for (Map<String, AttributeValue> item : response.items()) {
            if (items.marks().tombstone(item)) {
                continue;
            }
            K key = null;
            Map<String, AttributeValue> attributes = scanned.withoutMarks(item);
            try {
                if (RecordException.guard(() -> items.mapping().recognises(attributes))) {
                    key = RecordException.guard(() -> scanned.key(item));
                    V value = RecordException.guard(() -> scanned.value(attributes));
                    records.add(new ScanPage.Scanned<>(key, value));
                }
            } catch (RecordException e) {
                String text = key == null ? KeyText.of(item, items.keyAttributes()) : key.toString();
                unreadable.add(new ScanPage.Unreadable(text, String.valueOf(e.getMessage())));
            }
        }
        String next = response.hasLastEvaluatedKey()
                ? PositionText.of(response.lastEvaluatedKey(), items.keyAttributes())
                : null;
        return new ScanPage<>(records, unreadable, bytes(response), next);
    }

    /** How long the answer was; to have the capacity counted as well costs the server a tenth of the scan. */
    private static long bytes(ScanResponse response) {
        return response.sdkHttpResponse()
                .firstMatchingHeader("Content-Length")
                .map(Long::parseLong)
                .orElse(0L);
    }

    private ScanRequest.Builder segment(Split split) {
        Matcher range = SEGMENT.matcher(split.range());
        if (range.matches()) {
            int segment = Integer.parseInt(range.group(1));
            int count = Integer.parseInt(range.group(2));
            if (segment < count && count <= MOST_SEGMENTS) {
                return ScanRequest.builder().segment(segment).totalSegments(count);
            }
        }
        throw errors.permanent(
                Operation.READ_ALL,
                List.of(),
                "split '" + split.range()
                        + "' is no segment of a DynamoDB table, such as 3/16; the job was begun on another"
                        + " kind of store: remove it and begin again",
                null);
    }

    private Map<String, AttributeValue> position(Split split, String after) {
        try {
            return PositionText.read(after, items.keyAttributes());
        } catch (IllegalArgumentException e) {
            throw errors.permanent(
                    Operation.READ_ALL,
                    List.of(),
                    "position '" + after + "' of split " + split.range() + " is none in a table with the key "
                            + items.keyAttributes() + "; the job was begun on another table: remove it and begin again",
                    e);
        }
    }

    private RuntimeException refused(Split split, @Nullable String after, RuntimeException e) {
        return after != null && e.getCause() instanceof ServiceCause
                ? errors.permanent(
                        Operation.READ_ALL,
                        List.of(),
                        "DynamoDB refuses position '" + after + "' of split " + split.range()
                                + "; the job was begun on another table, or its key was changed: remove it and begin again",
                        e)
                : e;
    }

    private <T> T await(Supplier<CompletableFuture<T>> call) {
        try {
            return new Deadline(timeout).await(call.get());
        } catch (RuntimeException e) {
            throw errors.authorityFailure(Operation.READ_ALL, List.of(), e);
        }
    }
}
