package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.StoreLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** What a client should be configured with. */
final class ClientCheck {

    private static final Logger log = LoggerFactory.getLogger(ClientCheck.class);

    private ClientCheck() {}

    /** Warns of a client whose calls have no end of their own, or that repeats them by itself. */
    static void warn(DynamoDbAsyncClient client, String repository, String store) {
        ClientOverrideConfiguration configuration;
        try {
            configuration = client.serviceClientConfiguration().overrideConfiguration();
        } catch (RuntimeException e) { // a client of another kind does not tell
            log.debug("repository {}: the client for {} does not tell its configuration", repository, store, e);
            return;
        }
        StoreLog lines = new StoreLog(log, repository);
        if (configuration.apiCallTimeout().isEmpty()) {
            lines.warn("ClientWithoutTimeout")
                    .addKeyValue("store", store)
                    .log(
                            "the client has no apiCallTimeout, so one lost answer can use up the whole time of a call; build it"
                                    + " with DynamoDbStore.clientOverrides(...), or set apiCallTimeout");
        }
        int attempts =
                configuration.retryStrategy().map(RetryStrategy::maxAttempts).orElse(1);
        if (attempts > 1) {
            lines.warn("ClientRepeats")
                    .addKeyValue("store", store)
                    .addKeyValue("attempts", attempts)
                    .log(
                            "the client repeats requests by itself, which holds the caller and hides failures from the circuit"
                                    + " breaker; Dualwrite repeats them where it is right: build the client with"
                                    + " DynamoDbStore.clientOverrides(...)");
        }
    }
}
