//! Calls of the general mix that manage things: identity, compute, deployment, audit.
//!
//! Shapes follow docs/events.md, "Event record format". Weights are relative to the sum of both
//! lists (this one and `data.rs`).

use super::call::{Access, CALL, Call, Caller, Failure, Host};

const DENIED: Failure = Failure {
    code: "AccessDenied",
    message: "User: <caller> is not authorized to perform: iam:$NAME on resource: role <pick:role> because no identity-based policy allows the iam:$NAME action",
    per_mille: 30,
    keeps_request: false,
};
const UNAUTHORIZED: Failure = Failure {
    code: "Client.UnauthorizedOperation",
    message: "You are not authorized to perform this operation. User: <caller> is not authorized to perform: ec2:$NAME because no identity-based policy allows the ec2:$NAME action",
    per_mille: 25,
    keeps_request: true,
};
const THROTTLING: Failure = Failure {
    code: "ThrottlingException",
    message: "Rate exceeded",
    per_mille: 12,
    keeps_request: true,
};

const AUTOMATION: &[(Caller, u32)] =
    &[(Caller::Pipeline, 60), (Caller::Person, 25), (Caller::User, 12), (Caller::Root, 3)];
const LOOKING: &[(Caller, u32)] = &[
    (Caller::Scanner, 20),
    (Caller::App, 15),
    (Caller::Person, 15),
    (Caller::Pipeline, 10),
    (Caller::User, 40),
];
const AGENTS: &[(Caller, u32)] = &[(Caller::App, 70), (Caller::User, 30)];

const fn read(
    source: &'static str,
    name: &'static str,
    weight: u32,
    request: &'static str,
) -> Call {
    Call { source, name, weight, request, callers: LOOKING, ..CALL }
}

const fn change(
    source: &'static str,
    name: &'static str,
    weight: u32,
    request: &'static str,
    response: &'static str,
) -> Call {
    let access = Access::WriteManagement;
    Call { source, name, weight, access, request, response, callers: AUTOMATION, ..CALL }
}

const fn ec2(name: &'static str, weight: u32, request: &'static str) -> Call {
    Call { failures: &[UNAUTHORIZED], ..read("ec2", name, weight, request) }
}

const fn iam(name: &'static str, weight: u32, request: &'static str) -> Call {
    Call { failures: &[DENIED], host: Host::Global, ..read("iam", name, weight, request) }
}

const fn iam_change(
    name: &'static str,
    weight: u32,
    request: &'static str,
    response: &'static str,
) -> Call {
    Call {
        failures: &[DENIED],
        host: Host::Global,
        ..change("iam", name, weight, request, response)
    }
}

/// The calls.
pub(crate) const CALLS: &[Call] = &[
    Call {
        callers: &[(Caller::Service, 75), (Caller::App, 13), (Caller::Foreign, 12)],
        access: Access::ReadManagement,
        response: r#"{"credentials":{"accessKeyId":"ASIA<id:1:16>","sessionToken":"<b64:100>","expiration":"<spoken:3600>"},"assumedRoleUser":{"assumedRoleId":"AROA<id:2:17>:<pick:host>-<hex:3:8>","arn":"arn:aws:sts::<account>:assumed-role/<pick:role>/<pick:host>-<hex:3:8>"}}"#,
        resources: r#"[{"accountId":"<account>","type":"AWS::IAM::Role","ARN":"arn:aws:iam::<account>:role/<pick:role>"}]"#,
        failures: &[Failure {
            code: "AccessDenied",
            message: "User: <caller> is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::<account>:role/<pick:role>",
            per_mille: 15,
            keeps_request: false,
        }],
        shared: true,
        ..read(
            "sts",
            "AssumeRole",
            1500,
            r#"{"roleArn":"arn:aws:iam::<account>:role/<pick:role>","roleSessionName":"<pick:host>-<hex:3:8>","durationSeconds":3600}"#,
        )
    },
    Call { callers: LOOKING, ..read("sts", "GetCallerIdentity", 250, "") },
    ec2(
        "DescribeInstances",
        650,
        r#"{"maxResults":1000,"instancesSet":{},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"}]}}]}}"#,
    ),
    ec2(
        "DescribeNetworkInterfaces",
        260,
        r#"{"networkInterfaceIdSet":{"items":[{"networkInterfaceId":"eni-0<hex:1:16>"}]},"filterSet":{}}"#,
    ),
    ec2(
        "DescribeSecurityGroups",
        220,
        r#"{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"sg-0<hex:1:16>"}]},"filterSet":{}}"#,
    ),
    ec2(
        "DescribeVolumes",
        150,
        r#"{"volumeSet":{"items":[{"volumeId":"vol-0<hex:1:16>"}]},"filterSet":{}}"#,
    ),
    ec2(
        "DescribeTags",
        140,
        r#"{"maxResults":200,"tagSet":{},"filterSet":{"items":[{"name":"resource-id","valueSet":{"items":[{"value":"i-0<hex:1:16>"}]}}]}}"#,
    ),
    Call {
        failures: &[UNAUTHORIZED],
        ..change(
            "ec2",
            "RunInstances",
            60,
            r#"{"instancesSet":{"items":[{"imageId":"ami-0<hex:1:16>","minCount":1,"maxCount":<num:1:4>}]},"instanceType":"<pick:instancetype>","blockDeviceMapping":{"items":[{"deviceName":"/dev/xvda","ebs":{"volumeSize":<num:8:200>,"deleteOnTermination":true,"volumeType":"gp3","encrypted":true}}]},"availabilityZone":"<region>a","monitoring":{"enabled":false},"disableApiTermination":false,"clientToken":"<uuid:2>","networkInterfaceSet":{"items":[{"deviceIndex":0,"subnetId":"subnet-0<hex:2:16>","groupSet":{"items":[{"groupId":"sg-0<hex:3:16>"}]}}]},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"Name","value":"<pick:service>"},{"key":"Umgebung","value":"Pr\u00fcfstand"}]}]},"ebsOptimized":false}"#,
            r#"{"requestId":"<uuid:0>","reservationId":"r-0<hex:1:16>","ownerId":"<account>","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-0<hex:2:16>","imageId":"ami-0<hex:1:16>","currentState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-20-4-17.<region>.compute.internal","amiLaunchIndex":0,"instanceType":"<pick:instancetype>","launchTime":<epoch:0>000,"placement":{"availabilityZone":"<region>a","tenancy":"default"},"monitoring":{"state":"disabled"},"architecture":"x86_64","rootDeviceType":"ebs"}]}}"#,
        )
    },
    Call {
        failures: &[UNAUTHORIZED],
        ..change(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            40,
            r#"{"groupId":"sg-0<hex:1:16>","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[{"cidrIp":"<pick:cidr>","description":"b\u00fcro"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}"#,
            r#"{"requestId":"<uuid:0>","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"<account>","groupId":"sg-0<hex:1:16>","securityGroupRuleId":"sgr-0<hex:2:16>","isEgress":false,"ipProtocol":"tcp","fromPort":443,"toPort":443,"cidrIpv4":"<pick:cidr>"}]}}"#,
        )
    },
    change(
        "ec2",
        "TerminateInstances",
        30,
        r#"{"instancesSet":{"items":[{"instanceId":"i-0<hex:2:16>"}]}}"#,
        r#"{"requestId":"<uuid:0>","instancesSet":{"items":[{"instanceId":"i-0<hex:2:16>","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}]}}"#,
    ),
    iam("GetRole", 260, r#"{"roleName":"<pick:role>"}"#),
    iam("ListAttachedRolePolicies", 160, r#"{"roleName":"<pick:role>"}"#),
    iam("GetUser", 100, r#"{"userName":"<pick:user>"}"#),
    iam("ListUsers", 60, ""),
    iam_change(
        "CreateUser",
        12,
        r#"{"userName":"<pick:user>","tags":[{"key":"team","value":"<pick:service>"}]}"#,
        r#"{"user":{"path":"/","userName":"<pick:user>","userId":"AIDA<id:1:17>","arn":"arn:aws:iam::<account>:user/<pick:user>","createDate":"<spoken:0>","tags":[{"key":"team","value":"<pick:service>"}]}}"#,
    ),
    iam_change(
        "CreateAccessKey",
        12,
        r#"{"userName":"<pick:user>"}"#,
        r#"{"accessKey":{"userName":"<pick:user>","accessKeyId":"AKIA<id:1:16>","status":"Active","createDate":"<spoken:0>"}}"#,
    ),
    iam_change(
        "AttachRolePolicy",
        25,
        r#"{"roleName":"<pick:role>","policyArn":"<pick:policy>"}"#,
        "",
    ),
    iam_change(
        "PutRolePolicy",
        15,
        r#"{"roleName":"<pick:role>","policyName":"inline-<pick:service>","policyDocument":"{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\", \"s3:ListBucket\"], \"Resource\": [\"arn:aws:s3:::<pick:bucket>\", \"arn:aws:s3:::<pick:bucket>/*\"]}]\n}"}"#,
        "",
    ),
    Call {
        access: Access::WriteManagement,
        callers: &[
            (Caller::User, 45),
            (Caller::Person, 35),
            (Caller::Workforce, 12),
            (Caller::Root, 8),
        ],
        response: r#"{"ConsoleLogin":"Success"}"#,
        additional: r#"{"LoginTo":"https://<region>.console.aws.amazon.com/console/home?region=<region>&state=hashArgs%23&isauthcode=true","MobileVersion":"No","MFAUsed":"<pick:yesno>"}"#,
        failures: &[Failure {
            code: "",
            message: "Failed authentication",
            per_mille: 60,
            keeps_request: false,
        }],
        event_type: "AwsConsoleSignIn",
        host: Host::SignIn,
        ..read("signin", "ConsoleLogin", 60, "")
    },
    Call {
        failures: &[THROTTLING],
        ..read(
            "cloudtrail",
            "LookupEvents",
            120,
            r#"{"lookupAttributes":[{"attributeKey":"<pick:lookup>","attributeValue":"<pick:user>"}],"startTime":"<spoken:-86400>","endTime":"<spoken:0>","maxResults":50}"#,
        )
    },
    read("cloudtrail", "DescribeTrails", 60, r#"{"trailNameList":[],"includeShadowTrails":false}"#),
    change(
        "cloudformation",
        "CreateChangeSet",
        35,
        r#"{"stackName":"<pick:stack>","changeSetName":"tf-<hex:1:8>","changeSetType":"UPDATE","capabilities":["CAPABILITY_NAMED_IAM"],"parameters":[{"parameterKey":"Environment","parameterValue":"prod"},{"parameterKey":"DesiredCount","parameterValue":"<num:1:12>"}],"includeNestedStacks":false}"#,
        r#"{"id":"arn:aws:cloudformation:<region>:<account>:changeSet/tf-<hex:1:8>/<uuid:1>","stackId":"arn:aws:cloudformation:<region>:<account>:stack/<pick:stack>/<uuid:2>"}"#,
    ),
    Call {
        failures: &[THROTTLING],
        ..read("cloudformation", "DescribeStacks", 180, r#"{"stackName":"<pick:stack>"}"#)
    },
    read("organizations", "ListAccounts", 40, r#"{"maxResults":20}"#),
    read("organizations", "DescribeOrganization", 40, ""),
    Call {
        callers: AGENTS,
        ..change(
            "ssm",
            "UpdateInstanceInformation",
            360,
            r#"{"instanceId":"i-0<hex:1:16>","agentVersion":"3.3.1611.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"<ip>","computerName":"ip-10-20-4-17.<region>.compute.internal","agentName":"amazon-ssm-agent","sSMConnectionChannel":"ssmmessages"}"#,
            "",
        )
    },
    change(
        "ssm",
        "SendCommand",
        15,
        r#"{"documentName":"AWS-RunShellScript","instanceIds":["i-0<hex:1:16>"],"parameters":{"commands":["<pick:command>"],"executionTimeout":["3600"]},"timeoutSeconds":600,"interactive":false}"#,
        r#"{"command":{"commandId":"<uuid:1>","documentName":"AWS-RunShellScript","status":"Pending","targetCount":1,"completedCount":0,"errorCount":0,"requestedDateTime":"<spoken:0>"}}"#,
    ),
    read(
        "rds",
        "DescribeDBInstances",
        180,
        r#"{"dBInstanceIdentifier":"<pick:database>","includeShared":true}"#,
    ),
    change(
        "rds",
        "ModifyDBInstance",
        12,
        r#"{"dBInstanceIdentifier":"<pick:database>","allocatedStorage":<num:20:2000>,"applyImmediately":true,"backupRetentionPeriod":<num:1:35>,"masterUserPassword":"****"}"#,
        r#"{"dBInstanceIdentifier":"<pick:database>","dBInstanceClass":"db.r6g.large","engine":"<pick:engine>","dBInstanceStatus":"modifying","multiAZ":true,"storageEncrypted":true,"pendingModifiedValues":{"masterUserPassword":"****"}}"#,
    ),
    Call {
        callers: &[(Caller::Invoked, 55), (Caller::Scanner, 45)],
        ..read(
            "config",
            "BatchGetResourceConfig",
            120,
            r#"{"resourceKeys":[{"resourceType":"<pick:resourcetype>","resourceId":"<hex:1:17>"}]}"#,
        )
    },
    Call {
        access: Access::WriteManagement,
        callers: &[(Caller::App, 100)],
        ..read(
            "config",
            "PutEvaluations",
            90,
            r#"{"testMode":false,"evaluations":[{"complianceResourceType":"<pick:resourcetype>","complianceResourceId":"<hex:1:17>","complianceType":"COMPLIANT","orderingTimestamp":"<spoken:-5>"},{"complianceResourceType":"<pick:resourcetype:1>","complianceResourceId":"<hex:2:17>","complianceType":"NON_COMPLIANT","annotation":"Verschl\u00fcsselung fehlt","orderingTimestamp":"<spoken:-5>"}],"resultToken":"<b64:64>"}"#,
        )
    },
    Call {
        callers: LOOKING,
        failures: &[THROTTLING],
        ..read(
            "elasticloadbalancing",
            "DescribeTargetHealth",
            220,
            r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<pick:service>/<hex:1:16>"}"#,
        )
    },
    Call {
        api_version: "2015-12-01",
        ..read("elasticloadbalancing", "DescribeLoadBalancers", 120, r#"{"pageSize":400}"#)
    },
    Call {
        callers: &[(Caller::Service, 100)],
        access: Access::WriteManagement,
        event_type: "AwsServiceEvent",
        resources: r#"[{"accountId":"<account>","type":"AWS::KMS::Key","ARN":"arn:aws:kms:<region>:<account>:key/<key>"}]"#,
        ..read("kms", "RotateKey", 12, "")
    },
    read(
        "health",
        "DescribeEventAggregates",
        80,
        r#"{"filter":{"eventStatusCodes":["open","upcoming"]},"aggregateField":"eventTypeCategory"}"#,
    ),
    read("monitoring", "DescribeAlarms", 160, r#"{"maxRecords":100,"stateValue":"ALARM"}"#),
    change(
        "monitoring",
        "PutMetricAlarm",
        30,
        r#"{"alarmName":"<pick:service>-5xx","actionsEnabled":true,"alarmActions":["arn:aws:sns:<region>:<account>:<pick:queue>"],"metricName":"HTTPCode_Target_5XX_Count","namespace":"AWS/ApplicationELB","statistic":"Sum","period":60,"evaluationPeriods":3,"threshold":<num:1:50>.0,"comparisonOperator":"GreaterThanThreshold"}"#,
        "",
    ),
    read(
        "autoscaling",
        "DescribeAutoScalingGroups",
        150,
        r#"{"maxRecords":100,"autoScalingGroupNames":["<pick:service>-asg"]}"#,
    ),
];
