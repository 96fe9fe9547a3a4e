//! The sixty roles that send to X-Ray: names, clients, hosts.
//!
//! Follows docs/events.md, "A synthetic generator that looks real", section Who. Volume is Zipf
//! distributed (s = 1.05: the first role sends 23 %, the first ten 65 %); the client and session
//! kinds are laid over that ranking so that their shares of the *volume* come out as documented:
//! daemon 45 %, collector 35 %, service callers 12 %, plain SDK 6 %, tools 2 %.

/// What sends the segments of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// X-Ray daemon beside the application.
    Daemon,
    /// OpenTelemetry collector (ADOT or contrib).
    Collector,
    /// An AWS service on the role's behalf.
    Service,
    /// An SDK calling X-Ray itself.
    Sdk,
    /// Command line and scripts.
    Tool,
}

/// Where a role's sessions run, which decides how they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Ec2,
    Ecs,
    Lambda,
    Eks,
    States,
}

/// One sender role.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SenderRole {
    pub(crate) name: &'static str,
    pub(crate) client: Client,
    pub(crate) place: Place,
}

const fn role(name: &'static str, client: Client, place: Place) -> SenderRole {
    SenderRole { name, client, place }
}

/// Rank (from 0) of the role whose four hosts still run the old daemon 3.3.5, and no other role does.
pub(crate) const OLD_DAEMON_RANK: usize = 4;
/// The version those hosts run.
pub(crate) const OLD_DAEMON_VERSION: &str = "3.3.5";
/// How many hosts run it.
pub(crate) const OLD_DAEMON_HOSTS: usize = 4;

/// Share of the sending volume by rank, in millionths.
pub(crate) const ZIPF: [u32; 60] = [
    233_097, 112_578, 73_546, 54_372, 43_015, 35_520, 30_212, 26_260, 23_205, 20_775, 18_796,
    17_155, 15_772, 14_592, 13_572, 12_683, 11_900, 11_207, 10_589, 10_034, 9532, 9078, 8664, 8285,
    7938, 7618, 7322, 7047, 6792, 6555, 6333, 6125, 5931, 5748, 5575, 5413, 5259, 5114, 4976, 4846,
    4722, 4604, 4492, 4384, 4282, 4184, 4091, 4002, 3916, 3834, 3755, 3679, 3606, 3536, 3469, 3404,
    3341, 3280, 3222, 3166,
];

/// Daemon versions besides the old one, with their weights.
pub(crate) const DAEMON_VERSIONS: [(&str, u32); 5] =
    [("3.3.10", 20), ("3.3.14", 30), ("3.6.1", 15), ("3.6.4", 10), ("3.6.6", 15)];

/// The sender roles by rank; role `i` lives in workload account `i mod 9`.
pub(crate) const SENDERS: [SenderRole; 60] = {
    use Client::{Collector, Daemon, Sdk, Service, Tool};
    use Place::{Ec2, Ecs, Eks, Lambda, States};
    [
        role("checkout-node", Daemon, Ec2),
        role("orders-task", Collector, Ecs),
        role("search-task", Collector, Ecs),
        role("payments-task", Daemon, Ecs),
        role("warehouse-legacy-node", Daemon, Ec2),
        role("frontend-pods", Collector, Eks),
        role("pricing-pods", Collector, Eks),
        role("orders-events-fn", Service, Lambda),
        role("inventory-task", Daemon, Ecs),
        role("catalog-task", Collector, Ecs),
        role("mailer-task", Daemon, Ecs),
        role("session-pods", Collector, Eks),
        role("orders-statemachine", Service, States),
        role("ledger-task", Daemon, Ecs),
        role("thumbnail-fn", Service, Lambda),
        role("webhook-fn", Service, Lambda),
        role("recommend-task", Collector, Ecs),
        role("crawler-batch", Sdk, Ec2),
        role("loyalty-task", Daemon, Ecs),
        role("gateway-task", Collector, Ecs),
        role("refund-statemachine", Service, States),
        role("edge-cache-node", Daemon, Ec2),
        role("etl-batch", Sdk, Ec2),
        role("authorizer-fn", Service, Lambda),
        role("fraud-task", Daemon, Ecs),
        role("stock-pods", Collector, Eks),
        role("report-fn", Sdk, Lambda),
        role("import-fn", Sdk, Lambda),
        role("reviews-task", Collector, Ecs),
        role("tax-task", Daemon, Ecs),
        role("stream-fn", Service, Lambda),
        role("cron-fn", Service, Lambda),
        role("shipping-task", Daemon, Ecs),
        role("onboarding-statemachine", Service, States),
        role("feeds-pods", Collector, Eks),
        role("exporter-fn", Sdk, Lambda),
        role("indexer-fn", Sdk, Lambda),
        role("profile-task", Collector, Ecs),
        role("media-node", Daemon, Ec2),
        role("push-fn", Service, Lambda),
        role("loadtest-runner", Tool, Ec2),
        role("audit-fn", Service, Lambda),
        role("billing-task", Daemon, Ecs),
        role("coupons-task", Collector, Ecs),
        role("ranking-batch", Sdk, Ec2),
        role("smoke-tests", Tool, Ec2),
        role("cleanup-fn", Sdk, Lambda),
        role("geo-task", Collector, Ecs),
        role("replay-scripts", Tool, Ec2),
        role("voucher-node", Daemon, Ec2),
        role("graphql-fn", Service, Lambda),
        role("topics-fn", Service, Lambda),
        role("returns-task", Daemon, Ecs),
        role("canary-scripts", Tool, Ec2),
        role("chat-task", Collector, Ecs),
        role("score-fn", Sdk, Lambda),
        role("partner-task", Collector, Ecs),
        role("archive-node", Daemon, Ec2),
        role("backfill-scripts", Tool, Ec2),
        role("notify-fn", Service, Lambda),
    ]
};

impl SenderRole {
    /// Returns how many sessions (hosts, tasks, functions) a role of this rank has.
    pub(crate) fn sessions(&self, rank: usize) -> usize {
        match (rank, self.place) {
            (OLD_DAEMON_RANK, _) => OLD_DAEMON_HOSTS,
            (_, Place::Lambda) => 2,
            (_, Place::States) => 12,
            _ => 4 + 60 / (rank + 1),
        }
    }

    /// Returns the AWS service that calls for the role, if one does.
    pub(crate) fn caller(&self) -> Option<&'static str> {
        match (self.client, self.name) {
            (Client::Service, "graphql-fn") => Some("appsync.amazonaws.com"),
            (Client::Service, "topics-fn" | "notify-fn") => Some("sns.amazonaws.com"),
            (Client::Service, "authorizer-fn" | "webhook-fn") => Some("apigateway.amazonaws.com"),
            (Client::Service, _) if self.place == Place::States => Some("states.amazonaws.com"),
            (Client::Service, _) => Some("lambda.amazonaws.com"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_have_their_documented_share_of_the_volume() {
        let share = |client: Client| -> u32 {
            let of =
                |(role, weight): (&SenderRole, &u32)| (role.client == client).then_some(*weight);
            SENDERS.iter().zip(&ZIPF).filter_map(of).sum::<u32>() / 10_000
        };
        assert!((43..=47).contains(&share(Client::Daemon)));
        assert!((33..=37).contains(&share(Client::Collector)));
        assert!((11..=13).contains(&share(Client::Service)));
        assert!((5..=7).contains(&share(Client::Sdk)));
        assert!((1..=3).contains(&share(Client::Tool)));
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = SENDERS.iter().map(|role| role.name).collect();
        assert_eq!(names.len(), SENDERS.len());
    }
}
