-- Dualwrite: backfill and verification. May run again without harm.

-- Always empty: it exists to be locked. A batch of a baseline leaves no version behind on which it could meet a tombstone, so it
-- takes ROW EXCLUSIVE here before it looks, and a batch with tombstones takes SHARE: baselines run beside baselines, tombstones
-- beside tombstones, and neither beside the other.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_baseline_gate} (nothing boolean CHECK (false));

-- A function, because LOCK TABLE by itself cannot begin what a client sends in one flight. Above READ COMMITTED what follows would
-- see what was there before the lock was granted.
CREATE OR REPLACE FUNCTION ${dualwrite_schema}.${dualwrite_baseline_gate}(tombstones boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the gate needs READ COMMITTED' USING ERRCODE = 'active_sql_transaction';
    END IF;
    IF tombstones THEN
        LOCK TABLE ${dualwrite_schema}.${dualwrite_baseline_gate} IN SHARE MODE;
    ELSE
        LOCK TABLE ${dualwrite_schema}.${dualwrite_baseline_gate} IN ROW EXCLUSIVE MODE;
    END IF;
END
$$;

-- One row for each backfill or verification that has begun.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_job_table} (
    repository  text        COLLATE "C" NOT NULL,
    name        text        COLLATE "C" NOT NULL,
    fingerprint text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('RUNNING', 'PAUSED', 'CANCELLED')),
    began_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (repository, name)
);

-- The parts of its work, and how far each is. Whoever works on one holds its lease. No column but those of the key is indexed, so
-- that a checkpoint is a HOT update.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_job_split_table} (
    repository   text        COLLATE "C" NOT NULL,
    job          text        COLLATE "C" NOT NULL,
    number       integer     NOT NULL,
    range        text        NOT NULL,
    position     text,
    done         boolean     NOT NULL DEFAULT false,
    read         bigint      NOT NULL DEFAULT 0,
    applied      bigint      NOT NULL DEFAULT 0,
    skipped      bigint      NOT NULL DEFAULT 0,
    failed       bigint      NOT NULL DEFAULT 0,
    bytes        bigint      NOT NULL DEFAULT 0,
    lease        uuid,
    leased_until timestamptz,
    PRIMARY KEY (repository, job, number),
    FOREIGN KEY (repository, job) REFERENCES ${dualwrite_schema}.${dualwrite_job_table} ON DELETE CASCADE
) WITH (fillfactor = 50);

-- Records that failed for good and are not dealt with.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_job_failure_table} (
    repository text    COLLATE "C" NOT NULL,
    job        text    COLLATE "C" NOT NULL,
    key        text    COLLATE "C" NOT NULL,
    split      integer NOT NULL,
    reason     text    NOT NULL,
    PRIMARY KEY (repository, job, key),
    FOREIGN KEY (repository, job) REFERENCES ${dualwrite_schema}.${dualwrite_job_table} ON DELETE CASCADE
);
