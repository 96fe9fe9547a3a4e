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

/// Returns what answers an operation; everything that the model describes has something.
pub(super) fn handler(operation: &Operation) -> Option<&'static Handler> {
    let is_it = |handler: &&Handler| {
        handler.service == operation.service() && handler.name == operation.name()
    };
    HANDLERS.iter().find(is_it)
}

/// Lists handlers: of each the service, the operation, who may ask, and the function that answers.
macro_rules! handlers {
    ($($service:ident $name:ident $role:ident $module:ident::$answer:ident;)*) => {
        &[$(Handler {
            service: $service,
            name: stringify!($name),
            role: Role::$role,
            run: |api, call| Box::pin($module::$answer(api, call)),
        }),*]
    };
}

const CLOUDTRAIL: &str = "cloudtrail";
const CLOUDTRAIL_DATA: &str = "cloudtrail-data";
const STS: &str = "sts";

const HANDLERS: &[Handler] = handlers! {
    CLOUDTRAIL AddTags Admin tags::add;
    CLOUDTRAIL CancelQuery Reader queries::cancel;
    CLOUDTRAIL CreateChannel Admin channels::create;
    CLOUDTRAIL CreateDashboard Admin dashboards::create;
    CLOUDTRAIL CreateEventDataStore Admin stores::create;
    CLOUDTRAIL CreateTrail Admin trails::create;
    CLOUDTRAIL DeleteChannel Admin channels::delete;
    CLOUDTRAIL DeleteDashboard Admin dashboards::delete;
    CLOUDTRAIL DeleteEventDataStore Admin stores::delete;
    CLOUDTRAIL DeleteResourcePolicy Admin policies::delete;
    CLOUDTRAIL DeleteTrail Admin trails::delete;
    CLOUDTRAIL DeregisterOrganizationDelegatedAdmin Admin organization::delegate;
    CLOUDTRAIL DescribeQuery Reader queries::describe;
    CLOUDTRAIL DescribeTrails Reader trails::describe;
    CLOUDTRAIL DisableFederation Admin federation::disable;
    CLOUDTRAIL EnableFederation Admin federation::enable;
    CLOUDTRAIL GenerateQuery Reader generate::generate;
    CLOUDTRAIL GetChannel Reader channels::get;
    CLOUDTRAIL GetDashboard Reader dashboards::get;
    CLOUDTRAIL GetEventConfiguration Reader configuration::get;
    CLOUDTRAIL GetEventDataStore Reader stores::get;
    CLOUDTRAIL GetEventSelectors Reader trails::get_selectors;
    CLOUDTRAIL GetImport Reader imports::get;
    CLOUDTRAIL GetInsightSelectors Reader insights::get;
    CLOUDTRAIL GetQueryResults Reader queries::results;
    CLOUDTRAIL GetResourcePolicy Reader policies::get;
    CLOUDTRAIL GetTrail Reader trails::get;
    CLOUDTRAIL GetTrailStatus Reader trails::status;
    CLOUDTRAIL ListChannels Reader channels::list;
    CLOUDTRAIL ListDashboards Reader dashboards::list;
    CLOUDTRAIL ListEventDataStores Reader stores::list;
    CLOUDTRAIL ListImportFailures Reader imports::list_failures;
    CLOUDTRAIL ListImports Reader imports::list;
    CLOUDTRAIL ListInsightsData Reader insights::list_data;
    CLOUDTRAIL ListInsightsMetricData Reader metrics::list;
    CLOUDTRAIL ListPublicKeys Reader public_keys::list;
    CLOUDTRAIL ListQueries Reader queries::list;
    CLOUDTRAIL ListTags Reader tags::list;
    CLOUDTRAIL ListTrails Reader trails::list;
    CLOUDTRAIL LookupEvents Reader history::look_up;
    CLOUDTRAIL PutEventConfiguration Admin configuration::put;
    CLOUDTRAIL PutEventSelectors Admin trails::put_selectors;
    CLOUDTRAIL PutInsightSelectors Admin insights::put;
    CLOUDTRAIL PutResourcePolicy Admin policies::put;
    CLOUDTRAIL RegisterOrganizationDelegatedAdmin Admin organization::delegate;
    CLOUDTRAIL RemoveTags Admin tags::remove;
    CLOUDTRAIL RestoreEventDataStore Admin stores::restore;
    CLOUDTRAIL SearchSampleQueries Reader samples::search;
    CLOUDTRAIL StartDashboardRefresh Reader dashboards::start;
    CLOUDTRAIL StartEventDataStoreIngestion Admin stores::start_ingestion;
    CLOUDTRAIL StartImport Admin imports::start;
    CLOUDTRAIL StartLogging Admin trails::start;
    CLOUDTRAIL StartQuery Reader queries::start;
    CLOUDTRAIL StopEventDataStoreIngestion Admin stores::stop_ingestion;
    CLOUDTRAIL StopImport Admin imports::stop;
    CLOUDTRAIL StopLogging Admin trails::stop;
    CLOUDTRAIL UpdateChannel Admin channels::update;
    CLOUDTRAIL UpdateDashboard Admin dashboards::update;
    CLOUDTRAIL UpdateEventDataStore Admin stores::update;
    CLOUDTRAIL UpdateTrail Admin trails::update;
    CLOUDTRAIL_DATA PutAuditEvents Admin channels::put;
    STS AssumeRole Reader sts::assume_role;
    STS GetCallerIdentity Reader sts::identity;
    STS GetSessionToken Reader sts::session_token;
};

#[cfg(test)]
mod tests {
    use super::*;
    use traillake_aws_wire::model;

    #[test]
    fn every_operation_has_a_handler_and_no_handler_is_left_over() {
        assert!(model::operations().all(|operation| handler(&operation).is_some()));
        assert_eq!(HANDLERS.len(), model::operations().count());
    }
}
