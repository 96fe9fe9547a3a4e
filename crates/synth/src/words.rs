//! The word lists templates pick from.
//!
//! Every entry is the inside of a JSON string (already escaped). Addresses and domains come from the
//! documentation ranges. A few entries are not ASCII on purpose.

const BUCKETS: &[&str] = &[
    "acme-orders-prod",
    "acme-invoices-archive",
    "acme-web-assets",
    "acme-datalake-raw",
    "acme-datalake-curated",
    "acme-athena-results",
    "acme-build-artifacts",
    "acme-terraform-state",
    "acme-elb-access-logs",
    "acme-backups-eu",
    "acme-ml-features",
    "acme-customer-exports",
];
const OBJECTS: &[&str] = &[
    "2026/03/orders-000173.parquet",
    "raw/clickstream/part-00042.snappy.parquet",
    "invoices/2026/INV-20260311-7781.pdf",
    "assets/app.4f1c9c0e.js",
    "assets/logo.svg",
    "state/prod/network.tfstate",
    "exports/Gr\u{f6}\u{df}entabelle-M\u{e4}rz.csv",
    "models/churn/v17/model.tar.gz",
    "athena/tables/6f0a1b.csv.metadata",
    "backups/pg/base/000000010000004A0000007F.gz",
    "reports/\u{6708}\u{6b21}/2026-03.xlsx",
    "images/caf\u{e9}-menu.webp",
    "logs/alb/20260311T0915Z_10.20.4.17.log.gz",
    "tmp/upload part (3).bin",
];
const ROLES: &[&str] = &[
    "orders-task-execution",
    "lambda-basic-execution",
    "eks-node-group",
    "data-pipeline-glue",
    "backup-operator",
    "cross-account-readonly",
    "ci-deployer",
    "support-breakglass",
];
const FUNCTIONS: &[&str] = &[
    "orders-api-prod",
    "thumbnail-maker",
    "invoice-mailer",
    "stream-enricher",
    "token-authorizer",
    "nightly-compaction",
    "webhook-relay",
    "price-cache-warmer",
];
const TABLES: &[&str] = &[
    "orders",
    "order-items",
    "sessions",
    "inventory",
    "idempotency-keys",
    "feature-flags",
    "user-profiles",
    "price-history",
];
const LOG_GROUPS: &[&str] = &[
    "/aws/lambda/orders-api-prod",
    "/aws/lambda/thumbnail-maker",
    "/ecs/checkout",
    "/ecs/search",
    "/aws/eks/platform/cluster",
    "/aws/rds/instance/orders-db/postgresql",
    "/app/payments/audit",
];
const SECRETS: &[&str] = &[
    "prod/orders/db",
    "prod/payments/psp-key",
    "prod/search/admin",
    "shared/smtp",
    "staging/orders/db",
    "prod/oauth/client-secret",
];
const PARAMETERS: &[&str] = &[
    "/prod/orders/feature-toggles",
    "/prod/payments/timeout-ms",
    "/prod/search/index-name",
    "/shared/ami/al2023",
    "/prod/checkout/currency-table",
    "/staging/orders/db-host",
];
const DATABASES: &[&str] = &["orders-db", "payments-aurora", "reporting-replica", "catalog-pg16"];
const REPOSITORIES: &[&str] = &[
    "checkout",
    "orders",
    "search",
    "payments/gateway",
    "platform/otel-collector",
    "web/frontend",
];
const STACKS: &[&str] = &[
    "network-baseline",
    "orders-service",
    "payments-service",
    "observability-agents",
    "iam-baseline",
    "search-cluster",
];
const USERS: &[&str] = &[
    "ci-publisher",
    "backup-agent",
    "legacy-ftp",
    "maria.lopez",
    "ren\u{e9}e.dubois",
    "j\u{f6}rg.k\u{f6}nig",
    "sato",
    "build-bot",
];
const POLICIES: &[&str] = &[
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess",
    "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
];
const QUEUES: &[&str] =
    &["orders-events", "mail-outbox", "image-jobs", "audit-fanout", "retry-dlq"];
const INSTANCE_TYPES: &[&str] =
    &["t3.micro", "t3.large", "m6i.xlarge", "c7g.2xlarge", "r6g.large", "m7a.4xlarge"];
const CIDRS: &[&str] = &[
    "10.0.0.0/8",
    "10.20.0.0/16",
    "203.0.113.0/24",
    "192.0.2.17/32",
    "198.51.100.64/26",
    "2001:db8:40::/48",
    "0.0.0.0/0",
];
const SERVICES: &[&str] =
    &["checkout", "orders", "payments", "search", "frontend", "inventory", "pricing", "mailer"];
const FILTERS: &[&str] = &[
    r#"service(\"checkout\") { fault }"#,
    r#"responsetime > 5"#,
    r#"http.status = 500"#,
    r#"service(\"payments\") AND error"#,
    r#"annotation.account = \"12345\""#,
    r#"annotation.user_email = \"alice@example.com\""#,
    r#"edge(\"frontend\", \"orders\") { fault }"#,
    r#"http.clientip = \"203.0.113.40\""#,
    r#"duration >= 2 AND duration <= 8"#,
    r#"throttle"#,
];
const GROUPS: &[&str] =
    &["checkout-faults", "slow-orders", "payments-errors", "search-latency", "Default"];
const RULES: &[&str] = &[
    "checkout-5pct",
    "orders-health",
    "payments-all",
    "search-1pct",
    "frontend-static",
    "Default",
];
const HOSTS: &[&str] = &["ec2", "ecs-tasks", "lambda", "eks", "states", "codebuild"];
const SCOPES: &[&str] =
    &["ReadOnlyAccess", "PowerUserAccess", "AdministratorAccess", "BillingViewer"];
const YES_OR_NO: &[&str] = &["Yes", "Yes", "Yes", "No"];
const ENGINES: &[&str] = &["postgres", "aurora-postgresql", "mysql", "mariadb"];
const RESOURCE_TYPES: &[&str] = &[
    "AWS::EC2::Instance",
    "AWS::S3::Bucket",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::EC2::SecurityGroup",
];
const LOOKUPS: &[&str] = &["EventName", "Username", "ResourceName", "EventSource"];
const COMMANDS: &[&str] = &[
    "yum -y update",
    "systemctl restart xray",
    "df -h \\u0026\\u0026 free -m",
    "echo \\\"gr\u{fc}\u{df}e\\\" | tee /tmp/motd",
    "journalctl -u amazon-ssm-agent --since '1 hour ago'",
];

/// Returns the list of a name used in templates.
pub(crate) fn list(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "bucket" => BUCKETS,
        "object" => OBJECTS,
        "role" => ROLES,
        "function" => FUNCTIONS,
        "table" => TABLES,
        "loggroup" => LOG_GROUPS,
        "secret" => SECRETS,
        "parameter" => PARAMETERS,
        "database" => DATABASES,
        "repository" => REPOSITORIES,
        "stack" => STACKS,
        "user" => USERS,
        "policy" => POLICIES,
        "queue" => QUEUES,
        "instancetype" => INSTANCE_TYPES,
        "cidr" => CIDRS,
        "service" => SERVICES,
        "filter" => FILTERS,
        "group" => GROUPS,
        "rule" => RULES,
        "host" => HOSTS,
        "scope" => SCOPES,
        "yesno" => YES_OR_NO,
        "engine" => ENGINES,
        "resourcetype" => RESOURCE_TYPES,
        "lookup" => LOOKUPS,
        "command" => COMMANDS,
        _ => return None,
    })
}
