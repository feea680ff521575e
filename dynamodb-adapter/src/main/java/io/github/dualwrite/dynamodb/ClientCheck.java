package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.StoreLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** What a client should be configured with. */
final class ClientCheck {

    private static final Logger log = LoggerFactory.getLogger(ClientCheck.class);

    private ClientCheck() {}

    /** Warns of a client whose calls have no end of their own. */
    static void warn(DynamoDbAsyncClient client, String repository, String store) {
        boolean endless;
        try {
            endless = client.serviceClientConfiguration()
                    .overrideConfiguration()
                    .apiCallTimeout()
                    .isEmpty();
        } catch (RuntimeException e) { // a client of another kind does not tell
            log.debug("repository {}: the client for {} does not tell its configuration", repository, store, e);
            return;
        }
        if (endless) {
            new StoreLog(log, repository)
                    .warn("ClientWithoutTimeout")
                    .addKeyValue("store", store)
                    .log(
                            "the client has no apiCallTimeout, so one lost answer can use up the whole time of a call; build it"
                                    + " with DynamoDbStore.clientOverrides(...), or set apiCallTimeout");
        }
    }
}
