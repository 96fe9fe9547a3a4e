/*
title = "Account settings changed"
question = "Who changed an account's e-mail, contacts, regions or membership, or tried to close it?"
techniques = ["T1098"]

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventSource AS event_source, eventName AS event_name, json_format(CAST(requestParameters AS json)) AS request,
  errorCode AS error
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND (eventSource = 'account.amazonaws.com' AND NOT regexp_like(eventName, '^(Get|List|Describe)')
    OR eventSource = 'organizations.amazonaws.com'
      AND eventName IN ('LeaveOrganization', 'RemoveAccountFromOrganization', 'CloseAccount', 'DeleteOrganization')
    OR eventSource IN ('signin.amazonaws.com', 'billingconsole.amazonaws.com', 'billing.amazonaws.com',
      'aws-portal.amazonaws.com')
      AND eventName IN ('EmailUpdated', 'UpdateAccountEmail', 'UpdateAccount', 'SetAlternateContact', 'PutAlternateContact',
        'SetContactAddress'))
  AND recipientAccountId LIKE $account
ORDER BY event_time DESC
