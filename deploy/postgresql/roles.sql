-- Once, on the primary: psql -U postgres -v password=… -v replication_password=… -f roles.sql

-- The standby that commits wait for isn't there yet.
SET synchronous_commit = local;

CREATE ROLE admit LOGIN PASSWORD :'password';
CREATE DATABASE admit OWNER admit;

CREATE ROLE admit_replication LOGIN REPLICATION PASSWORD :'replication_password';
-- What the standby hasn't read yet is kept.
SELECT pg_create_physical_replication_slot('admit_standby');
