-- What a person is called, where anything says it: a name, or a first and a last one.
CREATE OR REPLACE FUNCTION parcours.person_name(attributes jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        nullif(attributes ->> 'name', ''),
        nullif(concat_ws(' ',
            nullif(coalesce(attributes ->> 'first_name', attributes ->> 'firstName'), ''),
            nullif(coalesce(attributes ->> 'last_name', attributes ->> 'lastName'), '')), ''))
$$;
