package io.github.dualwrite.examples.livemigration;

/** What a customer pays for; an enum in PostgreSQL too. */
enum Tier {
    FREE,
    PLUS,
    BUSINESS
}
