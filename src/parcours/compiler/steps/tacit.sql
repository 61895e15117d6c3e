INSERT INTO parcours.counter AS c (bucket, version_id, kind, name, n)
SELECT %(b)s::integer, %(v)s::integer, 'refused', 'already_inside', count(*)
FROM ({candidates} OFFSET 0) p
WHERE p.verdict = 'already_inside' AND p.kind = 'run' AND p.data @> '{{"recurring": true}}'
HAVING count(*) > 0
ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = c.n + excluded.n
