package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.ValueFree;
import io.github.dualwrite.spi.WithheldException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * What is kept of an error of DynamoDB as a cause: its class, its code, HTTP status, request id and stack trace. Its message can quote
 * what was sent, such as {@code The parameter cannot be converted to a numeric value: …}.
 */
final class ServiceCause extends RuntimeException implements ValueFree {

    private static final long serialVersionUID = 1L;

    private ServiceCause(AwsServiceException error, String code) {
        super(
                error.getClass().getName() + (code.isEmpty() ? "" : ", " + code) + ", status " + error.statusCode()
                        + ", request id " + error.requestId()
                        + " (its message is withheld, because it may carry values)",
                WithheldException.orNull(error.getCause()));
        setStackTrace(error.getStackTrace());
    }

    /** Stands for an error of the service; of others for what may carry values. */
    static @Nullable Throwable of(@Nullable Throwable error) {
        return error instanceof AwsServiceException e
                ? new ServiceCause(e, ServiceErrorKind.code(e))
                : WithheldException.orNull(error);
    }
}
