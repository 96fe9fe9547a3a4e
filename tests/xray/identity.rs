//! Who called: the identity with its session, the identity behind it, and the session's name.

use super::event::Identity;

/// A text that says something.
fn there(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

impl Identity {
    fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// Who called, sessions apart.
    pub(crate) fn caller(&self) -> Option<String> {
        self.caller_as(there(&self.principal_id))
    }

    /// The caller, with another principal id.
    fn caller_as(&self, principal_id: Option<&str>) -> Option<String> {
        let account = there(&self.account);
        let in_account = |name: &str| match account {
            Some(account) => format!("{account}:{name}"),
            None => name.to_owned(),
        };
        let person = || {
            let user = there(&self.person)?;
            Some(match there(&self.store) {
                Some(store) => format!("{store}/{user}"),
                None => user.to_owned(),
            })
        };
        let service = || there(&self.invoked_by).map(str::to_owned);
        let principal = || {
            let id = principal_id?;
            let told = account.is_none_or(|account| id.starts_with(account));
            Some(if told { id.to_owned() } else { in_account(id) })
        };
        let user = || {
            let name = there(&self.user_name)?;
            Some(match there(&self.provider) {
                Some(provider) => format!("{provider}:{name}"),
                None => in_account(name),
            })
        };
        let last = || {
            [&self.account, &self.access_key, &self.provider, &self.kind]
                .into_iter()
                .find_map(there)
                .map(str::to_owned)
        };
        there(&self.arn)
            .map(str::to_owned)
            .or_else(person)
            .or_else(|| if self.is("AWSService") { service() } else { None })
            .or_else(principal)
            .or_else(service)
            .or_else(user)
            .or_else(last)
    }

    /// The identity behind its sessions.
    pub(crate) fn principal(&self) -> Option<String> {
        if self.is("FederatedUser") {
            return self.caller();
        }
        if let Some(issuer) = there(&self.issuer_arn) {
            return Some(issuer.to_owned());
        }
        match there(&self.arn) {
            Some(arn) => Some(role_of(arn).unwrap_or_else(|| arn.to_owned())),
            None => {
                let id = there(&self.principal_id);
                let role = id.and_then(|id| id.split_once(':')).map(|(role, _)| role);
                self.caller_as(role.filter(|role| role.starts_with("AROA")).or(id))
            }
        }
    }

    /// The name of the session.
    pub(crate) fn session(&self) -> Option<String> {
        let arn = there(&self.arn).unwrap_or_default();
        let of_role = arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split_once('/'));
        let of_user = arn.split_once(":federated-user/").map(|(_, name)| name);
        let id = there(&self.principal_id);
        let has_session = self.is("AssumedRole")
            || self.is("FederatedUser")
            || id.is_some_and(|id| id.starts_with("AROA"));
        let of_id = || id?.split_once(':').filter(|_| has_session).map(|(_, session)| session);
        let session = of_role.map(|(_, session)| session).or(of_user).or_else(of_id);
        session.map(str::to_owned)
    }

    /// The provider of identities that a session comes from.
    pub(crate) fn session_provider(&self) -> Option<String> {
        self.federated_provider.clone().or_else(|| self.provider.clone())
    }

    /// Whether a person came by the portal of IAM Identity Center, as the role tells.
    pub(crate) fn by_portal(&self) -> bool {
        let role = self.principal().unwrap_or_default();
        role.rsplit('/').next().is_some_and(|name| name.starts_with("AWSReservedSSO_"))
    }
}

/// The role of a session's ARN: `arn:P:sts::A:assumed-role/NAME/SESSION`.
fn role_of(arn: &str) -> Option<String> {
    let (head, rest) = arn.split_once(":assumed-role/")?;
    let name = rest.split('/').next()?;
    let parts: Vec<_> = head.split(':').collect();
    let ["arn", partition, "sts", "", account] = parts.as_slice() else { return None };
    Some(format!("arn:{partition}:iam::{account}:role/{name}"))
}
