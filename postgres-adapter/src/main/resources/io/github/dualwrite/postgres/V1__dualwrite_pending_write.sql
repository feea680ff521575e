-- Dualwrite: versions and the reconciliation queue. May run again without harm.

CREATE SCHEMA IF NOT EXISTS ${dualwrite_schema};

-- CACHE 1: with a larger cache sessions draw from private ranges, and a later write could get a lower version.
CREATE SEQUENCE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_version_sequence} AS bigint MINVALUE 1 NO CYCLE CACHE 1;

-- One row for each key that is committed here and not yet known to be on the follower.
-- due_at is 'infinity' while the write is parked. A write to a key that is pending already changes no indexed column (HOT update): due_at
-- changes only when an entry is given back, pushed back, parked or un-parked.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_pending_table} (
    repository    text        NOT NULL,
    key           text        COLLATE "C" NOT NULL,
    version       bigint      NOT NULL,
    due_at        timestamptz NOT NULL,
    pending_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts      integer     NOT NULL DEFAULT 0,
    lease         uuid,
    parked_at     timestamptz,
    error         text,
    PRIMARY KEY (repository, key)
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 0
);

-- Only if it is missing: CREATE INDEX IF NOT EXISTS waits for all writers before it looks, and new writers wait behind it.
DO $$
DECLARE
    -- by its row type: a name in a literal would have to be written in another way
    queue oid := (SELECT typrelid FROM pg_catalog.pg_type
                  WHERE oid = pg_typeof(NULL::${dualwrite_schema}.${dualwrite_pending_table}));
BEGIN
    IF NOT EXISTS (SELECT FROM pg_index
                   WHERE indrelid = queue AND pg_get_indexdef(indexrelid) LIKE '%(repository, due_at)') THEN
        CREATE INDEX IF NOT EXISTS ${dualwrite_due_index}
            ON ${dualwrite_schema}.${dualwrite_pending_table} (repository, due_at);
    END IF;
END
$$;
