/*
title = "Bucket policies that open a bucket"
question = "Which bucket policies allow everyone or another account, and what?"
techniques = ["T1530"]

[parameters.bucket]
type = "varchar"
default = "%"
about = "Pattern of the bucket's name"
*/
WITH policies AS (
  SELECT eventTime AS event_time, recipientAccountId AS account,
    caller(userIdentity) AS principal,
    element_at(requestParameters, 'bucketName') AS bucket,
    TRY(json_parse(element_at(requestParameters, 'bucketPolicy'))) AS policy
  FROM event_data_store
  WHERE eventSource = 's3.amazonaws.com' AND eventName IN ('PutBucketPolicy', 'PutAccessPointPolicy')
    AND eventTime >= $from AND eventTime < $to
    AND errorCode IS NULL
)
SELECT event_time, account, principal, bucket,
  regexp_like(json_format(statement), '"Principal":("\*"|\{"AWS":\[?"\*")') AS everyone,
  array_join(array_distinct(filter(regexp_extract_all(json_format(json_extract(statement, '$.Principal')),
    '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"', 1), id -> id <> account)), ' ') AS other_accounts,
  json_format(json_extract(statement, '$.Action')) AS actions, json_format(json_extract(statement, '$.Condition')) AS condition
FROM policies
CROSS JOIN UNNEST(coalesce(TRY_CAST(json_extract(policy, '$.Statement') AS array(json)),
  ARRAY[json_extract(policy, '$.Statement')])) AS s (statement)
WHERE json_extract_scalar(statement, '$.Effect') = 'Allow'
  AND (regexp_like(json_format(statement), '"Principal":("\*"|\{"AWS":\[?"\*")')
    OR cardinality(filter(regexp_extract_all(json_format(json_extract(statement, '$.Principal')),
    '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"', 1), id -> id <> account)) > 0)
  AND coalesce(bucket, '') LIKE $bucket
ORDER BY event_time DESC
