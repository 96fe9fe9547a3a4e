/*
title = "Changes of group membership"
question = "Who was added to a group or taken out of one, and by whom?"
techniques = ["T1098"]

[parameters.group]
type = "varchar"
default = "%"
about = "Pattern of the group's name"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'groupName'), element_at(requestParameters, 'groupId')) AS group_name,
  coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'memberId')) AS member, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('iam.amazonaws.com', 'identitystore.amazonaws.com', 'sso-directory.amazonaws.com')
  AND eventName IN ('AddUserToGroup', 'RemoveUserFromGroup', 'CreateGroupMembership', 'DeleteGroupMembership', 'AddMemberToGroup',
    'RemoveMemberFromGroup')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'groupName'), element_at(requestParameters, 'groupId'), '') LIKE $group
ORDER BY event_time DESC
