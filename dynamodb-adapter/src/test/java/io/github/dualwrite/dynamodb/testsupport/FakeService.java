package io.github.dualwrite.dynamodb.testsupport;

import io.github.dualwrite.dynamodb.DynamoDbStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;

/**
 * Stands between a client and the server: remembers what is asked, fails or changes a request before it is sent, or changes or loses the
 * answer.
 */
public final class FakeService implements ExecutionInterceptor {

    private final List<SdkRequest> requests = new CopyOnWriteArrayList<>();
    private volatile BiFunction<SdkRequest, Integer, @Nullable RuntimeException> before = (request, count) -> null;
    private volatile UnaryOperator<SdkRequest> change = request -> request;
    private volatile BiFunction<SdkResponse, Integer, SdkResponse> after = (response, count) -> response;

    public static RuntimeException error(String code, String message, int status) {
        return DynamoDbException.builder()
                .message(message)
                .statusCode(status)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage(message)
                        .serviceName("DynamoDb")
                        .build())
                .build();
    }

    /** What a credentials provider passes on that asks another service for them. */
    public static RuntimeException errorOfAnotherService(String code, int status) {
        return AwsServiceException.builder()
                .message("1 validation error detected: classified value at 'roleArn'")
                .statusCode(status)
                .numAttempts(3)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .serviceName("Sts")
                        .build())
                .build();
    }

    /** A client whose calls go through here, with the overrides that the library recommends. */
    public DynamoDbAsyncClient client() {
        return DynamoDbServer.shared()
                .newClient(builder ->
                        builder.overrideConfiguration(DynamoDbStore.clientOverrides(Duration.ofSeconds(20)).toBuilder()
                                .addExecutionInterceptor(this)
                                .build()));
    }

    /** Fails requests, by request and its number from 1 on. */
    public FakeService before(BiFunction<SdkRequest, Integer, @Nullable RuntimeException> before) {
        this.before = before;
        return this;
    }

    /** Fails all requests. */
    public FakeService failing(Supplier<RuntimeException> error) {
        return before((request, count) -> error.get());
    }

    /** Changes requests that are remembered as they were. */
    public FakeService changing(UnaryOperator<SdkRequest> change) {
        this.change = change;
        return this;
    }

    /** Changes answers, by answer and its request's number; an exception loses the answer. */
    public FakeService after(BiFunction<SdkResponse, Integer, SdkResponse> after) {
        this.after = after;
        return this;
    }

    public List<SdkRequest> requests() {
        return requests;
    }

    public <R extends SdkRequest> List<R> requests(Class<R> type) {
        return requests.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
        requests.add(context.request());
        RuntimeException error = before.apply(context.request(), requests.size());
        if (error != null) {
            throw error;
        }
    }

    @Override
    public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
        return change.apply(context.request());
    }

    @Override
    public SdkResponse modifyResponse(Context.ModifyResponse context, ExecutionAttributes attributes) {
        return after.apply(context.response(), requests.size());
    }
}
