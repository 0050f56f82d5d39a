-- Sell a full house of %(tickets)s seats, four a booking, in rows of 500, and let nobody in yet.

SET LOCAL synchronous_commit = off;

CREATE TEMP TABLE place ON COMMIT DROP AS
SELECT place, (SELECT coalesce(max(id), 0) FROM bookings_seat) + place AS seat_id,
       (SELECT coalesce(max(id), 0) FROM bookings_booking) + 1 + (place - 1) / 4 AS booking_id
  FROM generate_series(1, %(tickets)s) AS place;

INSERT INTO bookings_booking (id, reference, ticket_reference, event_id, name, email, status, created_at,
                              held_until, confirmed_at, mailed_at)
SELECT DISTINCT booking_id, left(translate(upper(md5('booking' || booking_id)), '0189', 'GHIJ'), 26),
       overlay(translate(lpad(to_hex(booking_id * 2654435761 %% 4294967296), 8, '0'), '0123456789abcdef',
                         'ABCDEFGHJKMNPQRS') PLACING '-' FROM 5 FOR 0),
       %(event)s, (ARRAY['Ada', 'Ben', 'Chen', 'Dilek', 'Emil'])[1 + booking_id %% 5] || ' '
       || initcap(translate(to_hex(booking_id), '0123456789', 'ghijklmnop')),
       'guest-' || booking_id || '@example.com', 'confirmed', now(), now() + interval '1 hour', now(), now()
  FROM place;

INSERT INTO bookings_seat (id, event_id, row, number, label, price, booking_id)
SELECT seat_id, %(event)s, 'R' || (place + 499) / 500, (place - 1) %% 500 + 1,
       'R' || (place + 499) / 500 || '-' || (place - 1) %% 500 + 1, 4200, booking_id
  FROM place;

INSERT INTO bookings_bookedseat (booking_id, seat_id, price) SELECT booking_id, seat_id, 4200 FROM place;

INSERT INTO bookings_ticket (code, booking_id, seat_id, name, status, stopped_for, issued_at, changed_at,
                             qr_png, drawing_error)
SELECT left(translate(upper(md5('ticket' || seat_id)), '0189', 'GHIJ'), 25) || 'A', booking_id, seat_id, '',
       'valid', '', now() - interval '1 day', now() - interval '1 day', '\x', ''
  FROM place;

SELECT setval(pg_get_serial_sequence('bookings_booking', 'id'), max(booking_id)),
       setval(pg_get_serial_sequence('bookings_seat', 'id'), max(seat_id))
  FROM place;
