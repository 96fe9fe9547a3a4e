//! Principals: the JSON of every identity, with its sessions.
//!
//! Follows docs/events.md, sections "Event record format" and "Who". Runs once per trail, so it
//! formats freely.

use crate::accounts::ACCOUNTS;
use crate::json::{hex16, push_base32};
use crate::rng::{Rng, mix, mix3};
use crate::roles::{Client, OLD_DAEMON_RANK, Place, SENDERS};
use crate::sessions::{
    CLI, Network, PEOPLE, SDKS, Session, TERRAFORM, Tls, daemon_agent, instance_id, network,
    person, sender_session, service_session, session,
};
use crate::template::Template;

/// One principal: the JSON of its identity and its sessions.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    /// The `userIdentity` object.
    pub(crate) identity: Template,
    pub(crate) arn: Template,
    pub(crate) sessions: Vec<Session>,
    /// What sends for it, when it is a sender role.
    pub(crate) client: Option<Client>,
    /// True for the role whose hosts run the old daemon.
    pub(crate) old_daemon: bool,
}

/// Permission sets people use through single sign-on.
pub(crate) const PERMISSION_SETS: [&str; 3] =
    ["ReadOnlyAccess", "PowerUserAccess", "AdministratorAccess"];
/// Application roles of every account.
pub(crate) const APPS: [&str; 4] =
    ["app-backend-role", "data-pipeline-glue", "eks-node-group", "nightly-batch-role"];
/// Services that act with an application's credentials.
pub(crate) const INVOKERS: [&str; 4] = [
    "AWS Internal",
    "secretsmanager.amazonaws.com",
    "cloudformation.amazonaws.com",
    "autoscaling.amazonaws.com",
];
/// Services that act on their own: three that run code, three that write logs, and
/// those that do not state their name.
pub(crate) const SERVICES: [&str; 7] = [
    "ec2.amazonaws.com",
    "lambda.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "config.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "AWS Internal",
];
/// IAM users of every account; the last is not ASCII on purpose.
pub(crate) const USERS: [&str; 3] = ["ci-publisher", "legacy-ftp", "j\u{f6}rg.k\u{f6}nig"];

/// Collects principals; all identifiers derive from the seed.
pub(crate) struct Builder {
    seed: u64,
    pub(crate) principals: Vec<Principal>,
}

impl Builder {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, principals: Vec::new() }
    }

    fn add(&mut self, identity: String, arn: &str, sessions: Vec<Session>) -> usize {
        self.principals.push(Principal {
            identity: Template::new(&identity),
            arn: Template::new(arn),
            sessions,
            client: None,
            old_daemon: false,
        });
        self.principals.len() - 1
    }

    fn rng(&self) -> Rng {
        Rng::new(mix3(self.seed, 0x9019, self.principals.len() as u64))
    }

    fn unique_id(&self, prefix: &str) -> String {
        let word = mix3(self.seed, 0x1d1d, self.principals.len() as u64);
        let mut out = prefix.as_bytes().to_vec();
        push_base32(&mut out, [word, mix(word, 1)], 17);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Adds an assumed role. `extra` goes into `sessionContext`, `invoked_by` after it.
    fn assumed(
        &mut self,
        account: &str,
        path: &str,
        role: &str,
        extra: &str,
        invoked_by: Option<&str>,
        sessions: Vec<Session>,
    ) -> usize {
        let id = self.unique_id("AROA");
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/<session>");
        // A service's call shows no access key.
        let (key, tail) = match invoked_by {
            Some(service) => (String::new(), format!(",\"invokedBy\":\"{service}\"")),
            None => ("\"accessKeyId\":\"ASIA<asia>\",".to_owned(), String::new()),
        };
        let identity = format!(
            "{{\"type\":\"AssumedRole\",\"principalId\":\"{id}:<session>\",\"arn\":\"{arn}\",\
             \"accountId\":\"{account}\",{key}\"sessionContext\":{{\"sessionIssuer\":{{\
             \"type\":\"Role\",\"principalId\":\"{id}\",\
             \"arn\":\"arn:aws:iam::{account}:role{path}{role}\",\"accountId\":\"{account}\",\
             \"userName\":\"{role}\"}},\"attributes\":{{\
             \"creationDate\":\"<created>\",\"mfaAuthenticated\":\"<mfa>\"}}{extra}}}{tail}}}"
        );
        self.add(identity, &arn, sessions)
    }

    /// Adds the sender role of a rank.
    pub(crate) fn sender(&mut self, account: usize, rank: usize) -> usize {
        let role = SENDERS[rank];
        let mut rng = self.rng();
        let old = rank == OLD_DAEMON_RANK;
        let sessions = (0..role.sessions(rank)).map(|n| sender_session(&role, old, n, &mut rng));
        let sessions = sessions.collect();
        let extra = if role.place == Place::Ec2 { ",\"ec2RoleDelivery\":\"2.0\"" } else { "" };
        let index = self.assumed(ACCOUNTS[account], "/", role.name, extra, role.caller(), sessions);
        self.principals[index].client = Some(role.client);
        self.principals[index].old_daemon = old;
        index
    }

    /// Adds an application role with sessions on hosts.
    pub(crate) fn app(&mut self, account: usize, role: &str) -> usize {
        let mut rng = self.rng();
        let sessions = (0..8).map(|_| {
            let name = instance_id(&mut rng);
            let agent = SDKS[rng.below(SDKS.len() as u32) as usize].to_owned();
            session(name, agent, network(&mut rng), &mut rng)
        });
        let sessions = sessions.collect();
        let extra = ",\"ec2RoleDelivery\":\"2.0\"";
        self.assumed(ACCOUNTS[account], "/service-role/", role, extra, None, sessions)
    }

    /// Adds an application role as a service uses it.
    pub(crate) fn invoked(&mut self, account: usize, by: &str) -> usize {
        let mut rng = self.rng();
        let sessions = (0..4).map(|_| service_session(instance_id(&mut rng), by, &mut rng));
        let sessions = sessions.collect();
        self.assumed(ACCOUNTS[account], "/service-role/", APPS[0], "", Some(by), sessions)
    }

    /// Adds a role a program reads or scans with.
    pub(crate) fn robot(&mut self, account: usize, role: &str) -> usize {
        let mut rng = self.rng();
        let sessions = (0..3).map(|n| {
            let agent = SDKS[(n + role.len()) % SDKS.len()].to_owned();
            session(format!("{role}-{n}"), agent, network(&mut rng), &mut rng)
        });
        let sessions = sessions.collect();
        self.assumed(ACCOUNTS[account], "/", role, "", None, sessions)
    }

    /// Adds the deployment pipeline's role.
    pub(crate) fn pipeline(&mut self, account: usize) -> usize {
        let mut rng = self.rng();
        let sessions = (0..3).map(|n| {
            session(format!("tf-run-{n}"), TERRAFORM.to_owned(), Network::Public, &mut rng)
        });
        let sessions = sessions.collect();
        self.assumed(ACCOUNTS[account], "/", "terraform-deploy", "", None, sessions)
    }

    /// Adds a single sign-on role that all people may use.
    pub(crate) fn people(&mut self, account: usize, set: &str) -> usize {
        let mut rng = self.rng();
        let sessions: Vec<_> = (0..PEOPLE).map(|n| person(n, &mut rng)).collect();
        let suffix = hex16(rng.word());
        let role = format!("AWSReservedSSO_{set}_{}", String::from_utf8_lossy(&suffix));
        let path = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
        self.assumed(ACCOUNTS[account], path, &role, "", None, sessions)
    }

    /// Adds an outside role (the new external principal of the stories).
    pub(crate) fn outside(&mut self, account: &str, role: &str, name: &str) -> usize {
        let mut rng = self.rng();
        let mut only = session(name.to_owned(), SDKS[1].to_owned(), Network::Public, &mut rng);
        "198.51.100.77".clone_into(&mut only.address);
        self.assumed(account, "/", role, "", None, vec![only])
    }

    /// Adds a role of a workload with sessions of its own choosing (for the stories).
    pub(crate) fn story_role(
        &mut self,
        account: usize,
        role: &str,
        hosts: usize,
        tls: Tls,
    ) -> usize {
        let mut rng = self.rng();
        let sessions = (0..hosts).map(|_| {
            let agent = daemon_agent("3.3.14", "AWS_ECS_EC2");
            let mut host = session(instance_id(&mut rng), agent, Network::Endpoint, &mut rng);
            host.tls = tls;
            host
        });
        let sessions = sessions.collect();
        let extra = ",\"ec2RoleDelivery\":\"2.0\"";
        self.assumed(ACCOUNTS[account], "/", role, extra, None, sessions)
    }

    /// Adds an IAM user with a long-lived key.
    pub(crate) fn user(&mut self, account: usize, name: &str) -> usize {
        let mut rng = self.rng();
        let id = self.unique_id("AIDA");
        let key = self.unique_id("AKIA")[..20].to_owned();
        let account = ACCOUNTS[account];
        let arn = format!("arn:aws:iam::{account}:user/{name}");
        let identity = format!(
            "{{\"type\":\"IAMUser\",\"principalId\":\"{id}\",\"arn\":\"{arn}\",\
             \"accountId\":\"{account}\",\"accessKeyId\":\"{key}\",\"userName\":\"{name}\"}}"
        );
        let sessions = (0..2)
            .map(|_| session(name.to_owned(), CLI.to_owned(), Network::Public, &mut rng))
            .collect();
        self.add(identity, &arn, sessions)
    }

    /// Adds the account's root user.
    pub(crate) fn root(&mut self, account: usize) -> usize {
        let mut rng = self.rng();
        let account = ACCOUNTS[account];
        let arn = format!("arn:aws:iam::{account}:root");
        let identity = format!(
            "{{\"type\":\"Root\",\"principalId\":\"{account}\",\"arn\":\"{arn}\",\
             \"accountId\":\"{account}\",\"accessKeyId\":\"ASIA<asia>\",\"sessionContext\":{{\
             \"attributes\":{{\"creationDate\":\"<created>\",\"mfaAuthenticated\":\"<mfa>\"}}}}}}"
        );
        let mut only = person(0, &mut rng);
        "root".clone_into(&mut only.name);
        self.add(identity, &arn, vec![only])
    }

    /// Adds a federated user of a broker.
    pub(crate) fn federated(&mut self, account: usize) -> usize {
        let mut rng = self.rng();
        let account = ACCOUNTS[account];
        let arn = format!("arn:aws:sts::{account}:federated-user/<session>");
        let identity = format!(
            "{{\"type\":\"FederatedUser\",\"principalId\":\"{account}:<session>\",\"arn\":\"{arn}\",\
             \"accountId\":\"{account}\",\"accessKeyId\":\"ASIA<asia>\",\"sessionContext\":{{\
             \"sessionIssuer\":{{\"type\":\"IAMUser\",\"principalId\":\"{id}\",\
             \"arn\":\"arn:aws:iam::{account}:user/token-broker\",\"accountId\":\"{account}\",\
             \"userName\":\"token-broker\"}},\"attributes\":{{\
             \"creationDate\":\"<created>\",\"mfaAuthenticated\":\"false\"}}}}}}",
            id = self.unique_id("AIDA")
        );
        let sessions = ["partner-upload", "field-tablet", "caf\u{e9}-kiosk"]
            .map(|name| session(name.to_owned(), SDKS[2].to_owned(), Network::Public, &mut rng));
        self.add(identity, &arn, sessions.into())
    }

    /// Adds the people as IAM Identity Center users.
    pub(crate) fn workforce(&mut self, account: usize) -> usize {
        let mut rng = self.rng();
        let account = ACCOUNTS[account];
        let identity = format!(
            "{{\"type\":\"IdentityCenterUser\",\"accountId\":\"{account}\",\"onBehalfOf\":{{\
             \"userId\":\"<uuid:3>\",\
             \"identityStoreArn\":\"arn:aws:identitystore::{account}:identitystore/d-9067642ac7\"}},\
             \"credentialId\":\"<uuid:2>\"}}"
        );
        let sessions = (0..PEOPLE).map(|n| person(n, &mut rng)).collect();
        self.add(identity, "<session>", sessions)
    }

    /// Adds an AWS service acting on its own.
    pub(crate) fn service(&mut self, name: &str) -> usize {
        let mut rng = self.rng();
        let identity = format!("{{\"type\":\"AWSService\",\"invokedBy\":\"{name}\"}}");
        let only = service_session(name.to_owned(), name, &mut rng);
        self.add(identity, name, vec![only])
    }

    /// Adds a caller of another account, of whom only the id is logged.
    pub(crate) fn foreign(&mut self) -> usize {
        let mut rng = self.rng();
        let id = self.unique_id("AROA");
        let identity = format!(
            "{{\"type\":\"AWSAccount\",\"principalId\":\"{id}:<session>\",\
             \"accountId\":\"999911119999\"}}"
        );
        let only = session("sync".to_owned(), SDKS[3].to_owned(), Network::Public, &mut rng);
        self.add(identity, "arn:aws:sts::999911119999:assumed-role/sync/sync", vec![only])
    }
}
