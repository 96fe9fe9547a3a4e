//! What the saved queries ask, answered by plain code.

mod clients;
mod groups;
mod keys;
mod network;
mod people;
mod policies;
mod reading;
mod refused;
mod sampling;
mod sending;
mod settings;
mod spread;

use super::rows::Row;
use super::trail::{Params, Trail};

pub(crate) use sampling::view as sampling_changes;

/// Answers the question of a saved query.
pub(crate) type Evaluator = fn(&Trail, &Params) -> Vec<Row>;

/// The evaluators, by the names of the saved queries.
pub(crate) const QUESTIONS: &[(&str, Evaluator)] = &[
    ("xray/batch-sizes", sending::batch_sizes),
    ("xray/bulk-trace-export", reading::bulk_trace_export),
    ("xray/by-aws-services", people::by_aws_services),
    ("xray/calls-from-outside", network::calls_from_outside),
    ("xray/configuration-changes", settings::configuration_changes),
    ("xray/console-reads-without-mfa", reading::console_reads_without_mfa),
    ("xray/cross-account-links", settings::cross_account_links),
    ("xray/cross-account-readers", reading::cross_account_readers),
    ("xray/daemon-health", clients::daemon_health),
    ("xray/daemon-to-collector", clients::daemon_to_collector),
    ("xray/daemon-versions", clients::daemon_versions),
    ("xray/daemons-by-host", clients::daemons_by_host),
    ("xray/denied-calls", people::denied_calls),
    ("xray/encryption-changes", settings::encryption_changes),
    ("xray/encryption-key-life", keys::encryption_key_life),
    ("xray/encryption-state", settings::encryption_state),
    ("xray/endpoint-bypass", network::endpoint_bypass),
    ("xray/filter-expressions", reading::filter_expressions),
    ("xray/groups-and-rules", groups::groups_and_rules),
    ("xray/late-segments", sending::late_segments),
    ("xray/life-of-a-trace", reading::life_of_a_trace),
    ("xray/new-principals", people::new_principals),
    ("xray/on-behalf-of-people", people::on_behalf_of_people),
    ("xray/operations", clients::operations),
    ("xray/outdated-tls", network::outdated_tls),
    ("xray/outside-endpoints", network::outside_endpoints),
    ("xray/pollers-out-of-rhythm", clients::pollers_out_of_rhythm),
    ("xray/readers-that-never-send", reading::readers_that_never_send),
    ("xray/reads-by-people", reading::reads_by_people),
    ("xray/resource-policies", settings::resource_policies),
    ("xray/root-and-long-lived-keys", people::root_and_long_lived_keys),
    ("xray/root-or-user-credentials", people::root_or_user_credentials),
    ("xray/sampling-by-rule", clients::sampling_by_rule),
    ("xray/sampling-lowered", sampling::sampling_lowered),
    ("xray/sampling-rule-changes", sampling::sampling_rule_changes),
    ("xray/sampling-switched-off", sampling::sampling_switched_off),
    ("xray/segment-quota", sending::segment_quota),
    ("xray/segments-by-role", sending::segments_by_role),
    ("xray/segments-sent-again", sending::segments_sent_again),
    ("xray/service-callers", clients::service_callers),
    ("xray/silent-hosts", sending::silent_hosts),
    ("xray/silent-senders", sending::silent_senders),
    ("xray/spans-read-through-logs", reading::spans_read_through_logs),
    ("xray/temporary-credentials", people::temporary_credentials),
    ("xray/throttle-storms", refused::throttle_storms),
    ("xray/throttled-roles", refused::throttled_roles),
    ("xray/throttling-by-hour", refused::throttling_by_hour),
    ("xray/trace-readers", reading::trace_readers),
    ("xray/traces-across-accounts", spread::traces_across_accounts),
    ("xray/tracing-cost", sending::tracing_cost),
    ("xray/transaction-search", settings::transaction_search),
    ("xray/unprocessed-segments", refused::unprocessed_segments),
];
