package io.github.dualwrite.integration;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.dynamodb.testsupport.PairSides;
import io.github.dualwrite.testkit.PairScenario;
import org.junit.jupiter.api.AfterEach;

/** From PostgreSQL to DynamoDB, back, and there again. */
class PostgresToDynamoDbPairTest extends PairScenario {

    private final HikariDataSource pool = PostgresSides.database();

    @AfterEach
    void close() {
        pool.close();
    }

    @Override
    protected Side first() {
        return PostgresSides.postgres("PostgreSQL", pool);
    }

    @Override
    protected Side second() {
        return PairSides.dynamoDb("DynamoDB");
    }

    /** DynamoDB Local is slow. */
    @Override
    protected int writes() {
        return 30;
    }
}
