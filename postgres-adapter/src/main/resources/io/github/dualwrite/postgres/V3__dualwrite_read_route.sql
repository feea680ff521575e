-- Dualwrite: read routes as a flag table with a history. May run again without harm.

-- One row for each repository. Change it with UPDATE … SET route = …, and say why if you like:
--   UPDATE read_route SET route = 'secondary 25% shadow 1%', why = 'looks good at 10 %' WHERE repository = 'customers';
-- changed_by and why only hand their values over to the history and are empty afterwards, so that a change that does not name
-- them is not taken for one of the person before.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_read_route_table} (
    repository text        PRIMARY KEY CHECK (length(btrim(repository)) BETWEEN 1 AND 200),
    -- a first look only: the library reads the whole text, and keeps the last good route if it cannot
    route      text        NOT NULL CHECK (route ~* '^[[:space:]]*(primary|secondary)([[:space:]]|$)' AND length(route) <= 100000),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text,
    why        text
);

-- old_route is empty for a new row, new_route for one that was deleted.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_read_route_log} (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository text        NOT NULL,
    old_route  text,
    new_route  text,
    changed_at timestamptz NOT NULL,
    changed_by text        NOT NULL,
    why        text
);

-- Before a change only the time is set: a trigger before an INSERT … ON CONFLICT fires whether it inserts anything or not.
CREATE OR REPLACE FUNCTION ${dualwrite_schema}.${dualwrite_read_route_table}() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.repository = OLD.repository AND NEW.route = OLD.route AND NEW.why IS NULL THEN
        NEW.changed_at := OLD.changed_at;
    ELSE
        NEW.changed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;

-- After a change what really happened is written down, and the columns that hand over are emptied by one more update of the row,
-- which changes nothing else and so is not written down.
-- SECURITY DEFINER: whoever changes a flag needs no right to write the history, and cannot rewrite it. Nor may anybody have a table of
-- their own write it: a trigger there is refused when it is made, and one that was made before when it fires.
CREATE OR REPLACE FUNCTION ${dualwrite_schema}.${dualwrite_read_route_log}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who text := session_user;
    reason text;
    moment timestamptz := clock_timestamp();
    renamed boolean := false;
BEGIN
    IF TG_RELID IS DISTINCT FROM (SELECT typrelid FROM pg_type
                                  WHERE oid = pg_typeof(NULL::${dualwrite_schema}.${dualwrite_read_route_table})) THEN
        RAISE EXCEPTION 'table % is not the one whose history this is', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP <> 'DELETE' THEN
        who := coalesce(NEW.changed_by, who);
        reason := NEW.why;
        moment := NEW.changed_at;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        renamed := NEW.repository <> OLD.repository;
    END IF;
    IF TG_OP = 'DELETE' OR renamed THEN
        INSERT INTO ${dualwrite_schema}.${dualwrite_read_route_log}
            (repository, old_route, new_route, changed_at, changed_by, why)
        VALUES (OLD.repository, OLD.route, NULL, moment, who, reason);
        PERFORM pg_notify('dualwrite_read_route', OLD.repository);
    END IF;
    IF TG_OP = 'INSERT' OR renamed THEN
        INSERT INTO ${dualwrite_schema}.${dualwrite_read_route_log}
            (repository, old_route, new_route, changed_at, changed_by, why)
        VALUES (NEW.repository, NULL, NEW.route, moment, who, reason);
        PERFORM pg_notify('dualwrite_read_route', NEW.repository);
    ELSIF TG_OP = 'UPDATE' AND (NEW.route <> OLD.route OR reason IS NOT NULL) THEN
        INSERT INTO ${dualwrite_schema}.${dualwrite_read_route_log}
            (repository, old_route, new_route, changed_at, changed_by, why)
        VALUES (NEW.repository, OLD.route, NEW.route, moment, who, reason);
        PERFORM pg_notify('dualwrite_read_route', NEW.repository);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE ${dualwrite_schema}.${dualwrite_read_route_table} SET changed_by = NULL, why = NULL
        WHERE repository = NEW.repository AND (changed_by IS NOT NULL OR why IS NOT NULL);
    END IF;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION ${dualwrite_schema}.${dualwrite_read_route_log}() FROM PUBLIC; -- who makes a trigger needs it, who fires one does not

DO $$
DECLARE
    -- by its row type: a name in a literal would have to be written in another way
    flags oid := (SELECT typrelid FROM pg_catalog.pg_type
                  WHERE oid = pg_typeof(NULL::${dualwrite_schema}.${dualwrite_read_route_table}));
BEGIN
    -- of earlier snapshots: it wrote the history before the change
    IF EXISTS (SELECT FROM pg_trigger WHERE tgname = 'dualwrite_read_route' AND tgrelid = flags) THEN
        DROP TRIGGER dualwrite_read_route ON ${dualwrite_schema}.${dualwrite_read_route_table};
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'dualwrite_read_route_time' AND tgrelid = flags) THEN
        CREATE TRIGGER dualwrite_read_route_time
            BEFORE INSERT OR UPDATE ON ${dualwrite_schema}.${dualwrite_read_route_table}
            FOR EACH ROW EXECUTE FUNCTION ${dualwrite_schema}.${dualwrite_read_route_table}();
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'dualwrite_read_route_log' AND tgrelid = flags) THEN
        CREATE TRIGGER dualwrite_read_route_log
            AFTER INSERT OR UPDATE OR DELETE ON ${dualwrite_schema}.${dualwrite_read_route_table}
            FOR EACH ROW EXECUTE FUNCTION ${dualwrite_schema}.${dualwrite_read_route_log}();
    END IF;
END
$$;
