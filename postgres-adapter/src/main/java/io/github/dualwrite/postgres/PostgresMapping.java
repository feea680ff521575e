package io.github.dualwrite.postgres;

/** How a domain type is stored in PostgreSQL: in one table, or by hand in several. */
public sealed interface PostgresMapping<K, V> permits TableMapping, AggregateMapping {}
