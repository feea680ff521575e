package io.github.dualwrite.dynamodb;

import io.github.dualwrite.dynamodb.testsupport.PairSides;
import io.github.dualwrite.testkit.PairScenario;

/** From one table to another and back. */
class DynamoDbToDynamoDbPairTest extends PairScenario {

    @Override
    protected Side first() {
        return PairSides.dynamoDb("the first table");
    }

    @Override
    protected Side second() {
        return PairSides.dynamoDb("the second table");
    }

    /** DynamoDB Local is slow. */
    @Override
    protected int writes() {
        return 12;
    }
}
