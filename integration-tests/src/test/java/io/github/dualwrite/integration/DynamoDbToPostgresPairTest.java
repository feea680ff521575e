package io.github.dualwrite.integration;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.dynamodb.testsupport.PairSides;
import io.github.dualwrite.testkit.PairScenario;
import org.junit.jupiter.api.AfterEach;

/** From DynamoDB to PostgreSQL, back, and there again. */
class DynamoDbToPostgresPairTest extends PairScenario {

    private final HikariDataSource pool = PostgresSides.database();

    @AfterEach
    void close() {
        pool.close();
    }

    @Override
    protected Side first() {
        return PairSides.dynamoDb("DynamoDB");
    }

    @Override
    protected Side second() {
        return PostgresSides.postgres("PostgreSQL", pool);
    }

    /** DynamoDB Local is slow. */
    @Override
    protected int writes() {
        return 30;
    }
}
