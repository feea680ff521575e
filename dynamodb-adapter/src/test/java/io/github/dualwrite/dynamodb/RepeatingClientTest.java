package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.Parking;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** A client that repeats requests by itself finds its own work done already: that is not somebody else's. */
@Tag("DW-1")
class RepeatingClientTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    private final AuthorityRig rig = new AuthorityRig();
    private final AnswersLostOnTheWay network = new AnswersLostOnTheWay();
    private final Authority<String, Customer> authority = AuthorityRig.open(rig.store(client()));

    /** Turns the first answer to a request into an error of the server, below where the client repeats. */
    private static final class AnswersLostOnTheWay implements ExecutionInterceptor {

        private final AtomicBoolean lost = new AtomicBoolean();
        private volatile Predicate<SdkRequest> which = request -> false;

        void loseFirst(Predicate<SdkRequest> which) {
            lost.set(false);
            this.which = which;
        }

        @Override
        public SdkHttpResponse modifyHttpResponse(Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
            return which.test(context.request()) && lost.compareAndSet(false, true)
                    ? context.httpResponse().toBuilder().statusCode(500).build()
                    : context.httpResponse();
        }
    }

    private DynamoDbAsyncClient client() {
        return DynamoDbServer.shared()
                .newClient(builder ->
                        builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(20)).toBuilder()
                                .retryStrategy(AwsRetryStrategy.forRetryMode(RetryMode.STANDARD).toBuilder()
                                        .maxAttempts(2)
                                        .build())
                                .addExecutionInterceptor(network)
                                .build()));
    }

    @Test
    void aWriteIsAWrite() {
        network.loseFirst(TransactWriteItemsRequest.class::isInstance);

        VersionedRecord<String, Customer> created = authority.create(Customer.of("a", "Ada"));

        assertThat(network.lost).isTrue();
        assertThat(rig.open().snapshot(List.of("a"))).containsExactly(created);
    }

    @Test
    void aClaimIsAClaim() {
        authority.save(Customer.of("a", "Ada"));
        network.loseFirst(UpdateItemRequest.class::isInstance);

        assertThat(authority.queue().claim(Lease.of(LONG), 10)).hasSize(1);
        assertThat(network.lost).isTrue();
    }

    @Test
    void aConfirmIsAConfirm() {
        VersionedRecord<String, Customer> saved = authority.save(Customer.of("a", "Ada"));
        network.loseFirst(DeleteItemRequest.class::isInstance);

        assertThat(authority.queue().confirm(List.of(new KeyVersion<>("a", saved.version()))))
                .containsExactly("a");
        assertThat(network.lost).isTrue();
    }

    @Test
    @Tag("DW-6")
    void aParkingIsAParking() {
        VersionedRecord<String, Customer> saved = authority.save(Customer.of("a", "Ada"));
        Lease lease = Lease.of(LONG);
        authority.queue().claim(lease, 10);
        network.loseFirst(UpdateItemRequest.class::isInstance);

        assertThat(authority.queue().park(lease, List.of(new Parking<>("a", saved.version(), "too large"))))
                .containsExactly("a");
        assertThat(network.lost).isTrue();
    }

    @Test
    @Tag("DW-7")
    void aJobThatIsBegunKeepsItsSplits() {
        JobStore jobs = authority.jobs().orElseThrow();
        network.loseFirst(request -> request instanceof UpdateItemRequest update
                && update.updateExpression().contains("job_fingerprint"));

        Job begun = jobs.begin("job", "one", List.of(new Split("0/1")));
        assertThat(begun.splits()).hasSize(1);

        assertThat(network.lost).isTrue();
        assertThat(jobs.claim(begun, Lease.of(LONG))).isPresent();
    }
}
