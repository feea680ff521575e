package io.github.dualwrite.dynamodb;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.SSLHandshakeException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;

/** Errors of a client after which a request was certainly not sent. */
final class ClientErrors {

    /** What the client's credentials providers say. */
    private static final List<String> NO_CREDENTIALS = List.of(
            "load credentials", "fetch credentials", "contained no credentials", "refresh process-based credentials");

    /** What the client says when it gets no connection out of its pool. */
    private static final List<String> NO_CONNECTION = List.of(
            "Acquire operation took longer", "Maximum pending connection acquisitions", "Too many outstanding acquire");

    private ClientErrors() {}

    /** Whether the client got no connection to send the request on; what became of an earlier attempt that it made by itself is another question. */
    static boolean withoutConnection(Throwable error) {
        return anyCause(
                error,
                e -> e instanceof ConnectException
                        || e instanceof UnknownHostException
                        || e instanceof SSLHandshakeException
                        || says(e, NO_CONNECTION));
    }

    /**
     * Whether the client got no credentials, which it needs before its first attempt. Such an error can be that of another service, which a
     * credentials provider has asked for them: DynamoDB's own are {@link DynamoDbException}.
     */
    static boolean ofCredentials(Throwable error) {
        return error instanceof AwsServiceException
                ? !(error instanceof DynamoDbException)
                : anyCause(error, e -> says(e, NO_CREDENTIALS));
    }

    private static boolean anyCause(Throwable error, Predicate<Throwable> test) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (test.test(e)) {
                return true;
            }
        }
        return false;
    }

    private static boolean says(Throwable error, List<String> words) {
        String message = String.valueOf(error.getMessage());
        return words.stream().anyMatch(message::contains);
    }
}
