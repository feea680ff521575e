package io.github.dualwrite.dynamodb;

import io.github.dualwrite.testkit.Sample;

/** The same of a follower that leaves what is not the mapping's. */
class DynamoDbKeepingFollowerContractTest extends DynamoDbFollowerContractTest {

    @Override
    DynamoDbStore.Builder<String, Sample> configured(DynamoDbStore.Builder<String, Sample> store) {
        return store.unmappedAttributes(UnmappedAttributes.KEEP);
    }
}
