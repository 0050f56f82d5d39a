-- A shop that has sold for years, for bench.growth. Before it, say how many payments it has, and what a
-- body of Stripe's events looks like:
--
--     SELECT set_config('growth.payments', '1000000', false), set_config('growth.body', '{…}', false);
--
-- The last thousand payments are what goes on today: of eight events on sale, in every status. They are
-- alike however large the shop is. All before them is history: 250 payments an event, 500 seats each, over
-- by forty days or more. So the number less a thousand must be a multiple of 250, and the tables empty.

SET synchronous_commit = off;

-- What is computed from a number: a secret reference, and one to be read out.
CREATE FUNCTION pg_temp.secret(kind text, number bigint) RETURNS text IMMUTABLE LANGUAGE sql
RETURN left(translate(upper(md5(kind || number)), '0189', 'GHIJ'), 26);
CREATE FUNCTION pg_temp.spoken(number bigint) RETURNS text IMMUTABLE LANGUAGE sql
RETURN overlay(
    translate(lpad(to_hex(number * 2654435761 % 4294967296), 8, '0'), '0123456789abcdef', 'ABCDEFGHJKMNPQRS')
    PLACING '-' FROM 5 FOR 0);

-- The plan: each payment, what becomes of it, its event, and which pair of that event's seats.
CREATE TEMP TABLE plan AS
WITH size AS (
    SELECT current_setting('growth.payments')::bigint AS payments,
           current_setting('growth.payments')::bigint - 1000 AS old
), numbered AS (
    SELECT id, old, id - old AS today, payments
      FROM size, generate_series(1, payments) AS id
)
SELECT id, today,
       CASE WHEN today < 1 THEN (id - 1) / 250 + 1 ELSE old / 250 + 1 + (today - 1) / 125 END AS event_id,
       CASE WHEN today < 1 THEN (id - 1) % 250 ELSE (today - 1) % 125 END AS pair,
       CASE
           WHEN today < 1 THEN CASE
               WHEN id % 1000 < 966 THEN 'succeeded'
               WHEN id % 1000 < 976 THEN 'expired'
               WHEN id % 1000 < 980 THEN 'failed'
               WHEN id % 1000 < 992 THEN 'refunded'
               WHEN id % 1000 < 996 THEN 'partially_refunded'
               WHEN id % 1000 < 998 THEN 'won'
               ELSE 'lost' END
           WHEN today <= 840 THEN 'succeeded'
           WHEN today <= 895 THEN 'refunded'
           WHEN today <= 905 THEN 'partially_refunded'
           WHEN today <= 907 THEN 'disputed'
           WHEN today <= 927 THEN 'failed'
           WHEN today <= 982 THEN 'expired'
           WHEN today <= 984 THEN 'processing'
           ELSE 'pending' END AS fate,
       CASE WHEN today < 1
            THEN now() - interval '40 days' - (old / 250 - (id - 1) / 250) * interval '6 hours'
                 - interval '3 hours' * (250 - (id - 1) % 250)
            WHEN today <= 984 THEN now() - interval '3 days' + today * interval '4 minutes'
            ELSE now() - (1000 - today) * interval '1 minute' - interval '1 second' END AS at,
       CASE WHEN today < 1 THEN 2000 + 100 * ((id - 1) / 250 % 40) ELSE 4200 END AS price,
       CASE WHEN today BETWEEN 1 AND 10 THEN 1
            WHEN today < 1 AND id % 2 = 0 THEN 2 + id / 2 % (1 + payments / 10) END AS customer_id
  FROM numbered;

ALTER TABLE plan ADD PRIMARY KEY (id);
ALTER TABLE plan ADD paid boolean GENERATED ALWAYS AS (
    fate NOT IN ('pending', 'processing', 'failed', 'expired')) STORED;
ALTER TABLE plan ADD held boolean GENERATED ALWAYS AS (fate IN ('pending', 'processing')) STORED;
-- Whether its seats, or the first of them, are free again.
ALTER TABLE plan ADD gone boolean GENERATED ALWAYS AS (
    fate IN ('failed', 'expired', 'refunded', 'lost')) STORED;
ANALYZE plan;

INSERT INTO payments_installation (id, shop, created_at) VALUES (1, pg_temp.secret('shop', 1), now());

-- The first customer is the one whose bookings are looked at.
INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,
                       is_active, date_joined)
SELECT id, '!', false, 'customer-' || id, '', '', 'customer-' || id || '@example.com', false, true, now()
  FROM generate_series(1, 2 + current_setting('growth.payments')::bigint / 10) AS id;

-- Past events, eight on sale, and one with free seats for what is sold while the shop is measured.
INSERT INTO bookings_event (id, title, slug, description, venue, starts_at, ends_at, currency, sales_from,
                            sales_until, organiser_name, organiser_email, visibility)
SELECT id, 'Night ' || id, CASE WHEN id <= past THEN 'past-' || id ELSE 'night-' || id - past END, '',
       'The Little Theatre', starts_at, starts_at + interval '2 hours', 'eur',
       starts_at - interval '90 days', starts_at - interval '1 hour', 'The Little Theatre',
       'box-office@example.com', 'published'
  FROM (SELECT id, past, CASE WHEN id <= past THEN now() - interval '40 days' - (past - id) * interval '6 hours'
                              ELSE now() + interval '30 days' + (id - past) * interval '1 day' END AS starts_at
          FROM (SELECT (current_setting('growth.payments')::bigint - 1000) / 250 AS past) AS size,
               generate_series(1, past + 9) AS id) AS dated;

INSERT INTO bookings_booking (id, reference, ticket_reference, event_id, name, email, customer_id, status,
                              created_at, held_until, confirmed_at, released_at, mailed_at)
SELECT id, pg_temp.secret('booking', id), CASE WHEN paid THEN pg_temp.spoken(id) END, event_id,
       (ARRAY['Ada', 'Anna', 'Ben', 'Chen', 'Dilek', 'Emil', 'Fatima', 'Greta', 'Hugo', 'Ines', 'Jan', 'Kofi',
              'Lena', 'Mara', 'Nils', 'Olga', 'Paul', 'Quinn', 'Rosa', 'Sven'])[1 + id % 20] || ' '
       || initcap((ARRAY['ber', 'cla', 'dor', 'els', 'fin', 'gra', 'hol', 'jor', 'kel', 'lin'])[1 + id / 20 % 10]
                  || (ARRAY['ba', 'de', 'ki', 'lo', 'mu', 'na', 'pe', 'ri', 'so', 'tu'])[1 + id / 200 % 10]
                  || (ARRAY['berg', 'dal', 'feld', 'holm', 'man', 'ner', 'sen', 'ski', 'ton', 'wick'])
                     [1 + id / 2000 % 10]),
       CASE WHEN customer_id IS NULL THEN 'guest-' || id ELSE 'customer-' || customer_id END || '@example.com',
       customer_id,
       CASE WHEN held THEN 'held' WHEN fate IN ('failed', 'expired') THEN 'released'
            WHEN gone THEN 'cancelled' ELSE 'confirmed' END,
       at, at + interval '35 minutes' + CASE WHEN fate = 'processing' THEN interval '30 days' ELSE '0' END,
       CASE WHEN paid THEN at + interval '2 minutes' END, CASE WHEN gone THEN at + interval '40 minutes' END,
       CASE WHEN paid THEN at + interval '2 minutes' END
  FROM plan;

-- Rows A to Y with twenty seats each; a pair is two neighbours.
INSERT INTO bookings_seat (id, event_id, row, number, label, price, booking_id)
SELECT event.id * 500 - 500 + place, event.id, chr(64 + (place + 19) / 20), (place - 1) % 20 + 1,
       chr(64 + (place + 19) / 20) || '-' || (place - 1) % 20 + 1, coalesce(plan.price, 4200),
       CASE WHEN NOT plan.gone AND NOT (plan.fate = 'partially_refunded' AND place % 2 = 1) THEN plan.id END
  FROM bookings_event AS event CROSS JOIN generate_series(1, 500) AS place
  LEFT JOIN plan ON plan.event_id = event.id AND plan.pair = (place - 1) / 2;

INSERT INTO bookings_bookedseat (id, booking_id, seat_id, price)
SELECT 2 * plan.id - 2 + one, plan.id, plan.event_id * 500 - 500 + 2 * pair + one, price
  FROM plan, generate_series(1, 2) AS one;

INSERT INTO bookings_ticket (id, code, booking_id, seat_id, status, stopped_for, stopped_at, issued_at, qr_png,
                             drawing_error)
SELECT 2 * plan.id - 2 + one, pg_temp.secret('ticket', 2 * plan.id - 2 + one), plan.id,
       plan.event_id * 500 - 500 + 2 * pair + one, CASE stopped_for WHEN '' THEN 'valid' WHEN 'disputed' THEN 'suspended'
       ELSE 'void' END, stopped_for, CASE WHEN stopped_for <> '' THEN at + interval '40 minutes' END, at,
       decode(repeat(md5(plan.id::text), 32), 'hex'), ''
  FROM plan, generate_series(1, 2) AS one,
       LATERAL (SELECT CASE WHEN fate = 'refunded' OR fate = 'partially_refunded' AND one = 1 THEN 'refunded'
                            WHEN fate = 'lost' THEN 'charged_back' WHEN fate = 'disputed' THEN 'disputed'
                            ELSE '' END AS stopped_for) AS reason
 WHERE paid;

INSERT INTO payments_payment (id, reference, booking_id, amount, currency, amount_received, currency_received,
                              status, problem, error_message, fingerprint, session_id, payment_intent_id,
                              charge_id, card_last4, checkout_url, created_at, expires_at, processed_at,
                              stripe_state, livemode, check_problem, check_error, checked_at, next_check_at)
SELECT id, pg_temp.secret('payment', id), id, 2 * price, 'eur', CASE WHEN paid THEN 2 * price END,
       CASE WHEN paid THEN 'eur' ELSE '' END,
       CASE fate WHEN 'won' THEN 'succeeded' WHEN 'lost' THEN 'disputed' ELSE fate END, '', '', '',
       'cs_live_' || md5('session' || id), CASE WHEN paid THEN 'pi_' || left(md5('intent' || id), 24) END,
       CASE WHEN paid THEN 'ch_' || left(md5('charge' || id), 24) END,
       CASE WHEN NOT paid THEN '' WHEN today > 0 AND today % 14 = 0 THEN '4242'
            ELSE lpad((id * 7919 % 10000)::text, 4, '0') END,
       'https://checkout.stripe.com/c/pay/cs_live_' || md5('session' || id), at, at + interval '30 minutes',
       CASE WHEN NOT held THEN at + interval '2 minutes' END,
       CASE fate WHEN 'succeeded' THEN 'paid' WHEN 'won' THEN 'paid' WHEN 'lost' THEN 'disputed'
            WHEN 'pending' THEN 'open' ELSE fate END,
       true, '', '', CASE WHEN fate IN ('expired', 'failed') THEN at + interval '31 minutes' END,
       CASE WHEN fate = 'pending' AND id % 2 = 0 THEN now() - interval '1 second'
            WHEN held OR fate = 'disputed' THEN now() + interval '1 hour' END
  FROM plan;

INSERT INTO payments_transition (id, payment_id, from_status, to_status, cause, at)
SELECT row_number() OVER (ORDER BY plan.id, step), plan.id, trail[step], trail[step + 1],
       CASE WHEN step = 1 AND fate <> 'expired' THEN 'webhook' WHEN step = 1 THEN 'reconciler' ELSE 'refund' END,
       at + step * interval '2 minutes'
  FROM plan,
       LATERAL (SELECT ARRAY['pending'] || CASE
                    WHEN fate IN ('refunded', 'partially_refunded', 'disputed') THEN ARRAY['succeeded', fate]
                    WHEN fate = 'lost' THEN ARRAY['succeeded', 'disputed']
                    WHEN fate = 'won' THEN ARRAY['succeeded', 'disputed', 'succeeded']
                    WHEN fate = 'pending' THEN ARRAY[]::text[] ELSE ARRAY[fate] END AS trail) AS told,
       generate_series(1, cardinality(trail) - 1) AS step;

-- The event that told of each payment, with its body: Stripe's have about 3 kB.
INSERT INTO payments_stripeevent (id, event_id, type, livemode, payment_id, outcome, body, headers, deliveries,
                                  traceback, received_at, decided_at, retry_at)
SELECT id, 'evt_' || left(md5('event' || id), 24), 'checkout.session.completed', true, id, 'applied',
       replace(replace(current_setting('growth.body'), '{session}', 'cs_live_' || md5('session' || id)),
               '{intent}', 'pi_' || left(md5('intent' || id), 24)),
       '{"Content-Type": "application/json", "User-Agent": "Stripe/1.0"}', 1, '',
       at + interval '2 minutes', at + interval '2 minutes', at + interval '4 minutes'
  FROM plan WHERE paid;

INSERT INTO payments_check (id, payment_id, cause, state, error, at)
SELECT row_number() OVER (ORDER BY id), id, 'reconciler', fate, '', at + interval '31 minutes'
  FROM plan WHERE fate IN ('expired', 'failed');

INSERT INTO payments_refund (id, reference, payment_id, amount, currency, status, origin, refund_id, error_code,
                             error_message, created_at, tried_at, accepted_at, checked_at)
SELECT id, pg_temp.secret('refund', id), id, CASE fate WHEN 'refunded' THEN 2 ELSE 1 END * price, 'eur',
       'succeeded', (ARRAY['customer', 'staff', 'stripe'])[1 + CASE fate WHEN 'refunded' THEN id % 3 ELSE 0 END],
       're_' || left(md5('refund' || id), 24), '', '', at + interval '40 minutes', at + interval '40 minutes',
       at + interval '41 minutes', at + interval '41 minutes'
  FROM plan WHERE fate IN ('refunded', 'partially_refunded');
INSERT INTO payments_refund_tickets (id, refund_id, ticket_id)
SELECT 2 * plan.id - 2 + one, plan.id, 2 * plan.id - 2 + one
  FROM plan, generate_series(1, 2) AS one
 WHERE fate = 'refunded' OR fate = 'partially_refunded' AND one = 1;
INSERT INTO payments_notice (id, payment_id, kind, refund_id, created_at, sent_at)
SELECT id, id, 'refunded', id, at + interval '41 minutes', at + interval '41 minutes'
  FROM plan WHERE fate IN ('refunded', 'partially_refunded');

INSERT INTO payments_dispute (id, dispute_id, payment_id, amount, currency, withdrawn, status, reason, created_at,
                              checked_at)
SELECT id, 'du_' || left(md5('dispute' || id), 24), id, 2 * price, 'eur',
       CASE fate WHEN 'won' THEN 0 ELSE 2 * price END,
       CASE fate WHEN 'disputed' THEN 'needs_response' ELSE fate END, 'fraudulent', at + interval '40 minutes',
       at + interval '41 minutes'
  FROM plan WHERE fate IN ('won', 'lost', 'disputed');

-- Jobs that failed are kept, those that succeeded are not; a few wait.
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)
SELECT 'default', 'bookings.tasks.mail_tickets', jsonb_build_object('booking_id', id), 'failed', 50
  FROM plan WHERE id % 1000 = 1 AND today < 1;
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
SELECT 'default', 'bookings.tasks.mail_tickets', jsonb_build_object('booking_id', id), 'todo'
  FROM plan WHERE today BETWEEN 1 AND 20;

-- What is written from now on comes after all that.
SELECT setval(pg_get_serial_sequence('auth_user', 'id'), max(id)) FROM auth_user;
SELECT setval(pg_get_serial_sequence('bookings_event', 'id'), max(id)) FROM bookings_event;
SELECT setval(pg_get_serial_sequence('bookings_booking', 'id'), max(id)) FROM bookings_booking;
SELECT setval(pg_get_serial_sequence('bookings_seat', 'id'), max(id)) FROM bookings_seat;
SELECT setval(pg_get_serial_sequence('bookings_bookedseat', 'id'), max(id)) FROM bookings_bookedseat;
SELECT setval(pg_get_serial_sequence('bookings_ticket', 'id'), max(id)) FROM bookings_ticket;
SELECT setval(pg_get_serial_sequence('payments_payment', 'id'), max(id)) FROM payments_payment;
SELECT setval(pg_get_serial_sequence('payments_transition', 'id'), max(id)) FROM payments_transition;
SELECT setval(pg_get_serial_sequence('payments_stripeevent', 'id'), max(id)) FROM payments_stripeevent;
SELECT setval(pg_get_serial_sequence('payments_check', 'id'), max(id)) FROM payments_check;
SELECT setval(pg_get_serial_sequence('payments_refund', 'id'), max(id)) FROM payments_refund;
SELECT setval(pg_get_serial_sequence('payments_refund_tickets', 'id'), max(id)) FROM payments_refund_tickets;
SELECT setval(pg_get_serial_sequence('payments_notice', 'id'), max(id)) FROM payments_notice;
SELECT setval(pg_get_serial_sequence('payments_dispute', 'id'), max(id)) FROM payments_dispute;

DROP TABLE plan;
RESET synchronous_commit;
VACUUM ANALYZE;
