-- Dualwrite: leases of pending writes. May run again without harm.

-- In a column that is not indexed, and with room for one more version of every row in its page: a claim is a HOT update, which
-- leaves the indexes alone. Nothing is locked if the column is there.
DO $$
DECLARE
    -- by its row type: a name in a literal would have to be written in another way
    pending oid := (SELECT typrelid FROM pg_catalog.pg_type
                    WHERE oid = pg_typeof(NULL::${dualwrite_schema}.${dualwrite_pending_table}));
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                   WHERE attrelid = pending AND attname = 'leased_until' AND NOT attisdropped) THEN
        ALTER TABLE ${dualwrite_schema}.${dualwrite_pending_table} ADD COLUMN leased_until timestamptz;
        ALTER TABLE ${dualwrite_schema}.${dualwrite_pending_table} SET (fillfactor = 45);
    END IF;
END
$$;
