-- Once, on the primary: psql -U postgres -v password=… -v replication_password=… -f roles.sql

-- The standby that commits wait for isn't there yet.
SET synchronous_commit = local;

CREATE ROLE admit LOGIN PASSWORD :'password';
CREATE DATABASE admit OWNER admit;
-- Whoever waits for a lock for so long is told to try again, instead of keeping a connection from all others. PgBouncer can't
-- pass such limits on. Not statement_timeout: it would end a commit's wait for the standby as well, and PostgreSQL would say
-- that the commit is done. PgBouncer's query_timeout cuts the connection instead, so nobody is told so.
ALTER ROLE admit SET lock_timeout = '5s';
ALTER ROLE admit SET idle_in_transaction_session_timeout = '60s';

CREATE ROLE admit_replication LOGIN REPLICATION PASSWORD :'replication_password';
-- What the standby hasn't read yet is kept.
SELECT pg_create_physical_replication_slot('admit_standby');
