-- The role that processes run as.

-- name: make_app_role
-- scope: shared
-- Make the role, once for all databases of the server.
CREATE ROLE parcours_app NOLOGIN;

-- name: join_app_role
-- scope: shared
-- Let the user that connects take it on.
GRANT parcours_app TO CURRENT_USER;

-- name: give_app_rights
-- scope: shared
-- What the role may: read and write everything, and what later migrations add.
GRANT USAGE ON SCHEMA parcours TO parcours_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA parcours TO parcours_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA parcours TO parcours_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA parcours GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO parcours_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA parcours GRANT USAGE, SELECT ON SEQUENCES TO parcours_app;

-- name: take_audit_rights
-- scope: shared
-- What it may not: change or remove what the audit holds.
REVOKE UPDATE, DELETE, TRUNCATE ON parcours.audit FROM parcours_app;

-- name: app_role_ready
-- scope: shared
-- Whether this user may take the role on, and the role has its rights: tables without any are counted.
SELECT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = 'parcours_app' AND pg_has_role(session_user, r.oid, 'MEMBER'))
    AND NOT EXISTS (
        SELECT 1 FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'parcours'
        LEFT JOIN pg_roles r ON r.rolname = 'parcours_app'
        WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
          AND NOT coalesce(has_table_privilege(r.oid, c.oid, 'INSERT'), false))
    AND NOT EXISTS (
        SELECT 1 FROM pg_roles r
        WHERE r.rolname = 'parcours_app' AND has_table_privilege(r.oid, 'parcours.audit', 'UPDATE, DELETE, TRUNCATE'));

-- name: as_owner
-- scope: shared
-- Until the transaction ends this connection acts as the user that connected.
SET LOCAL ROLE NONE;

-- name: session_user
-- scope: shared
-- The user that connected, as it is written in a statement.
SELECT quote_ident(session_user);
