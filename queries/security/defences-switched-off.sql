/*
title = "Logging and detection switched off"
question = "Who stopped, weakened or deleted something that records or detects, or tried to?"
techniques = ["T1562.001", "T1562.008"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.succeeded]
type = "boolean"
default = "false"
about = "Whether to leave out attempts that failed"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventSource AS event_source, eventName AS event_name, json_format(CAST(requestParameters AS json)) AS request,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('cloudtrail.amazonaws.com', 'config.amazonaws.com', 'guardduty.amazonaws.com', 'securityhub.amazonaws.com',
  'ec2.amazonaws.com', 'logs.amazonaws.com', 'events.amazonaws.com', 'monitoring.amazonaws.com', 'wafv2.amazonaws.com',
  'waf.amazonaws.com', 'waf-regional.amazonaws.com', 'network-firewall.amazonaws.com', 'macie2.amazonaws.com',
  'inspector2.amazonaws.com', 'detective.amazonaws.com', 'access-analyzer.amazonaws.com', 'xray.amazonaws.com',
  'oam.amazonaws.com', 's3.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'PutInsightSelectors', 'DeleteEventDataStore',
      'UpdateEventDataStore', 'StopEventDataStoreIngestion', 'DeleteChannel',
      'StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteConfigRule', 'DeleteOrganizationConfigRule',
      'DeleteDeliveryChannel',
      'DeleteConfigurationAggregator', 'DeleteConformancePack', 'PutConfigurationRecorder',
      'DeleteDetector', 'UpdateDetector', 'DeleteMembers', 'DisassociateMembers', 'StopMonitoringMembers',
      'DisassociateFromMasterAccount',
      'DisassociateFromAdministratorAccount', 'DeletePublishingDestination', 'CreateFilter', 'DisableOrganizationAdminAccount',
      'DisableSecurityHub', 'DisableImportFindingsForProduct', 'BatchDisableStandards', 'DeleteInsight', 'DeleteActionTarget',
      'DeleteFlowLogs', 'DeleteLogGroup', 'DeleteLogStream', 'DeleteMetricFilter', 'DeleteSubscriptionFilter',
      'DeleteDestination', 'PutRetentionPolicy',
      'DisableRule', 'DeleteRule', 'RemoveTargets', 'DeleteEventBus', 'DeleteAlarms', 'DisableAlarmActions',
      'DeleteWebACL', 'DisassociateWebACL', 'DeleteRuleGroup', 'DeleteLoggingConfiguration', 'DeleteFirewall',
      'DeleteFirewallPolicy',
      'DisableMacie', 'Disable', 'DeleteGraph', 'DeleteAnalyzer', 'DeleteLink', 'DeleteSink',
      'DeleteSamplingRule', 'UpdateTraceSegmentDestination', 'PutBucketLogging', 'DeleteBucketLogging')
    AND NOT (eventSource = 's3.amazonaws.com' AND eventName NOT LIKE '%BucketLogging')
    AND NOT (eventSource = 'ec2.amazonaws.com' AND eventName <> 'DeleteFlowLogs'))
  AND coalesce(caller(userIdentity), '') LIKE $principal
  AND (errorCode IS NULL OR NOT $succeeded)
ORDER BY event_time DESC
