-- Dualwrite: what a follower has applied. May run again without harm.

-- One row for each key that a versioned apply has touched here; no row is version 0. The row is the lock under which versions are
-- compared, and for a deleted key it is the tombstone. It is never removed by itself, only by a purge when a migration is over.
-- deleted is NULL only inside the transaction that is just removing the record; nobody else ever sees it.
-- No column but those of the key is indexed, so that a new version is a HOT update.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_applied_table} (
    repository text    NOT NULL,
    key        text    COLLATE "C" NOT NULL,
    version    bigint  NOT NULL,
    deleted    boolean,
    PRIMARY KEY (repository, key)
) WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.1,
    autovacuum_analyze_scale_factor = 0.05
);
