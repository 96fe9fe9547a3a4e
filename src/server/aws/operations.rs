//! What is answered, by whom, and for whom.

use super::call::Call;
use super::{
    Api, channels, configuration, dashboards, federation, generate, history, imports, insights,
    metrics, organization, policies, public_keys, queries, samples, stores, sts, tags, trails,
};
use crate::server::access::Role;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use traillake_aws_wire::error::ServiceError;
use traillake_aws_wire::model::Operation;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Value, ServiceError>> + Send + 'a>>;

/// What answers an operation.
pub(super) struct Handler {
    service: &'static str,
    name: &'static str,
    /// Who may ask.
    pub(super) role: Role,
    pub(super) run: for<'a> fn(&'a Api, Call) -> Answer<'a>,
}

/// Returns what answers an operation, if anything does.
pub(super) fn handler(operation: &Operation) -> Option<&'static Handler> {
    let is_it = |handler: &&Handler| {
        handler.service == operation.service() && handler.name == operation.name()
    };
    HANDLERS.iter().find(is_it)
}

const fn of(
    service: &'static str,
    name: &'static str,
    role: Role,
    run: for<'a> fn(&'a Api, Call) -> Answer<'a>,
) -> Handler {
    Handler { service, name, role, run }
}

const CLOUDTRAIL: &str = "cloudtrail";
const CLOUDTRAIL_DATA: &str = "cloudtrail-data";
const STS: &str = "sts";

const HANDLERS: &[Handler] = &[
    of(CLOUDTRAIL, "AddTags", Role::Admin, |api, call| Box::pin(tags::add(api, call))),
    of(CLOUDTRAIL, "CancelQuery", Role::Reader, |api, call| Box::pin(queries::cancel(api, call))),
    of(CLOUDTRAIL, "CreateChannel", Role::Admin, |api, call| Box::pin(channels::create(api, call))),
    of(CLOUDTRAIL, "CreateDashboard", Role::Admin, |api, call| {
        Box::pin(dashboards::create(api, call))
    }),
    of(CLOUDTRAIL, "CreateEventDataStore", Role::Admin, |api, call| {
        Box::pin(stores::create(api, call))
    }),
    of(CLOUDTRAIL, "DeleteChannel", Role::Admin, |api, call| Box::pin(channels::delete(api, call))),
    of(CLOUDTRAIL, "DeleteDashboard", Role::Admin, |api, call| {
        Box::pin(dashboards::delete(api, call))
    }),
    of(CLOUDTRAIL, "DeleteEventDataStore", Role::Admin, |api, call| {
        Box::pin(stores::delete(api, call))
    }),
    of(CLOUDTRAIL, "DeleteResourcePolicy", Role::Admin, |api, call| {
        Box::pin(policies::delete(api, call))
    }),
    of(CLOUDTRAIL, "DeregisterOrganizationDelegatedAdmin", Role::Admin, |api, call| {
        Box::pin(organization::delegate(api, call))
    }),
    of(CLOUDTRAIL, "DescribeQuery", Role::Reader, |api, call| {
        Box::pin(queries::describe(api, call))
    }),
    of(CLOUDTRAIL, "DescribeTrails", Role::Reader, |api, call| {
        Box::pin(trails::describe(api, call))
    }),
    of(CLOUDTRAIL, "DisableFederation", Role::Admin, |api, call| {
        Box::pin(federation::disable(api, call))
    }),
    of(CLOUDTRAIL, "EnableFederation", Role::Admin, |api, call| {
        Box::pin(federation::enable(api, call))
    }),
    of(CLOUDTRAIL, "GenerateQuery", Role::Reader, |api, call| {
        Box::pin(generate::generate(api, call))
    }),
    of(CLOUDTRAIL, "GetChannel", Role::Reader, |api, call| Box::pin(channels::get(api, call))),
    of(CLOUDTRAIL, "GetDashboard", Role::Reader, |api, call| Box::pin(dashboards::get(api, call))),
    of(CLOUDTRAIL, "GetEventConfiguration", Role::Reader, |api, call| {
        Box::pin(configuration::get(api, call))
    }),
    of(CLOUDTRAIL, "GetEventDataStore", Role::Reader, |api, call| Box::pin(stores::get(api, call))),
    of(CLOUDTRAIL, "GetImport", Role::Reader, |api, call| Box::pin(imports::get(api, call))),
    of(CLOUDTRAIL, "GetInsightSelectors", Role::Reader, |api, call| {
        Box::pin(insights::get(api, call))
    }),
    of(CLOUDTRAIL, "GetQueryResults", Role::Reader, |api, call| {
        Box::pin(queries::results(api, call))
    }),
    of(CLOUDTRAIL, "GetResourcePolicy", Role::Reader, |api, call| {
        Box::pin(policies::get(api, call))
    }),
    of(CLOUDTRAIL, "ListChannels", Role::Reader, |api, call| Box::pin(channels::list(api, call))),
    of(CLOUDTRAIL, "ListDashboards", Role::Reader, |api, call| {
        Box::pin(dashboards::list(api, call))
    }),
    of(CLOUDTRAIL, "ListEventDataStores", Role::Reader, |api, call| {
        Box::pin(stores::list(api, call))
    }),
    of(CLOUDTRAIL, "ListImportFailures", Role::Reader, |api, call| {
        Box::pin(imports::list_failures(api, call))
    }),
    of(CLOUDTRAIL, "ListImports", Role::Reader, |api, call| Box::pin(imports::list(api, call))),
    of(CLOUDTRAIL, "ListInsightsData", Role::Reader, |api, call| {
        Box::pin(insights::list_data(api, call))
    }),
    of(CLOUDTRAIL, "ListInsightsMetricData", Role::Reader, |api, call| {
        Box::pin(metrics::list(api, call))
    }),
    of(CLOUDTRAIL, "ListPublicKeys", Role::Reader, |api, call| {
        Box::pin(public_keys::list(api, call))
    }),
    of(CLOUDTRAIL, "ListQueries", Role::Reader, |api, call| Box::pin(queries::list(api, call))),
    of(CLOUDTRAIL, "ListTags", Role::Reader, |api, call| Box::pin(tags::list(api, call))),
    of(CLOUDTRAIL, "ListTrails", Role::Reader, |api, call| Box::pin(trails::list(api, call))),
    of(CLOUDTRAIL, "LookupEvents", Role::Reader, |api, call| Box::pin(history::look_up(api, call))),
    of(CLOUDTRAIL, "PutEventConfiguration", Role::Admin, |api, call| {
        Box::pin(configuration::put(api, call))
    }),
    of(CLOUDTRAIL, "PutInsightSelectors", Role::Admin, |api, call| {
        Box::pin(insights::put(api, call))
    }),
    of(CLOUDTRAIL, "PutResourcePolicy", Role::Admin, |api, call| {
        Box::pin(policies::put(api, call))
    }),
    of(CLOUDTRAIL, "RegisterOrganizationDelegatedAdmin", Role::Admin, |api, call| {
        Box::pin(organization::delegate(api, call))
    }),
    of(CLOUDTRAIL, "RemoveTags", Role::Admin, |api, call| Box::pin(tags::remove(api, call))),
    of(CLOUDTRAIL, "RestoreEventDataStore", Role::Admin, |api, call| {
        Box::pin(stores::restore(api, call))
    }),
    of(CLOUDTRAIL, "SearchSampleQueries", Role::Reader, |api, call| {
        Box::pin(samples::search(api, call))
    }),
    of(CLOUDTRAIL, "StartDashboardRefresh", Role::Reader, |api, call| {
        Box::pin(dashboards::start(api, call))
    }),
    of(CLOUDTRAIL, "StartEventDataStoreIngestion", Role::Admin, |api, call| {
        Box::pin(stores::start_ingestion(api, call))
    }),
    of(CLOUDTRAIL, "StartImport", Role::Admin, |api, call| Box::pin(imports::start(api, call))),
    of(CLOUDTRAIL, "StartQuery", Role::Reader, |api, call| Box::pin(queries::start(api, call))),
    of(CLOUDTRAIL, "StopEventDataStoreIngestion", Role::Admin, |api, call| {
        Box::pin(stores::stop_ingestion(api, call))
    }),
    of(CLOUDTRAIL, "StopImport", Role::Admin, |api, call| Box::pin(imports::stop(api, call))),
    of(CLOUDTRAIL, "UpdateChannel", Role::Admin, |api, call| Box::pin(channels::update(api, call))),
    of(CLOUDTRAIL, "UpdateDashboard", Role::Admin, |api, call| {
        Box::pin(dashboards::update(api, call))
    }),
    of(CLOUDTRAIL, "UpdateEventDataStore", Role::Admin, |api, call| {
        Box::pin(stores::update(api, call))
    }),
    of(CLOUDTRAIL_DATA, "PutAuditEvents", Role::Admin, |api, call| {
        Box::pin(channels::put(api, call))
    }),
    of(STS, "AssumeRole", Role::Reader, |api, call| Box::pin(sts::assume_role(api, call))),
    of(STS, "GetCallerIdentity", Role::Reader, |api, call| Box::pin(sts::identity(api, call))),
    of(STS, "GetSessionToken", Role::Reader, |api, call| Box::pin(sts::session_token(api, call))),
];

#[cfg(test)]
mod tests {
    use super::*;
    use traillake_aws_wire::model;

    #[test]
    fn every_handler_is_one_of_an_operation() {
        for handler in HANDLERS {
            let mut named = model::operations()
                .filter(|o| (o.service(), o.name()) == (handler.service, handler.name));
            assert!(named.next().is_some(), "{}", handler.name);
        }
    }
}
