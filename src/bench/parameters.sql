-- The parameters of benchmark queries: one row, whose labels are their names. Each stands for a whole
-- literal, so that queries fit any events.
WITH
  names AS (
    SELECT eventName AS name, row_number() OVER (ORDER BY count(*) DESC, eventName) AS place
    FROM event_data_store WHERE eventName IS NOT NULL GROUP BY eventName),
  sources AS (
    SELECT eventSource AS name, row_number() OVER (ORDER BY count(*) DESC, eventSource) AS place
    FROM event_data_store WHERE eventSource IS NOT NULL GROUP BY eventSource),
  days AS (
    SELECT date_trunc('day', eventTime) AS day,
      row_number() OVER (ORDER BY count(*) DESC, date_trunc('day', eventTime)) AS place
    FROM event_data_store WHERE eventTime IS NOT NULL GROUP BY date_trunc('day', eventTime))
SELECT
  (SELECT min(eventID) FROM event_data_store WHERE eventID >= '8') AS event_id,
  (SELECT day FROM days WHERE place = 1) AS since,
  (SELECT day + INTERVAL '2' DAY FROM days WHERE place = 1) AS until,
  (SELECT name FROM sources WHERE place = 1) AS busy_source,
  (SELECT name FROM names WHERE place = 1) AS busy_event,
  (SELECT name FROM names ORDER BY place DESC LIMIT 1) AS rare_event;
