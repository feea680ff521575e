package io.github.dualwrite.examples.livemigration;

/** The names of all that this program makes in a database. It touches nothing else. */
final class Names {

    /** The repository. */
    static final String REPOSITORY = "customers";

    /** The PostgreSQL schema; holds the customers and Dualwrite's own objects. */
    static final String SCHEMA = "dualwrite_live_migration";

    /** The PostgreSQL table. */
    static final String CUSTOMERS = SCHEMA + ".customer";

    /** The DynamoDB table. */
    static final String TABLE = SCHEMA + "_customer";

    /** Says in either database that something was made by this program. */
    static final String MARK = "made by the Dualwrite example live-migration, which may remove it";

    /** The attribute of the item that carries the mark. */
    static final String MARK_ATTRIBUTE = "mark";

    /** The key of that item. */
    static final String MARK_KEY = "made-by-live-migration";

    private Names() {}
}
