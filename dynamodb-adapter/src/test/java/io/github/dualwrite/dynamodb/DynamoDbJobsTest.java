package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.JobState;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.SplitProgress;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.Select;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsResponse;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/** The job store as this store has it: what is left of broken calls, lost answers, and the table that it shares with the queue. */
@Tag("DW-7")
class DynamoDbJobsTest {

    private static final AuthorityRig RIG = new AuthorityRig();
    private static final AtomicInteger JOBS = new AtomicInteger();
    private static final Duration LONG = Duration.ofMinutes(10);

    private final FakeService service = new FakeService();
    private final Authority<String, Customer> authority = RIG.open(service);
    private final JobStore jobs = authority.jobs().orElseThrow();
    private final JobStore others = RIG.open(new FakeService()).jobs().orElseThrow();
    private final String job = "job-" + JOBS.incrementAndGet();

    private static List<Split> splits(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Split(i + "/" + count))
                .toList();
    }

    private Job begun() {
        return others.find(job).orElseThrow();
    }

    private static boolean updates(Object request, String words) {
        return request instanceof UpdateItemRequest update
                && update.updateExpression().contains(words);
    }

    private static int storedEntries() {
        return TestTable.join(DynamoDbServer.shared()
                        .client()
                        .scan(request ->
                                request.tableName(RIG.schema.queueTableName()).consistentRead(true)))
                .count();
    }

    @Test
    void aProcessThatDiesWhileItBeginsLeavesNothingThatAnybodySees() {
        service.before((request, count) ->
                updates(request, "job_fingerprint") ? FakeService.error("AccessDeniedException", "no", 400) : null);
        assertThatThrownBy(() -> jobs.begin(job, "one", splits(3))).isInstanceOf(RuntimeException.class);
        assertThat(others.find(job)).isEmpty();

        Job begun = others.begin(job, "two", splits(2));

        assertThat(begun.splits()).extracting(SplitProgress::split).isEqualTo(splits(2));
        assertThat(begun.fingerprint()).isEqualTo("two");
    }

    @Test
    void whoBeginsSecondJoinsAndClearsHisSplitsAway() {
        AtomicBoolean once = new AtomicBoolean();
        service.before((request, count) -> {
            if (updates(request, "job_fingerprint") && once.compareAndSet(false, true)) {
                others.begin(job, "theirs", splits(2));
            }
            return null;
        });
        int before = storedEntries();

        Job joined = jobs.begin(job, "ours", splits(5));

        assertThat(joined.fingerprint()).isEqualTo("theirs");
        assertThat(joined.splits()).hasSize(2);
        assertThat(storedEntries() - before).as("a job and two splits").isEqualTo(3);
    }

    @Test
    void aRemovalThatIsBrokenOffHidesTheJobAndIsFinishedByTheNextBeginning() {
        int before = storedEntries();
        jobs.begin(job, "one", splits(3));
        Lease lease = Lease.of(LONG);
        SplitProgress claimed = jobs.claim(begun(), lease).orElseThrow();
        jobs.noteFailures(begun(), List.of(new JobFailure(0, "a", "too large")));
        service.before((request, count) ->
                request instanceof DeleteItemRequest ? FakeService.error("AccessDeniedException", "no", 400) : null);
        assertThatThrownBy(() -> jobs.remove(job)).isInstanceOf(RuntimeException.class);

        assertThat(others.find(job)).isEmpty();
        assertThat(others.setState(job, JobState.PAUSED)).isFalse();
        assertThat(others.checkpoint(job, claimed, lease)).isEmpty();
        service.before((request, count) -> null);
        assertThat(others.begin(job, "two", splits(1)).failures()).isZero();
        assertThat(storedEntries() - before).as("a job and a split").isEqualTo(2);

        assertThat(jobs.remove(job)).isTrue();
        assertThat(storedEntries()).isEqualTo(before);
    }

    @Test
    void ofTwoStoresThatWantTheSameSplitOneGetsItAndTheOtherTheNext() {
        jobs.begin(job, "one", splits(2));
        AtomicBoolean once = new AtomicBoolean();
        SplitProgress[] theirs = new SplitProgress[1];
        service.before((request, count) -> {
            if (request instanceof UpdateItemRequest update
                    && "due_at = :seen".equals(update.conditionExpression())
                    && once.compareAndSet(false, true)) {
                theirs[0] = others.claim(begun(), Lease.of(LONG)).orElseThrow();
            }
            return null;
        });

        SplitProgress ours = jobs.claim(begun(), Lease.of(LONG)).orElseThrow();

        assertThat(List.of(ours.number(), theirs[0].number())).containsExactlyInAnyOrder(0, 1);
        assertThat(jobs.claim(begun(), Lease.of(LONG))).isEmpty();
        assertThat(others.claim(begun(), Lease.of(LONG))).isEmpty();
    }

    @Test
    void aBeginningWhoseAnswerIsLostKeepsItsSplitsAlsoIfOthersAreInTheWayAfterIt() {
        AtomicBoolean lost = new AtomicBoolean();
        service.before((request, count) -> updates(request, "job_fingerprint") && lost.get()
                ? TransactionConflictException.builder().statusCode(400).build()
                : null);
        service.after((response, count) -> {
            if (response instanceof UpdateItemResponse
                    && updates(service.requests().get(count - 1), "job_fingerprint")) {
                lost.set(true);
                throw SdkClientException.create("the answer is lost");
            }
            return response;
        });

        Job begun = jobs.begin(job, "one", splits(3));

        assertThat(begun.splits()).extracting(SplitProgress::split).isEqualTo(splits(3));
    }

    @Test
    void lostAnswersOfClaimAndCheckpointLoseNoSplit() {
        jobs.begin(job, "one", splits(1));
        AtomicBoolean lost = new AtomicBoolean();
        service.after((response, count) -> {
            if (response instanceof UpdateItemResponse && lost.compareAndSet(false, true)) {
                throw SdkClientException.create("the answer is lost");
            }
            return response;
        });
        Lease lease = Lease.of(LONG);

        SplitProgress claimed = jobs.claim(begun(), lease).orElseThrow();
        lost.set(false);
        SplitProgress done = new SplitProgress(0, claimed.split(), null, true, 5, 4, 1, 0, 500);

        assertThat(jobs.checkpoint(job, done, lease)).contains(JobState.RUNNING);
        assertThat(lost).isTrue();
        assertThat(jobs.find(job).orElseThrow().splits()).containsExactly(done);
    }

    @Test
    void aRequestOfTheBeginningThatComesLateDoesNotSetASplitBack() {
        jobs.begin(job, "one", splits(1));
        UpdateItemRequest written = service.requests(UpdateItemRequest.class).stream()
                .filter(update -> updates(update, "split_range"))
                .findFirst()
                .orElseThrow();
        Lease lease = Lease.of(LONG);
        SplitProgress claimed = jobs.claim(begun(), lease).orElseThrow();
        SplitProgress done = new SplitProgress(0, claimed.split(), null, true, 5, 4, 1, 0, 500);
        assertThat(jobs.checkpoint(job, done, lease)).isPresent();

        assertThatThrownBy(() -> TestTable.join(DynamoDbServer.shared().client().updateItem(written)))
                .hasCauseInstanceOf(ConditionalCheckFailedException.class);

        assertThat(jobs.find(job).orElseThrow().splits()).containsExactly(done);
    }

    /** Loses a request on its way, which arrives when it is sent again by hand. */
    private <R extends SdkRequest> AtomicReference<R> delayed(Class<R> type, Predicate<R> which) {
        AtomicReference<R> late = new AtomicReference<>();
        service.before((request, count) -> type.isInstance(request)
                        && which.test(type.cast(request))
                        && late.compareAndSet(null, type.cast(request))
                ? SdkClientException.create("no answer yet")
                : null);
        return late;
    }

    @Test
    void aCheckpointThatComesLateDoesNotSetASplitBack() {
        jobs.begin(job, "one", splits(1));
        Lease lease = Lease.of(LONG);
        SplitProgress claimed = jobs.claim(begun(), lease).orElseThrow();
        SplitProgress half = new SplitProgress(0, claimed.split(), "id=S:c", false, 5, 4, 1, 0, 500);
        SplitProgress more = new SplitProgress(0, claimed.split(), "id=S:m", false, 7, 6, 1, 0, 700);
        SplitProgress done = new SplitProgress(0, claimed.split(), null, true, 9, 8, 1, 0, 900);
        AtomicReference<UpdateItemRequest> late =
                delayed(UpdateItemRequest.class, update -> updates(update, "records_read"));
        assertThat(jobs.checkpoint(job, half, lease)).isPresent();
        assertThat(jobs.checkpoint(job, half, lease)).as("a heartbeat").isPresent();

        for (SplitProgress later : List.of(more, done)) {
            assertThat(jobs.checkpoint(job, later, lease)).isPresent();
            assertThatThrownBy(() ->
                            TestTable.join(DynamoDbServer.shared().client().updateItem(late.get())))
                    .hasCauseInstanceOf(ConditionalCheckFailedException.class);
            assertThat(jobs.find(job).orElseThrow().splits()).containsExactly(later);
        }
        assertThat(jobs.claim(begun(), Lease.of(LONG))).isEmpty();
    }

    @Test
    @Tag("DW-6")
    void aNoteThatComesLateDoesNotBringBackAFailureThatIsSettled() {
        jobs.begin(job, "one", splits(1));
        AtomicReference<TransactWriteItemsRequest> late = delayed(TransactWriteItemsRequest.class, request -> true);
        jobs.noteFailures(begun(), List.of(new JobFailure(0, "a", "too large")));
        assertThat(jobs.settleFailures(begun(), List.of("a"))).isEqualTo(1);

        assertThat(late.get()).as("as a transaction with a token").isNotNull();
        TestTable.join(DynamoDbServer.shared().client().transactWriteItems(late.get()));

        assertThat(jobs.failures(job, 0, 10)).isEmpty();
    }

    @Test
    @Tag("DW-6")
    void aSettlementThatComesLateDoesNotTakeAFailureThatIsNotedSince() {
        jobs.begin(job, "one", splits(1));
        JobFailure failure = new JobFailure(0, "a", "too large");
        jobs.noteFailures(begun(), List.of(failure));
        AtomicReference<TransactWriteItemsRequest> late = delayed(TransactWriteItemsRequest.class, request -> true);
        assertThat(jobs.settleFailures(begun(), List.of("a"))).isEqualTo(1);
        jobs.noteFailures(begun(), List.of(failure));

        assertThat(late.get()).as("as a transaction with a token").isNotNull();
        TestTable.join(DynamoDbServer.shared().client().transactWriteItems(late.get()));

        assertThat(jobs.failures(job, 0, 10)).containsExactly(failure);
        assertThat(jobs.settleFailures(begun(), List.of("b"))).isZero();
    }

    @Test
    void aBeginningOfWhichTheAnswersOfSplitsAreLostIsABeginning() {
        AtomicInteger lost = new AtomicInteger();
        service.after((response, count) -> {
            if (response instanceof UpdateItemResponse && lost.getAndIncrement() < 2) {
                throw SdkClientException.create("the answer is lost");
            }
            return response;
        });

        assertThat(jobs.begin(job, "one", splits(2)).splits())
                .extracting(SplitProgress::split)
                .isEqualTo(splits(2));
    }

    @Test
    void claimsAskTheIndexAndDoNotReadTheSplits() {
        Job begun = jobs.begin(job, "one", splits(40));
        service.requests().clear();

        assertThat(jobs.claim(begun, Lease.of(LONG))).isPresent();

        assertThat(service.requests(QueryRequest.class))
                .singleElement()
                .matches(query -> "due".equals(query.indexName()) && query.limit() == 25);
        assertThat(service.requests()).hasSize(3);
    }

    @Test
    void failuresComeInTheOrderOfTheirKeysAlsoOfVeryLongOnes() {
        jobs.begin(job, "one", splits(1));
        List<String> keys =
                List.of("", "a" + "x".repeat(2000), "a" + "y".repeat(2000) + "鍵", "b", "é", "🔑".repeat(500));
        keys.stream()
                .sorted(Comparator.reverseOrder())
                .forEach(key -> jobs.noteFailures(
                        begun(), List.of(new JobFailure(0, key, "old"), new JobFailure(0, key, key))));

        assertThat(jobs.failures(job, 0, 10)).extracting(JobFailure::key).isEqualTo(keys);
        assertThat(jobs.failures(job, 1, 2)).extracting(JobFailure::reason).isEqualTo(keys.subList(1, 3));
        jobs.settleFailures(begun(), keys.subList(1, 6));
        assertThat(jobs.find(job).orElseThrow().failures()).isEqualTo(1);
    }

    @Test
    void moreFailuresThanAreReadAtOnceAreAllSeenAndSettled() {
        jobs.begin(job, "one", splits(3));
        jobs.noteFailures(
                begun(),
                IntStream.range(0, 520)
                        .mapToObj(i -> new JobFailure(i == 519 ? 2 : i % 2, String.format("%04d", i), "x"))
                        .toList());

        assertThat(jobs.failedSplits(job)).containsExactlyInAnyOrder(0, 1, 2);
        jobs.settleFailures(begun(), Set.of(0, 2), Set.of("0004", "0519"));

        assertThat(jobs.failedSplits(job)).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(jobs.find(job).orElseThrow().failures()).isEqualTo(259 + 2);
        assertThat(service.requests(QueryRequest.class))
                .filteredOn(query -> query.limit() != null
                        && query.select() != Select.COUNT
                        && query.expressionAttributeValues().containsValue(AttributeValue.fromS("failure|")))
                .as("chunk by chunk")
                .hasSize(5)
                .allMatch(query -> query.limit() <= 500);
    }

    @Test
    void aFailureIsSettledAlsoIfTheAnswerIsLost() {
        jobs.begin(job, "one", splits(1));
        jobs.noteFailures(begun(), List.of(new JobFailure(0, "a", "too large")));
        AtomicBoolean lost = new AtomicBoolean();
        service.after((response, count) -> {
            if (response instanceof TransactWriteItemsResponse && !lost.getAndSet(true)) {
                throw SdkClientException.create("the answer is lost");
            }
            return response;
        });

        assertThat(jobs.settleFailures(begun(), List.of("a"))).isEqualTo(1);
    }

    @Test
    void manyFailuresAreNotCountedEachTime() {
        jobs.begin(job, "one", splits(1));
        jobs.noteFailures(
                begun(),
                IntStream.range(0, 250)
                        .mapToObj(i -> new JobFailure(0, "k" + i, "too large"))
                        .toList());
        assertThat(jobs.find(job).orElseThrow().failures()).isEqualTo(250);
        service.requests().clear();

        for (int i = 0; i < 5; i++) {
            assertThat(jobs.find(job).orElseThrow().failures()).isEqualTo(250);
        }

        assertThat(counts())
                .hasSize(5)
                .allSatisfy(query -> assertThat(query.limit()).isNotNull().isLessThanOrEqualTo(100));
        jobs.settleFailures(begun(), List.of("k0"));
        assertThat(jobs.find(job).orElseThrow().failures())
                .as("what was changed here")
                .isEqualTo(249);
    }

    private List<QueryRequest> counts() {
        return service.requests(QueryRequest.class).stream()
                .filter(query -> query.select() == Select.COUNT)
                .toList();
    }

    @Test
    void aJobWithMoreFailuresThanCanBeCountedInTimeIsFound() {
        jobs.begin(job, "one", splits(1));
        jobs.noteFailures(begun(), List.of(new JobFailure(0, "a", "too large"), new JobFailure(0, "b", "too large")));
        service.requests().clear();
        service.after((response, count) -> {
            if (response instanceof QueryResponse page
                    && service.requests().get(count - 1) instanceof QueryRequest query
                    && query.select() == Select.COUNT) {
                return page.toBuilder()
                        .count(5000)
                        .lastEvaluatedKey(Map.of(
                                "queue_shard",
                                query.expressionAttributeValues().get(":partition"),
                                "record_key",
                                AttributeValue.fromS("failure|a")))
                        .build();
            }
            return response;
        });

        assertThat(jobs.find(job).orElseThrow().failures()).isEqualTo(JobCalls.MOST_COUNTED);
        assertThat(counts()).hasSize(20);
    }

    @Test
    void jobsAreNoPendingWrites() {
        jobs.begin(job, "one", splits(2));
        jobs.noteFailures(begun(), List.of(new JobFailure(0, "a", "too large")));

        assertThat(authority.queue().claim(Lease.of(LONG), 10)).isEmpty();
        assertThat(authority.queue().parked(0, 10)).isEmpty();
        assertThat(authority.queue().statistics()).hasToString("depth=0 parked=0 oldest=-");
    }

    @Test
    void errorsNameTheRepositoryAndAreTransientWhenDynamoDbIsAway() {
        service.failing(() -> FakeService.error("ThrottlingException", "slow down", 400));

        assertThatThrownBy(() -> jobs.find(job))
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContaining("repository 'customers'");
        assertThat(service.requests()).as("attempts are bounded").hasSizeLessThan(20);
    }
}
