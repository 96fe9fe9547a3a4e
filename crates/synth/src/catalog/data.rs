//! Calls of the general mix that move data: storage, keys, secrets, tables, functions, logs.
//!
//! Shapes follow docs/events.md, "Event record format". Weights are relative to the sum of both
//! lists (this one and `control.rs`).

use super::call::{Access, CALL, Call, Caller, Failure, Host};

const S3_DENIED: Failure = Failure {
    code: "AccessDenied",
    message: "User: <caller> is not authorized to perform: s3:$NAME on resource: \\\"arn:aws:s3:::<pick:bucket>\\\" because no identity-based policy allows the s3:$NAME action",
    per_mille: 18,
    keeps_request: true,
};
const NO_KEY: Failure = Failure {
    code: "NoSuchKey",
    message: "The specified key does not exist.",
    per_mille: 22,
    keeps_request: true,
};
const KMS_DENIED: Failure = Failure {
    code: "AccessDenied",
    message: "User: <caller> is not authorized to perform: kms:$NAME on resource: arn:aws:kms:<region>:<account>:key/<key> because no resource-based policy allows the kms:$NAME action",
    per_mille: 8,
    keeps_request: false,
};
const THROTTLED_TABLE: Failure = Failure {
    code: "ProvisionedThroughputExceededException",
    message: "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
    per_mille: 15,
    keeps_request: true,
};

const WORKERS: &[(Caller, u32)] =
    &[(Caller::App, 50), (Caller::Federated, 4), (Caller::User, 42), (Caller::Person, 4)];
const WRAPPED: &[(Caller, u32)] =
    &[(Caller::Service, 50), (Caller::Invoked, 20), (Caller::App, 30)];
const STAFF: &[(Caller, u32)] =
    &[(Caller::Pipeline, 55), (Caller::Person, 30), (Caller::User, 12), (Caller::Root, 3)];

const BUCKET: &str =
    r#"[{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<pick:bucket>"}]"#;
const OBJECT: &str = r#"[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::<pick:bucket>/<pick:object>"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<pick:bucket>"}]"#;
const KEY: &str = r#"[{"accountId":"<account>","type":"AWS::KMS::Key","ARN":"arn:aws:kms:<region>:<account>:key/<key>"}]"#;
const TABLE: &str = r#"[{"accountId":"<account>","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:<region>:<account>:table/<pick:table>"}]"#;
const FUNCTION: &str = r#"[{"accountId":"<account>","type":"AWS::Lambda::Function","ARN":"arn:aws:lambda:<region>:<account>:function:<pick:function>"}]"#;
const S3_READ: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"<b64:56>","bytesTransferredOut":<num:210:4800000>}"#;
const S3_WRITE: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":<num:120:9000000>,"SSEApplied":"SSE_KMS","AuthenticationMethod":"AuthHeader","x-amz-id-2":"<b64:76>","bytesTransferredOut":0}"#;

const fn s3(name: &'static str, weight: u32, access: Access, request: &'static str) -> Call {
    let (resources, failures): (_, &[Failure]) = match access {
        Access::ReadData | Access::WriteData => (OBJECT, &[S3_DENIED, NO_KEY]),
        _ => (BUCKET, &[S3_DENIED]),
    };
    let additional = match access {
        Access::WriteData => S3_WRITE,
        _ => S3_READ,
    };
    Call {
        source: "s3",
        name,
        weight,
        access,
        request,
        resources,
        failures,
        additional,
        callers: WORKERS,
        host: Host::Bucket,
        ..CALL
    }
}

const fn call(
    source: &'static str,
    name: &'static str,
    weight: u32,
    access: Access,
    request: &'static str,
) -> Call {
    Call { source, name, weight, access, request, callers: WORKERS, ..CALL }
}

/// The calls.
pub(crate) const CALLS: &[Call] = &[
    s3(
        "GetObject",
        800,
        Access::ReadData,
        r#"{"bucketName":"<pick:bucket>","Host":"<pick:bucket>.s3.<region>.amazonaws.com","key":"<pick:object>"}"#,
    ),
    Call {
        response: r#"{"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:<region>:<account>:key/<key>","x-amz-server-side-encryption-bucket-key-enabled":"true"}"#,
        failures: &[S3_DENIED],
        ..s3(
            "PutObject",
            420,
            Access::WriteData,
            r#"{"bucketName":"<pick:bucket>","Host":"<pick:bucket>.s3.<region>.amazonaws.com","key":"<pick:object>","x-amz-server-side-encryption":"aws:kms"}"#,
        )
    },
    s3(
        "HeadObject",
        180,
        Access::ReadData,
        r#"{"bucketName":"<pick:bucket>","Host":"<pick:bucket>.s3.<region>.amazonaws.com","key":"<pick:object>"}"#,
    ),
    Call {
        resources: r#"[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::<pick:bucket>/"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<pick:bucket>"}]"#,
        failures: &[S3_DENIED],
        ..s3(
            "ListObjects",
            120,
            Access::ReadData,
            r#"{"list-type":"2","bucketName":"<pick:bucket>","encoding-type":"url","max-keys":"1000","prefix":"raw/","delimiter":"/","Host":"<pick:bucket>.s3.<region>.amazonaws.com"}"#,
        )
    },
    Call {
        resources: "",
        host: Host::Regional,
        ..s3("ListBuckets", 120, Access::ReadManagement, r#"{"Host":"s3.<region>.amazonaws.com"}"#)
    },
    Call {
        callers: &[(Caller::Service, 45), (Caller::Scanner, 55)],
        ..s3(
            "GetBucketAcl",
            260,
            Access::ReadManagement,
            r#"{"bucketName":"<pick:bucket>","Host":"<pick:bucket>.s3.<region>.amazonaws.com","acl":""}"#,
        )
    },
    Call {
        callers: STAFF,
        ..s3(
            "PutBucketPolicy",
            25,
            Access::WriteManagement,
            r#"{"bucketPolicy":{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::<pick:bucket>","arn:aws:s3:::<pick:bucket>/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Sid":"LogDelivery","Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::<pick:bucket>/AWSLogs/<account>/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]},"bucketName":"<pick:bucket>","Host":"<pick:bucket>.s3.<region>.amazonaws.com","policy":""}"#,
        )
    },
    Call {
        callers: WRAPPED,
        resources: KEY,
        failures: &[KMS_DENIED],
        ..call(
            "kms",
            "Decrypt",
            900,
            Access::ReadManagement,
            r#"{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<pick:bucket>"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#,
        )
    },
    Call {
        callers: WRAPPED,
        resources: KEY,
        failures: &[KMS_DENIED],
        ..call(
            "kms",
            "GenerateDataKey",
            420,
            Access::ReadManagement,
            r#"{"keyId":"arn:aws:kms:<region>:<account>:key/<key>","keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<pick:bucket>/<pick:object>"}}"#,
        )
    },
    call("kms", "DescribeKey", 120, Access::ReadManagement, r#"{"keyId":"<key>"}"#),
    Call {
        failures: &[Failure {
            code: "ResourceNotFoundException",
            message: "Secrets Manager can't find the specified secret.",
            per_mille: 15,
            keeps_request: true,
        }],
        ..call(
            "secretsmanager",
            "GetSecretValue",
            280,
            Access::ReadManagement,
            r#"{"secretId":"arn:aws:secretsmanager:<region>:<account>:secret:<pick:secret>-<hex:1:6>","versionStage":"AWSCURRENT"}"#,
        )
    },
    Call {
        access: Access::WriteManagement,
        callers: STAFF,
        response: r#"{"arn":"arn:aws:secretsmanager:<region>:<account>:secret:<pick:secret>-<hex:1:6>"}"#,
        ..call(
            "secretsmanager",
            "PutSecretValue",
            20,
            Access::WriteManagement,
            r#"{"secretId":"<pick:secret>","clientRequestToken":"<uuid:1>"}"#,
        )
    },
    Call {
        resources: r#"[{"accountId":"<account>","ARN":"arn:aws:ssm:<region>:<account>:parameter<pick:parameter>"}]"#,
        failures: &[
            Failure { code: "ParameterNotFound", message: "", per_mille: 10, keeps_request: true },
            Failure {
                code: "ThrottlingException",
                message: "Rate exceeded",
                per_mille: 12,
                keeps_request: true,
            },
        ],
        ..call(
            "ssm",
            "GetParameter",
            300,
            Access::ReadManagement,
            r#"{"name":"<pick:parameter>","withDecryption":true}"#,
        )
    },
    Call {
        resources: TABLE,
        failures: &[THROTTLED_TABLE],
        api_version: "2012-08-10",
        additional: r#"{"streamSpecification":null}"#,
        ..call(
            "dynamodb",
            "GetItem",
            330,
            Access::ReadData,
            r#"{"tableName":"<pick:table>","key":{"pk":{"s":"****"}},"consistentRead":false}"#,
        )
    },
    Call {
        resources: TABLE,
        failures: &[
            THROTTLED_TABLE,
            Failure {
                code: "ConditionalCheckFailedException",
                message: "The conditional request failed",
                per_mille: 20,
                keeps_request: true,
            },
        ],
        api_version: "2012-08-10",
        ..call(
            "dynamodb",
            "PutItem",
            220,
            Access::WriteData,
            r#"{"tableName":"<pick:table>","key":{"pk":"****","sk":"****"},"items":["pk","sk","total","currency","updatedAt"],"conditionExpression":"attribute_not_exists(pk) OR version = :v"}"#,
        )
    },
    call(
        "dynamodb",
        "DescribeTable",
        120,
        Access::ReadManagement,
        r#"{"tableName":"<pick:table>"}"#,
    ),
    Call {
        resources: FUNCTION,
        callers: &[(Caller::App, 60), (Caller::Service, 40)],
        additional: r#"{"functionVersion":"arn:aws:lambda:<region>:<account>:function:<pick:function>:$LATEST"}"#,
        ..call(
            "lambda",
            "Invoke",
            360,
            Access::WriteData,
            r#"{"functionName":"arn:aws:lambda:<region>:<account>:function:<pick:function>","invocationType":"RequestResponse","sourceAccount":"<account>"}"#,
        )
    },
    Call {
        failures: &[Failure {
            code: "TooManyRequestsException",
            message: "Rate exceeded",
            per_mille: 10,
            keeps_request: true,
        }],
        ..call(
            "lambda",
            "GetFunction20150331v2",
            140,
            Access::ReadManagement,
            r#"{"functionName":"<pick:function>"}"#,
        )
    },
    Call {
        callers: STAFF,
        response: r#"{"functionName":"<pick:function>","functionArn":"arn:aws:lambda:<region>:<account>:function:<pick:function>","runtime":"python3.12","role":"arn:aws:iam::<account>:role/<pick:role>","handler":"app.handler","codeSize":<num:2000:48000000>,"timeout":30,"memorySize":512,"lastModified":"<iso:0>","codeSha256":"<b64:43>=","version":"$LATEST","tracingConfig":{"mode":"Active"},"environment":{},"state":"Active","lastUpdateStatus":"InProgress","architectures":["arm64"]}"#,
        ..call(
            "lambda",
            "UpdateFunctionCode20150331v2",
            25,
            Access::WriteManagement,
            r#"{"functionName":"<pick:function>","s3Bucket":"acme-build-artifacts","s3Key":"lambda/<pick:function>/<hex:1:12>.zip","publish":false,"dryRun":false}"#,
        )
    },
    Call {
        failures: &[Failure {
            code: "ResourceAlreadyExistsException",
            message: "The specified log stream already exists",
            per_mille: 30,
            keeps_request: true,
        }],
        api_version: "20140328",
        ..call(
            "logs",
            "CreateLogStream",
            280,
            Access::WriteManagement,
            r#"{"logGroupName":"<pick:loggroup>","logStreamName":"2026/03/[$LATEST]<hex:1:32>"}"#,
        )
    },
    call(
        "logs",
        "DescribeLogGroups",
        150,
        Access::ReadManagement,
        r#"{"logGroupNamePrefix":"<pick:loggroup>","limit":50}"#,
    ),
    call(
        "logs",
        "StartQuery",
        40,
        Access::ReadManagement,
        r#"{"logGroupName":"<pick:loggroup>","startTime":<epoch:-3600>,"endTime":<epoch:0>,"queryString":"fields @timestamp, @message\n| filter @message like /ERROR|\"status\":5\\d\\d/\n| sort @timestamp desc","limit":1000}"#,
    ),
    Call {
        resources: r#"[{"accountId":"<account>","ARN":"arn:aws:ecr:<region>:<account>:repository/<pick:repository>"}]"#,
        ..call(
            "ecr",
            "BatchGetImage",
            130,
            Access::ReadManagement,
            r#"{"registryId":"<account>","repositoryName":"<pick:repository>","imageIds":[{"imageTag":"v<num:1:40>.<num:0:99>"}],"acceptedMediaTypes":["application/vnd.oci.image.manifest.v1+json","application/vnd.oci.image.index.v1+json"]}"#,
        )
    },
    call("ecr", "GetAuthorizationToken", 90, Access::ReadManagement, ""),
    Call {
        response: r#"{"messageId":"<uuid:1>"}"#,
        additional: r#"{"bytesIn":<num:40:240000>}"#,
        ..call(
            "sqs",
            "SendMessage",
            120,
            Access::WriteData,
            r#"{"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<pick:queue>","messageBody":"HIDDEN_DUE_TO_SECURITY_REASONS","delaySeconds":0}"#,
        )
    },
    call(
        "athena",
        "GetQueryExecution",
        70,
        Access::ReadManagement,
        r#"{"queryExecutionId":"<uuid:1>"}"#,
    ),
];
