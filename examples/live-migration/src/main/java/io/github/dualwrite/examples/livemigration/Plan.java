package io.github.dualwrite.examples.livemigration;

import java.util.ArrayList;
import java.util.List;

/** What a run will do, in words. */
final class Plan {

    private Plan() {}

    static List<String> of(Options options) {
        boolean ownPostgres = options.jdbcUrl() == null;
        boolean ownDynamoDb = options.dynamoDbEndpoint() == null;
        List<String> plan = new ArrayList<>();
        plan.add("Live migration of customers from PostgreSQL to DynamoDB (" + options + "). The plan:");
        plan.add("  - use " + (ownPostgres ? "an embedded PostgreSQL" : "the PostgreSQL of --jdbc-url") + " and "
                + (ownDynamoDb ? "an embedded DynamoDB Local" : "the DynamoDB at " + options.dynamoDbEndpoint()));
        plan.add("  - make the schema " + Names.SCHEMA + " and the table " + Names.TABLE
                + ", in place of those of an earlier run; refuse if they are there and are not this program's");
        plan.add("  - store " + options.rows() + " customers in PostgreSQL alone, by plain SQL: what was there before");
        plan.add("  - for " + options.seconds() + " s create, update, delete and read customers from "
                + options.threads() + " threads and one more process, about " + options.rate() + " calls per second");
        plan.add("  - meanwhile copy what was there before to DynamoDB, and compare both stores");
        plan.add("  - make DynamoDB slow, cut it off, bring it back; kill the process and start it again;"
                + " move the reads to DynamoDB and cut it off once more");
        plan.add(
                "  - change, remove and add customers on DynamoDB by hand; find exactly those, repair them, compare again");
        plan.add("  - drain the reconciliation queue, then compare every key of both stores");
        plan.add(
                "  - if they are equal, move the reads to DynamoDB from 1 % to 100 % while traffic runs again, then drain and"
                        + " compare once more");
        plan.add("  - " + (options.keep() ? "leave schema and table there" : "remove schema and table"));
        return plan;
    }
}
