-- Dualwrite: read routes as a flag table with a history. May run again without harm.

-- One row for each repository. Change it with UPDATE … SET route = …, and say why if you like:
--   UPDATE read_route SET route = 'secondary 25% shadow 1%', why = 'looks good at 10 %' WHERE repository = 'customers';
-- changed_by and why only hand their values over to the history and are empty afterwards, so that a change that does not name
-- them is not taken for one of the person before.
CREATE TABLE IF NOT EXISTS ${dualwrite_schema}.${dualwrite_read_route_table} (
    repository text        PRIMARY KEY CHECK (length(btrim(repository)) BETWEEN 1 AND 200),
    -- a first look only: the library reads the whole text, and keeps the last good route if it cannot
    route      text        NOT NULL CHECK (route ~* '^\s*(primary|secondary)(\s|$)' AND length(route) <= 100000),
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

-- SECURITY DEFINER: whoever changes a flag needs no right to write the history, and cannot rewrite it.
CREATE OR REPLACE FUNCTION ${dualwrite_schema}.${dualwrite_read_route_log}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who text := session_user;
    reason text;
    old_text text;
    new_text text;
    changed text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        changed := OLD.repository;
        old_text := OLD.route;
    ELSE
        changed := NEW.repository;
        new_text := NEW.route;
        IF TG_OP = 'UPDATE' THEN
            old_text := OLD.route;
        END IF;
        who := coalesce(NEW.changed_by, who);
        reason := NEW.why;
        NEW.changed_at := clock_timestamp();
        NEW.changed_by := NULL;
        NEW.why := NULL;
    END IF;
    IF old_text IS DISTINCT FROM new_text OR reason IS NOT NULL THEN
        INSERT INTO ${dualwrite_schema}.${dualwrite_read_route_log}
            (repository, old_route, new_route, changed_at, changed_by, why)
        VALUES (changed, old_text, new_text, clock_timestamp(), who, reason);
        PERFORM pg_notify('dualwrite_read_route', changed);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_trigger
        WHERE tgname = 'dualwrite_read_route'
            AND tgrelid = '${dualwrite_schema}.${dualwrite_read_route_table}'::regclass) THEN
        CREATE TRIGGER dualwrite_read_route
            BEFORE INSERT OR UPDATE OR DELETE ON ${dualwrite_schema}.${dualwrite_read_route_table}
            FOR EACH ROW EXECUTE FUNCTION ${dualwrite_schema}.${dualwrite_read_route_log}();
    END IF;
END
$$;
