-- Total functions: whatever they are given they answer, or answer null; never an error.

-- Read an RFC 3339 text (without offset: UTC; a date alone: its midnight). Null where it is none, or no such date.
CREATE OR REPLACE FUNCTION parcours.instant(value text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    part text[];
    days integer;
    offset_minutes integer := 0;
    micros text;
    utc timestamp;
BEGIN
    part := regexp_match(value COLLATE "C",
        '^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.]([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$');
    IF part IS NULL THEN RETURN NULL; END IF;
    IF part[1]::int < 1 OR part[2]::int NOT BETWEEN 1 AND 12 OR part[3]::int < 1 THEN RETURN NULL; END IF;
    days := CASE
        WHEN part[2]::int IN (4, 6, 9, 11) THEN 30
        WHEN part[2]::int <> 2 THEN 31
        WHEN part[1]::int % 4 = 0 AND (part[1]::int % 100 <> 0 OR part[1]::int % 400 = 0) THEN 29
        ELSE 28 END;
    IF part[3]::int > days THEN RETURN NULL; END IF;
    IF part[4] IS NOT NULL AND (part[4]::int > 23 OR part[5]::int > 59 OR part[6]::int > 59) THEN RETURN NULL; END IF;
    IF length(part[8]) = 6 THEN
        IF substr(part[8], 2, 2)::int > 23 OR substr(part[8], 5, 2)::int > 59 THEN RETURN NULL; END IF;
        offset_minutes := substr(part[8], 2, 2)::int * 60 + substr(part[8], 5, 2)::int;
        IF left(part[8], 1) = '-' THEN offset_minutes := -offset_minutes; END IF;
    END IF;
    micros := rpad(left(coalesce(part[7], ''), 6), 6, '0');
    utc := make_timestamp(part[1]::int, part[2]::int, part[3]::int, coalesce(part[4]::int, 0), coalesce(part[5]::int, 0),
                          coalesce(part[6]::int, 0))
        + make_interval(mins => -offset_minutes) + micros::int * interval '1 microsecond';
    -- An instant that leaves the years 1 to 9999 in UTC is none, so that every reader can hold it.
    IF utc < '0001-01-01' OR utc >= '10000-01-01' THEN RETURN NULL; END IF;
    RETURN utc AT TIME ZONE 'UTC';
END $$;

-- Write an instant as the outputs do: YYYY-MM-DDTHH:MM:SS[.ffffff]Z.
CREATE OR REPLACE FUNCTION parcours.instant_text(value timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
        || CASE WHEN extract(microseconds FROM value AT TIME ZONE 'UTC')::bigint % 1000000 = 0 THEN ''
                ELSE to_char(value AT TIME ZONE 'UTC', '.US') END || 'Z'
$$;

-- The identity of a message: equal for any number of buckets, so it can be an idempotency key outside.
CREATE OR REPLACE FUNCTION parcours.message_key(journey text, profile_id uuid, entry_no integer, seq integer, step text)
RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT encode(substring(sha256(convert_to(
        journey || '/' || profile_id::text || '/' || entry_no::text || '/' || seq::text || '/' || step, 'UTF8'))
        FROM 1 FOR 16), 'hex')::uuid
$$;

-- The first 16 bytes of SHA-256 of a person's key.
CREATE OR REPLACE FUNCTION parcours.profile_id(user_id text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT encode(substring(sha256(convert_to(user_id, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid
$$;

-- The bucket of a person: the top bits of the first four bytes of its id. `buckets` is a power of two.
CREATE OR REPLACE FUNCTION parcours.bucket_of(profile_id uuid, buckets integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ((('x' || left(profile_id::text, 8))::bit(32)::bigint & 4294967295) * buckets >> 32)::integer
$$;

-- The number of a person in an experiment, 0 to 2^32 - 1, from `journey/step/user_id`: the first four bytes of its SHA-256
-- (R28).
CREATE OR REPLACE FUNCTION parcours.experiment_number(key text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ('x' || encode(substring(sha256(convert_to(key, 'UTF8')) FROM 1 FOR 4), 'hex'))::bit(32)::bigint & 4294967295
$$;

-- A time zone by exactly its IANA name; null where there is none of this name.
CREATE OR REPLACE FUNCTION parcours.zone(value text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT z.name FROM parcours.time_zone z WHERE z.name = value COLLATE "C"
$$;

-- The first instant in (low, high], in whole seconds, at which local time runs as it does at `high`.
CREATE OR REPLACE FUNCTION parcours.clock_change(low timestamptz, high timestamptz, zone text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    before timestamptz := date_trunc('second', low, 'UTC');
    behind timestamptz := date_trunc('second', high, 'UTC');
    middle timestamptz;
    target interval := (high AT TIME ZONE zone) - (high AT TIME ZONE 'UTC');
BEGIN
    WHILE behind - before > interval '1 second' LOOP
        middle := before + date_trunc('second', (behind - before) / 2);
        IF (middle AT TIME ZONE zone) - (middle AT TIME ZONE 'UTC') = target THEN behind := middle; ELSE before := middle; END IF;
    END LOOP;
    RETURN behind;
END $$;

-- The instant of a local time: the first one behind the gap where it is skipped, its first coming where it comes twice
-- (R20). PostgreSQL alone goes on by the length of the gap, and takes the second coming.
CREATE OR REPLACE FUNCTION parcours.local_instant(day date, clock time, zone text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    wall timestamp := day + clock;
    found timestamptz := wall AT TIME ZONE zone;
    earlier timestamptz := found - interval '25 hours';
    first timestamptz;
BEGIN
    IF found AT TIME ZONE zone <> wall THEN RETURN parcours.clock_change(earlier, found, zone); END IF;
    first := earlier + (wall - (earlier AT TIME ZONE zone));
    IF first < found AND first AT TIME ZONE zone = wall THEN RETURN first; END IF;
    RETURN found;
END $$;

-- The next instant behind `since` at which clocks show a time, on one of these ISO weekdays (R19).
CREATE OR REPLACE FUNCTION parcours.next_local_time(since timestamptz, zone text, weekdays integer[], clock time)
RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    day date := (since AT TIME ZONE zone)::date;
    found timestamptz;
BEGIN
    FOR n IN 0 .. 8 LOOP
        IF weekdays IS NULL OR extract(isodow FROM day + n)::int = ANY (weekdays) THEN
            found := parcours.local_instant(day + n, clock, zone);
            IF found > since THEN RETURN found; END IF;
        END IF;
    END LOOP;
    RETURN 'infinity';
END $$;

-- Whether an instant, read in a zone, lies in [opens, shuts) on these ISO weekdays; over midnight the day is that
-- of `opens`, equal times mean the whole day (R21).
CREATE OR REPLACE FUNCTION parcours.in_window(local timestamp, weekdays integer[], opens time, shuts time) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN opens = shuts THEN weekdays IS NULL OR extract(isodow FROM local)::int = ANY (weekdays)
        WHEN opens < shuts THEN local::time >= opens AND local::time < shuts
            AND (weekdays IS NULL OR extract(isodow FROM local)::int = ANY (weekdays))
        WHEN local::time >= opens THEN weekdays IS NULL OR extract(isodow FROM local)::int = ANY (weekdays)
        WHEN local::time < shuts THEN weekdays IS NULL OR extract(isodow FROM local - interval '1 day')::int = ANY (weekdays)
        ELSE false END
$$;

-- The part of a run in which a person's turn comes, from 0: by the first four bytes of the SHA-256 of journey//user_id,
-- the same at every occurrence.
CREATE OR REPLACE FUNCTION parcours.wave_of(journey text, user_id text, parts integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ((('x' || encode(substring(sha256(convert_to(journey || '//' || user_id, 'UTF8')) FROM 1 FOR 4), 'hex'))
        ::bit(32)::bigint & 4294967295) * parts >> 32)::integer
$$;

-- The first instant from `since` on at which local time lies in a window: `since` where it does already (R21). Where the
-- clocks change on the way to the next opening, it goes on from the change.
CREATE OR REPLACE FUNCTION parcours.next_opening(
    since timestamptz, zone text, weekdays integer[], opens time, shuts time
) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    found timestamptz := since;
    clock time := CASE WHEN opens = shuts THEN '00:00' ELSE opens END;
    here timestamp;
    opening timestamp;
    ahead timestamptz;
BEGIN
    FOR change IN 1 .. 9 LOOP
        here := found AT TIME ZONE zone;
        IF parcours.in_window(here, weekdays, opens, shuts) THEN RETURN found; END IF;
        FOR n IN 0 .. 8 LOOP
            opening := here::date + n + clock;
            EXIT WHEN opening > here AND (weekdays IS NULL OR extract(isodow FROM opening)::int = ANY (weekdays));
        END LOOP;
        ahead := found + (opening - here);
        IF ahead AT TIME ZONE zone = opening THEN found := ahead;
        ELSE found := parcours.clock_change(found, ahead, zone); END IF;
    END LOOP;
    RETURN found;
END $$;
