//! TLS, with a certificate that signs itself.

use super::*;
use crate::TlsFiles;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

struct Secure {
    server: Server,
    certificate: CertificateDer<'static>,
    _dir: tempfile::TempDir,
}

async fn start(limits: Limits) -> Secure {
    start_with(limits, readers::router()).await
}

async fn start_with(limits: Limits, router: Router) -> Secure {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let files =
        TlsFiles { certificate: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
    std::fs::write(&files.certificate, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let options = Options { tls: Some(files), limits, ..Options::default() };
    let server = Server::with(options, Hooks::new(now), router).await;
    Secure { server, certificate: cert.der().clone(), _dir: dir }
}

impl Secure {
    async fn connect(&self) -> Client<tokio_rustls::client::TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.server.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        Client(timeout(LONG, connector.connect(name, stream)).await.unwrap().unwrap())
    }
}

#[tokio::test]
async fn requests_are_answered_over_tls() {
    let secure = start(limits()).await;
    let mut client = secure.connect().await;
    assert_eq!(client.0.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let body = "x".repeat(1_000_000);
    client
        .send(&format!("POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n{body}"))
        .await;
    let answer = client.rest().await;
    assert!(is_answer(&answer, "200") && answer.ends_with("\r\n\r\n1000000"), "{answer}");
}

#[tokio::test]
async fn handlers_know_what_was_agreed_on() {
    let told = any(|request: Request| async move {
        let peer = *request.extensions().get::<crate::Peer>().unwrap();
        let session = peer.session.unwrap();
        format!("{} {} {}", peer.tls, session.version, session.cipher_suite)
    });
    let secure = start_with(limits(), Router::new().route("/", told)).await;
    let mut client = secure.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let answer = client.rest().await;
    assert!(answer.contains("\r\n\r\ntrue TLSv1.3 TLS_AES_"), "{answer}");
}

#[tokio::test]
async fn large_bodies_are_refused_over_tls_and_the_answer_arrives() {
    let secure = start(limits()).await;
    let mut client = secure.connect().await;
    client
        .send("POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30000000\r\n\r\n")
        .await;
    let block = "x".repeat(1_000_000);
    for _ in 0..30 {
        client.send(&block).await;
    }
    assert!(is_answer(&client.rest().await, "413"));
}

#[tokio::test]
async fn a_client_that_takes_nothing_loses_its_connection_over_tls() {
    let secure = start(Limits { stall: short(), ..limits() }).await;
    let mut client = secure.connect().await;
    client.send("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    secure.server.until("http_timeouts_total{what=\"stall\"} 1").await;
    secure.server.until("http_connections 0").await;
}

#[tokio::test]
async fn connections_beyond_the_bound_are_closed_where_a_word_would_need_a_handshake() {
    let secure = start(Limits { connections: 1, ..limits() }).await;
    let _first = secure.connect().await;
    assert_eq!(secure.server.connect().await.rest().await, "");
}

#[tokio::test]
async fn what_is_no_handshake_or_a_slow_one_ends() {
    let secure = start(Limits { head: short(), ..limits() }).await;
    let mut plain = secure.server.connect().await;
    plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let answer = plain.rest().await;
    assert!(!answer.contains("HTTP"), "{answer}");
    let mut slow = secure.server.connect().await;
    slow.send("\x16\x03\x01").await;
    slow.rest().await;
    secure.server.until("http_refused_total{reason=\"handshake\"} 1").await;
    secure.server.until("http_timeouts_total{what=\"handshake\"} 1").await;
    secure.server.until("http_connections 0").await;
}

#[tokio::test]
async fn a_handshake_does_not_keep_a_port_from_stopping() {
    let secure = start(Limits { head: LONG * 9, grace: LONG * 9, ..limits() }).await;
    let mut slow = secure.server.connect().await;
    slow.send("\x16\x03\x01").await;
    secure.server.until("http_connections 1").await;
    let (served, _) = secure.server.stop().await;
    assert_eq!(served.connections, 0);
}
