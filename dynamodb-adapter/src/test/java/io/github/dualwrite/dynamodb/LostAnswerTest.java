package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.dualwrite.ConflictException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.VersionedRecord;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsResponse;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.TransactionInProgressException;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/** Answers that are lost, refusals that pass, and refusals that do not: what the caller is told is true. */
@Tag("DW-1")
class LostAnswerTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    private final AuthorityRig rig = new AuthorityRig();
    private final FakeService service = new FakeService();
    private final Authority<String, Customer> authority = rig.open(service);

    private void loseFirst(Class<?> answer) {
        AtomicBoolean lost = new AtomicBoolean();
        service.after((response, count) -> {
            if (answer.isInstance(response) && lost.compareAndSet(false, true)) {
                throw SdkClientException.create("the answer is lost");
            }
            return response;
        });
    }

    private void failFirst(int times, RuntimeException error) {
        AtomicInteger failures = new AtomicInteger();
        service.before((request, count) ->
                request instanceof TransactWriteItemsRequest && failures.getAndIncrement() < times ? error : null);
    }

    private static RuntimeException conflict() {
        return TransactionCanceledException.builder()
                .message("Transaction cancelled")
                .statusCode(400)
                .cancellationReasons(
                        CancellationReason.builder().code("TransactionConflict").build(),
                        CancellationReason.builder().code("None").build())
                .build();
    }

    /** Gives up soon, but not before it was opened: that talks to the server, which may be slow for a moment. */
    private Authority<String, Customer> impatient() {
        for (int attempt = 1; ; attempt++) {
            try {
                return AuthorityRig.open(rig.store(service.client()).authorityTimeout(Duration.ofMillis(700)));
            } catch (TransientStoreException e) {
                if (attempt == 20) {
                    throw e;
                }
            }
        }
    }

    /** Saves, all at once, records of which each meets another error until the time is over. */
    private List<Throwable> failures(List<RuntimeException> errors) {
        Authority<String, Customer> impatient = impatient();
        service.before((request, count) -> request instanceof TransactWriteItemsRequest write
                ? errors.get(Integer.parseInt(
                        write.transactItems().get(0).update().key().get("id").s()))
                : null);
        ExecutorService threads = Executors.newFixedThreadPool(errors.size());
        try {
            return IntStream.range(0, errors.size())
                    .mapToObj(i -> threads.submit(
                            () -> catchThrowable(() -> impatient.save(Customer.of(Integer.toString(i), "Ada")))))
                    .toList()
                    .stream()
                    .map(LostAnswerTest::ended)
                    .toList();
        } finally {
            threads.shutdownNow();
        }
    }

    private static <T> T ended(Future<T> call) {
        try {
            return call.get(1, TimeUnit.MINUTES);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void ofWhatWasNeverSentTheOutcomeIsKnown() {
        List<RuntimeException> errors = List.of(
                SdkClientException.create("x", new UnknownHostException("dynamodb.eu-central-1.amazonaws.com")),
                SdkClientException.create("x", new IOException(new SSLHandshakeException("certificate expired"))),
                SdkClientException.create("x", new ConnectException("refused")),
                SdkClientException.create(
                        "Unable to execute HTTP request: Acquire operation took longer than the configured maximum time."),
                SdkClientException.create("x", new IOException("Maximum pending connection acquisitions exceeded.")),
                SdkClientException.create("Failed to load credentials from IMDS."),
                SdkClientException.create("Unable to fetch credentials from container."),
                SdkClientException.create("Unable to load credentials from any of the providers in the chain"),
                FakeService.errorOfAnotherService("InternalFailure", 500),
                FakeService.errorOfAnotherService("ValidationError", 400));

        assertThat(failures(errors))
                .hasSize(errors.size())
                .allSatisfy(failure -> assertThat(failure)
                        .isExactlyInstanceOf(TransientStoreException.class)
                        .hasMessageContaining("nothing was written"));
    }

    /** As of a client that has sent it twice. */
    private static RuntimeException repeated(String code) {
        return ((DynamoDbException) FakeService.error(code, "no", 400))
                .toBuilder().numAttempts(2).build();
    }

    @Test
    void aRefusalOfTheClientsOwnRepetitionSaysNothingOfItsFirstAttempt() {
        List<RuntimeException> errors = Stream.of(
                        "ExpiredTokenException",
                        "UnrecognizedClientException",
                        "AccessDeniedException",
                        "ResourceNotFoundException",
                        "ThrottlingException")
                .map(LostAnswerTest::repeated)
                .toList();

        assertThat(failures(errors))
                .hasSize(errors.size())
                .allSatisfy(failure -> assertThat(failure).isExactlyInstanceOf(OutcomeUnknownException.class));
    }

    @Test
    void whatIsInvalidTheSecondTimeWasInvalidTheFirstTime() {
        service.before((request, count) ->
                request instanceof TransactWriteItemsRequest ? repeated("ValidationException") : null);

        assertThatThrownBy(() -> authority.save(Customer.of("a", "Ada")))
                .isExactlyInstanceOf(PermanentStoreException.class);
    }

    private void assertNothingWritten() {
        Authority<String, Customer> other = rig.open();
        assertThat(other.read("a")).isEmpty();
        assertThat(other.queue().statistics().depth()).isZero();
    }

    @Test
    void theSameTransactionIsAskedForAgainUnderItsToken() {
        loseFirst(TransactWriteItemsResponse.class);

        VersionedRecord<String, Customer> created = authority.create(Customer.of("a", "Ada"));

        List<TransactWriteItemsRequest> requests = service.requests(TransactWriteItemsRequest.class);
        assertThat(requests).hasSize(2);
        assertThat(requests.get(1).clientRequestToken())
                .isEqualTo(requests.get(0).clientRequestToken());
        assertThat(requests.get(1).equalsBySdkFields(requests.get(0)))
                .as("nothing else is asked")
                .isTrue();
        assertThat(rig.open().snapshot(List.of("a"))).containsExactly(created);
    }

    @Test
    void whatTheClientsTimeWasTooShortForHasHalfOfTheStoresTimeTheSecondTime() {
        loseFirst(TransactWriteItemsResponse.class);

        authority.create(Customer.of("a", "Ada"));

        assertThat(service.requests(TransactWriteItemsRequest.class))
                .satisfiesExactly(
                        first -> assertThat(first.overrideConfiguration()).isEmpty(),
                        second -> assertThat(second.overrideConfiguration().orElseThrow())
                                .satisfies(
                                        time -> assertThat(time.apiCallTimeout().orElseThrow())
                                                .isBetween(Duration.ofSeconds(8), Duration.ofSeconds(15)))
                                .satisfies(time -> assertThat(time.apiCallAttemptTimeout())
                                        .as("of the client's attempt, too")
                                        .isEqualTo(time.apiCallTimeout())));
    }

    @Test
    void aDeleteWhoseAnswerIsLostIsADelete() {
        authority.save(Customer.of("a", "Ada"));
        loseFirst(TransactWriteItemsResponse.class);

        VersionedRecord<String, Customer> deleted = authority.delete("a").orElseThrow();

        assertThat(rig.open().snapshot(List.of("a"))).containsExactly(deleted);
    }

    @Test
    void ourOwnWriteIsRecognisedAlsoWhereTheTokenIsNot() {
        ExecutionInterceptor forgetful = new ExecutionInterceptor() {
            @Override
            public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
                return context.request() instanceof TransactWriteItemsRequest request
                        ? request.toBuilder()
                                .clientRequestToken(UUID.randomUUID().toString())
                                .build()
                        : context.request();
            }
        };
        Authority<String, Customer> mine = AuthorityRig.open(rig.store(DynamoDbServer.shared()
                .newClient(builder ->
                        builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(20)).toBuilder()
                                .addExecutionInterceptor(forgetful)
                                .addExecutionInterceptor(service)
                                .build()))));
        loseFirst(TransactWriteItemsResponse.class);
        VersionedRecord<String, Customer> created = mine.create(Customer.of("a", "Ada"));
        assertThat(rig.open().snapshot(List.of("a"))).containsExactly(created);

        loseFirst(TransactWriteItemsResponse.class);
        rig.table.set("a", "elsewhere", "not the mapping's");
        VersionedRecord<String, Customer> updated = mine.update(Customer.of("a", "Grace"));
        assertThat(rig.open().snapshot(List.of("a"))).containsExactly(updated);

        loseFirst(TransactWriteItemsResponse.class);
        VersionedRecord<String, Customer> deleted = mine.delete("a").orElseThrow();
        assertThat(rig.open().snapshot(List.of("a"))).containsExactly(deleted);

        loseFirst(TransactWriteItemsResponse.class);
        mine.markPending(List.of("a"));
        assertThat(rig.open().snapshot(List.of("a")).get(0).version()).isGreaterThan(deleted.version());
    }

    @Test
    void somebodyElsesRecordIsNotTakenForOurs() {
        rig.open().save(Customer.of("a", "somebody else's"));
        failFirst(1, SdkClientException.create("the answer is lost"));

        assertThatThrownBy(() -> authority.create(Customer.of("a", "Ada"))).isInstanceOf(RecordExistsException.class);
    }

    @Test
    void withoutAnyAnswerTheOutcomeIsUnknownAndARecordNeverStandsWithoutItsPendingWrite() {
        service.after((response, count) -> {
            if (response instanceof TransactWriteItemsResponse) {
                throw SdkClientException.create("the answer is lost");
            }
            return response;
        });

        assertThatThrownBy(() -> impatient().save(Customer.of("a", "Ada")))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("repository 'customers'")
                .hasMessageContaining("of key a")
                .hasMessageNotContaining("Ada");

        assertThat(rig.open().read("a")).contains(Customer.of("a", "Ada"));
        assertThat(rig.open().queue().pendingAmong(List.of("a"))).containsExactly("a");
    }

    @Test
    void aServiceErrorLeavesTheOutcomeUnknownToo() {
        Authority<String, Customer> impatient = impatient();
        service.failing(() -> FakeService.error("InternalServerError", "no", 500));

        assertThatThrownBy(() -> impatient.save(Customer.of("a", "Ada"))).isInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void conflictsThatPassAreNotSeen() {
        failFirst(3, conflict());

        VersionedRecord<String, Customer> saved = authority.save(Customer.of("a", "Ada"));

        assertThat(rig.open().snapshot(List.of("a"))).containsExactly(saved);
        assertThat(service.requests(TransactWriteItemsRequest.class))
                .hasSize(4)
                .extracting(TransactWriteItemsRequest::clientRequestToken)
                .doesNotHaveDuplicates();
    }

    @Test
    void conflictsThatDoNotPassAreAConflictAndNothingIsWritten() {
        failFirst(Integer.MAX_VALUE, conflict());

        assertThatThrownBy(() -> impatient().save(Customer.of("a", "Ada")))
                .isExactlyInstanceOf(ConflictException.class)
                .hasMessageContaining("of key a")
                .hasMessageContaining("try again");

        assertNothingWritten();
    }

    @Test
    void throttlingThatPassesIsNotSeen() {
        failFirst(3, FakeService.error("ThrottlingException", "slow down", 400));

        assertThat(authority.save(Customer.of("a", "Ada")).key()).isEqualTo("a");
    }

    @Test
    void throttlingThatDoesNotPassIsTransientAndNothingIsWritten() {
        failFirst(Integer.MAX_VALUE, FakeService.error("ThrottlingException", "slow down", 400));

        assertThatThrownBy(() -> impatient().save(Customer.of("a", "Ada"))).isInstanceOf(TransientStoreException.class);

        assertNothingWritten();
    }

    @Test
    void throttlingOfTheQueueNamesItsTableAndTellsTheCallerThatNothingWasWritten() {
        for (String code : List.of("ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded")) {
            failFirst(
                    Integer.MAX_VALUE,
                    TransactionCanceledException.builder()
                            .statusCode(400)
                            .cancellationReasons(
                                    CancellationReason.builder().code("None").build(),
                                    CancellationReason.builder().code(code).build())
                            .build());

            assertThatThrownBy(() -> impatient().save(Customer.of("a", "Ada")))
                    .isInstanceOf(TransientStoreException.class)
                    .hasMessageContaining("on DynamoDB table " + rig.schema.queueTableName())
                    .hasMessageContaining("DynamoDB throttles")
                    .hasMessageContaining("nothing was written; try again")
                    .hasMessageNotContaining("it will be tried again");
        }
    }

    @Test
    void errorsOfTheQueueNameItsTable() {
        service.failing(() -> FakeService.error("AccessDeniedException", "no", 400));

        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> authority.queue().statistics(),
                () -> authority.queue().claim(Lease.of(LONG), 1),
                () -> authority.snapshot(List.of("a")),
                () -> authority.jobs().orElseThrow().find("job"))) {
            assertThatThrownBy(call).hasMessageContaining("on DynamoDB table " + rig.schema.queueTableName());
        }
        assertThatThrownBy(() -> authority.read("a")).hasMessageContaining("on DynamoDB table " + rig.table.name());
    }

    @Test
    void aTransactionInProgressIsWaitedFor() {
        failFirst(2, TransactionInProgressException.builder().statusCode(400).build());

        assertThat(authority.save(Customer.of("a", "Ada")).key()).isEqualTo("a");
        assertThat(service.requests(TransactWriteItemsRequest.class))
                .extracting(TransactWriteItemsRequest::clientRequestToken)
                .hasSize(3)
                .containsOnly(
                        service.requests(TransactWriteItemsRequest.class).get(0).clientRequestToken());
    }

    @Test
    void aConfirmWhoseAnswerIsLostIsAConfirm() {
        VersionedRecord<String, Customer> saved = authority.save(Customer.of("a", "Ada"));
        loseFirst(DeleteItemResponse.class);

        assertThat(authority.queue().confirm(List.of(new KeyVersion<>("a", saved.version()))))
                .containsExactly("a");
    }

    @Test
    void aClaimWhoseAnswerIsLostIsAClaim() {
        authority.save(Customer.of("a", "Ada"));
        loseFirst(UpdateItemResponse.class);
        Lease lease = Lease.of(LONG);

        assertThat(authority.queue().claim(lease, 10)).hasSize(1);
        assertThat(authority.queue().claim(Lease.of(LONG), 10)).isEmpty();
    }

    @Test
    @Tag("DW-6")
    void aParkingWhoseAnswerIsLostIsAParking() {
        VersionedRecord<String, Customer> saved = authority.save(Customer.of("a", "Ada"));
        Lease lease = Lease.of(LONG);
        authority.queue().claim(lease, 10);
        loseFirst(UpdateItemResponse.class);

        assertThat(authority.queue().park(lease, List.of(new Parking<>("a", saved.version(), "too large"))))
                .containsExactly("a");
        assertThat(authority.queue().findParked("a")).isPresent();
    }

    @Test
    @Tag("DW-6")
    void aDiscardWhoseAnswerIsLostTellsWhatItHasDiscarded() {
        VersionedRecord<String, Customer> saved = authority.save(Customer.of("a", "Ada"));
        Lease lease = Lease.of(LONG);
        authority.queue().claim(lease, 10);
        authority.queue().park(lease, List.of(new Parking<>("a", saved.version(), "too large")));
        loseFirst(DeleteItemResponse.class);

        ParkedWrite<String> discarded = authority.queue().discardParked("a").orElseThrow();

        assertThat(discarded.version()).isEqualTo(saved.version());
        assertThat(discarded.reason()).isEqualTo("too large");
        assertThat(authority.queue().discardParked("a")).isEmpty();
    }

    @Test
    void anInterruptedWaitHasNoAnswerAndKeepsTheInterrupt() {
        Thread.currentThread().interrupt();
        CompletableFuture<String> never = new CompletableFuture<>();

        assertThatThrownBy(() -> new Deadline(Duration.ofMinutes(1)).await(never))
                .isInstanceOf(Deadline.NoAnswer.class);

        assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
        assertThat(never).isCancelled();
    }
}
