array_distinct(filter(
  concat(
    coalesce(transform(resources, r -> ROW(r.type, coalesce(r.arn, r.arnPrefix))), ARRAY[]),
    ARRAY[
      ROW('AWS::IAM::AccessKey', json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId')),
      ROW('AWS::IAM::AccessKey', json_extract_scalar(element_at(responseElements, 'credentials'), '$.accessKeyId'))
    ],
    coalesce(transform(
      TRY(CAST(json_extract(coalesce(element_at(responseElements, 'instancesSet'), element_at(requestParameters, 'instancesSet')), '$.items') AS array(json))),
      i -> ROW('AWS::EC2::Instance', json_extract_scalar(i, '$.instanceId'))), ARRAY[]),
    transform(
      filter(ARRAY[
        ROW('cloudformation', 'stackName', 'AWS::CloudFormation::Stack'),
        ROW('cloudtrail', 'name', 'AWS::CloudTrail::Trail'),
        ROW('cloudtrail', 'trailName', 'AWS::CloudTrail::Trail'),
        ROW('dynamodb', 'tableName', 'AWS::DynamoDB::Table'),
        ROW('ec2', 'groupId', 'AWS::EC2::SecurityGroup'),
        ROW('ec2', 'instanceId', 'AWS::EC2::Instance'),
        ROW('ec2', 'keyName', 'AWS::EC2::KeyPair'),
        ROW('ec2', 'snapshotId', 'AWS::EC2::Snapshot'),
        ROW('ec2', 'subnetId', 'AWS::EC2::Subnet'),
        ROW('ec2', 'volumeId', 'AWS::EC2::Volume'),
        ROW('ec2', 'vpcId', 'AWS::EC2::VPC'),
        ROW('ecs', 'cluster', 'AWS::ECS::Cluster'),
        ROW('eks', 'name', 'AWS::EKS::Cluster'),
        ROW('iam', 'groupName', 'AWS::IAM::Group'),
        ROW('iam', 'instanceProfileName', 'AWS::IAM::InstanceProfile'),
        ROW('iam', 'policyArn', 'AWS::IAM::Policy'),
        ROW('iam', 'roleName', 'AWS::IAM::Role'),
        ROW('iam', 'userName', 'AWS::IAM::User'),
        ROW('kms', 'keyId', 'AWS::KMS::Key'),
        ROW('lambda', 'functionName', 'AWS::Lambda::Function'),
        ROW('logs', 'logGroupName', 'AWS::Logs::LogGroup'),
        ROW('rds', 'dBInstanceIdentifier', 'AWS::RDS::DBInstance'),
        ROW('s3', 'bucketName', 'AWS::S3::Bucket'),
        ROW('secretsmanager', 'secretId', 'AWS::SecretsManager::Secret'),
        ROW('sns', 'topicArn', 'AWS::SNS::Topic'),
        ROW('sqs', 'queueUrl', 'AWS::SQS::Queue'),
        ROW('sts', 'roleArn', 'AWS::IAM::Role'),
        ROW('xray', 'groupName', 'AWS::XRay::Group')
      ], p -> p[1] || '.amazonaws.com' = eventSource),
      p -> ROW(p[3], element_at(requestParameters, p[2])))),
  r -> r[2] <> ''))
