-- What history changes about somebody inside is asked about with the next thing that comes in of that person (P25).

-- table unasked: person(bucket)
CREATE TABLE IF NOT EXISTS parcours.unasked (       -- people of whom that is still to come
    bucket integer NOT NULL,
    profile_id uuid NOT NULL,
    PRIMARY KEY (bucket, profile_id)
);
