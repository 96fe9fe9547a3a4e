(eventCategory = 'Management' OR coalesce(eventCategory, '') = '' AND coalesce(managementEvent, NOT (
  coalesce(eventType LIKE 'AwsVpceEvent%', false)
  OR coalesce(any_match(resources, r -> r.type = 'AWS::S3::Object'), false))))
