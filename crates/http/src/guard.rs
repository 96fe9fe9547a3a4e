//! Who is let in: nobody whom a page in somebody's browser could have sent.
//!
//! A page may send requests to any port of the machine that shows it. It cannot hide that: the browser adds
//! `Origin` or `Sec-Fetch-Site`. Where a name of the page's own is made to lead here (DNS rebinding), the page
//! is of the same origin and neither need be there, but `Host` bears that name.

use crate::error::HttpError;
use crate::host::Host;
use crate::refusal::Refusal;
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{Method, Uri};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Tells of a host name, in lower case, whether it is one of ours.
pub type NameRule = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Tells of a request whether it may come as far as a page in a browser could have sent it.
pub type PageRule = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// Which requests are let in. Loopback names and addresses always are, as values of `Host`.
#[derive(Clone)]
pub struct Guard {
    /// Further names or addresses of this host, without port.
    pub names: Vec<String>,
    /// Names that are known only while requests come.
    pub more_names: NameRule,
    /// The judge of requests from browsers; [`no_page`] unless replaced.
    pub pages: PageRule,
}

impl Default for Guard {
    fn default() -> Self {
        Self { names: Vec::new(), more_names: Arc::new(|_| false), pages: Arc::new(no_page) }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Lets no page in: there must be no `Origin`, and `Sec-Fetch-Site` only as `none`, which a browser sends for
/// an address that somebody typed.
#[must_use]
pub fn no_page(request: &Parts) -> bool {
    let mut sites = request.headers.get_all("sec-fetch-site").iter();
    !request.headers.contains_key(ORIGIN) && sites.all(|site| site == "none")
}

/// A guard whose names are understood.
pub(crate) struct Gate {
    hosts: Vec<Host>,
    more_names: NameRule,
    pages: PageRule,
}

impl Gate {
    /// `listen` is a name of ours, too, unless it stands for all addresses.
    pub(crate) fn new(guard: Guard, listen: IpAddr) -> Result<Self, HttpError> {
        let host =
            |name: &String| Host::from_name(name).ok_or_else(|| HttpError::HostName(name.clone()));
        let mut hosts = guard.names.iter().map(host).collect::<Result<Vec<_>, _>>()?;
        if !listen.is_unspecified() {
            hosts.push(Host::Address(listen));
        }
        Ok(Self { hosts, more_names: guard.more_names, pages: guard.pages })
    }

    pub(crate) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        if request.method == Method::CONNECT {
            return Err(Refusal::Connect);
        }
        let mut values = request.headers.get_all(HOST).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(Refusal::BadHost);
        };
        let host = Host::from_header(value.as_bytes()).ok_or(Refusal::BadHost)?;
        if !agrees(&request.uri, value.as_bytes()) {
            return Err(Refusal::BadHost);
        }
        if !self.knows(&host) {
            return Err(Refusal::ForeignHost);
        }
        if (self.pages)(request) { Ok(()) } else { Err(Refusal::ForeignPage) }
    }

    fn knows(&self, host: &Host) -> bool {
        host.is_loopback()
            || self.hosts.contains(host)
            || matches!(host, Host::Name(name) if (self.more_names)(name))
    }
}

/// Whether a target in absolute form names the same host as the header. RFC 9112 (section 3.2.2) would let
/// the target win, but who signs a request signs the header.
fn agrees(target: &Uri, host: &[u8]) -> bool {
    let Some(authority) = target.authority() else { return true };
    let scheme = matches!(target.scheme_str(), Some("http" | "https"));
    scheme && authority.as_str().as_bytes().eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn gate(guard: Guard) -> Gate {
        Gate::new(guard, "192.0.2.7".parse().unwrap()).unwrap()
    }

    fn check(gate: &Gate, target: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let request =
            headers.iter().fold(Request::builder().uri(target), |request, (name, value)| {
                request.header(*name, *value)
            });
        gate.check(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn names_of_ours_pass_with_any_port_and_case() {
        let guard = Guard {
            names: vec!["Lake.Example".to_owned(), "198.51.100.1".to_owned()],
            more_names: Arc::new(|name| name.ends_with(".bucket.example")),
            ..Guard::default()
        };
        let gate = gate(guard);
        for host in [
            "lake.example:9",
            "LAKE.example.",
            "198.51.100.1",
            "x.Bucket.example",
            "192.0.2.7:1",
            "localhost:1",
        ] {
            assert_eq!(check(&gate, "/", &[("host", host)]), Ok(()), "{host}");
        }
        for host in ["x.lake.example", "bucket.example", "198.51.100.2"] {
            assert_eq!(check(&gate, "/", &[("host", host)]), Err(Refusal::ForeignHost), "{host}");
        }
    }

    #[test]
    fn a_missing_repeated_or_malformed_host_is_bad() {
        let gate = gate(Guard::default());
        for headers in
            [&[][..], &[("host", "localhost"), ("host", "localhost")], &[("host", "a b")]]
        {
            assert_eq!(check(&gate, "/", headers), Err(Refusal::BadHost), "{headers:?}");
        }
    }

    #[test]
    fn absolute_targets_must_name_the_same_host() {
        let gate = gate(Guard::default());
        let host = [("host", "localhost:80")];
        assert_eq!(check(&gate, "http://LOCALHOST:80/x", &host), Ok(()));
        for target in ["http://evil.test/x", "http://u@localhost:80/", "ftp://localhost:80/"] {
            assert_eq!(check(&gate, target, &host), Err(Refusal::BadHost), "{target}");
        }
    }

    #[test]
    fn pages_are_kept_out_unless_the_rule_is_replaced() {
        let strict = gate(Guard::default());
        let host = ("host", "localhost");
        for header in [
            ("origin", "null"),
            ("origin", ""),
            ("origin", "http://localhost"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-origin"),
        ] {
            assert_eq!(
                check(&strict, "/", &[host, header]),
                Err(Refusal::ForeignPage),
                "{header:?}"
            );
        }
        assert_eq!(check(&strict, "/", &[host, ("sec-fetch-site", "none")]), Ok(()));
        let own =
            |request: &Parts| request.headers.get(ORIGIN).is_none_or(|o| o == "http://localhost");
        let console = gate(Guard { pages: Arc::new(own), ..Guard::default() });
        assert_eq!(check(&console, "/", &[host, ("origin", "http://localhost")]), Ok(()));
        assert_eq!(
            check(&console, "/", &[host, ("origin", "http://evil.test")]),
            Err(Refusal::ForeignPage)
        );
    }

    #[test]
    fn a_name_that_is_none_is_an_error() {
        let guard = Guard { names: vec!["http://lake".to_owned()], ..Guard::default() };
        let error = Gate::new(guard, "127.0.0.1".parse().unwrap()).err().unwrap();
        assert!(error.to_string().contains("\"http://lake\" is not a host name"), "{error}");
    }
}
