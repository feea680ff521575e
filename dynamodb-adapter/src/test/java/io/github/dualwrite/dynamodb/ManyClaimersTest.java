package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.PendingWrite;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** Those who claim of a backlog at once rarely want the same entries. */
@Tag("DW-7")
class ManyClaimersTest {

    private static final int CLAIMERS = 8;
    private static final int ENTRIES = 1000;

    /** Of the last ones there are too few for everybody. */
    private static final int MOST = 750;

    private final TestTable table = new TestTable();
    private final FakeService service = new FakeService();

    @ParameterizedTest
    @ValueSource(ints = {1, 16})
    void fewerThanHalfAsManyClaimsFailAsSucceed(int shards) throws Exception {
        DynamoDbSchema schema = TestQueue.install(shards);
        Authority<String, Customer> writer = AuthorityRig.open(
                table.store(DynamoDbServer.shared().client()).schema(schema).authorityTimeout(Duration.ofSeconds(60)));
        for (int from = 0; from < ENTRIES; from += 50) {
            writer.saveAll(IntStream.range(from, from + 50)
                    .mapToObj(i -> Customer.of("k" + i, "Ada"))
                    .toList());
        }
        Authority<String, Customer> authority = AuthorityRig.open(
                table.store(service.client()).schema(schema).authorityTimeout(Duration.ofSeconds(60)));
        Queue<String> claimed = new ConcurrentLinkedQueue<>();
        AtomicInteger atLeast = new AtomicInteger();

        ExecutorService threads = Executors.newFixedThreadPool(CLAIMERS);
        try {
            CompletableFuture.allOf(Stream.generate(() -> CompletableFuture.runAsync(
                                    () -> {
                                        while (atLeast.get() < MOST) {
                                            List<PendingWrite<String>> mine =
                                                    authority.queue().claim(Lease.of(Duration.ofMinutes(30)), 25);
                                            mine.forEach(write -> claimed.add(write.key()));
                                            atLeast.addAndGet(mine.size());
                                        }
                                    },
                                    threads))
                            .limit(CLAIMERS)
                            .toArray(CompletableFuture[]::new))
                    .get(2, TimeUnit.MINUTES);
        } finally {
            threads.shutdownNow();
        }

        int failed = service.requests(UpdateItemRequest.class).size() - claimed.size();
        assertThat(claimed).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(MOST);
        assertThat((double) failed / claimed.size())
                .as("failed for each claimed")
                .isLessThanOrEqualTo(0.5);
    }
}
