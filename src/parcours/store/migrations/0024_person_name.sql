-- What a person is called, where anything says it: a name, or a first and a last one. What is no text is no name.
CREATE OR REPLACE FUNCTION parcours.person_name(attributes jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(max(t.value) FILTER (WHERE t.key = 'name'), nullif(concat_ws(' ',
        coalesce(max(t.value) FILTER (WHERE t.key = 'first_name'), max(t.value) FILTER (WHERE t.key = 'firstName')),
        coalesce(max(t.value) FILTER (WHERE t.key = 'last_name'), max(t.value) FILTER (WHERE t.key = 'lastName'))), ''))
    FROM (
        SELECT k.key, nullif(attributes ->> k.key, '') AS value
        FROM unnest(ARRAY['name', 'first_name', 'firstName', 'last_name', 'lastName']) AS k (key)
        WHERE jsonb_typeof(attributes -> k.key) = 'string') AS t
$$;
