CASE userIdentity.type
  WHEN 'Root' THEN 'root'
  WHEN 'AWSService' THEN userIdentity.invokedBy
  ELSE coalesce(session_name(userIdentity), nullif(userIdentity.userName, ''))
END
