//! Which service a request is for, and its answer.

use super::aws::{self, Api};
use super::s3::{self, S3};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::request::Parts;
use std::panic::resume_unwind;
use std::sync::Arc;
use traillake_aws_wire::signature::{Authorization, RequestHead};
use traillake_http::{Notes, RequestId};

/// What answers at the port.
#[derive(Debug)]
pub(super) struct Services {
    api: Arc<Api>,
    s3: S3,
}

impl Services {
    pub(super) fn new(api: Arc<Api>, s3: S3) -> Self {
        Self { api, s3 }
    }

    /// Answers a request, and notes for the access log what it was.
    pub(super) async fn respond(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let id = parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let notes = parts.extensions.get::<Notes>().cloned();
        let (answer, noted) = if is_of_s3(&parts, &self.s3) {
            self.s3.answer(&parts, &id).await
        } else {
            // One that is too large or too slow is answered by the port.
            let Ok(body) = to_bytes(body, usize::MAX).await else { return Response::default() };
            let api = Arc::clone(&self.api);
            // What a call has begun is done, and recorded for trails, also when the client hangs up.
            let answering = tokio::spawn(async move { api.answer(&parts, &body, &id).await });
            match answering.await {
                Ok((answer, noted)) => (answer.map(Body::from), noted),
                Err(failed) if failed.is_panic() => resume_unwind(failed.into_panic()),
                Err(_) => return Response::default(),
            }
        };
        if let Some(notes) = notes {
            noted.tell(&notes);
        }
        answer
    }
}

/// Whether a request is for S3. Its signature says for which service it is; of one without, its host and its form do.
fn is_of_s3(parts: &Parts, s3: &S3) -> bool {
    match Authorization::parse(&RequestHead::from(parts)) {
        Ok(authorization) => authorization.credential.scope.service == s3::SERVICE,
        Err(_) => s3.is_host_of_bucket(parts) || !aws::is_asked(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::super::s3::tests::Fixture;
    use super::*;
    use http::Request;
    use http::request::Builder;
    use traillake_aws_wire::signature::{Payload, Signer};

    fn parts(request: Builder, host: &str) -> Parts {
        request.header("host", host).body(()).unwrap().into_parts().0
    }

    #[test]
    fn signatures_tell_the_service() {
        let fixture = Fixture::new();
        for (service, expected) in [
            ("s3", true),
            ("cloudtrail", false),
            ("sts", false),
            ("cloudtrail-data", false),
            ("ec2", false),
        ] {
            // Whatever the rest of the request looks like.
            for request in [Request::post("/"), Request::get("/logs/a"), Request::head("/logs?x")] {
                let mut signed = parts(request.header("x-amz-target", "x"), "logs.localhost");
                let mut presigned = signed.clone();
                let signer = Signer { service, ..fixture.signer() };
                signer.sign(&mut signed, Payload::Body(b"")).unwrap();
                signer.presign(&mut presigned, Payload::Body(b""), 60).unwrap();
                for parts in [signed, presigned] {
                    assert_eq!(is_of_s3(&parts, &fixture.s3), expected, "{service} {parts:?}");
                }
            }
        }
    }

    #[test]
    fn without_a_signature_host_and_form_tell_the_service() {
        let fixture = Fixture::new();
        let target = "CloudTrail_20131101.ListTrails";
        for (request, host, expected) in [
            (Request::get("/"), "localhost", true),
            (Request::get("/logs/a"), "127.0.0.1:80", true),
            (Request::put("/logs/a"), "localhost", true),
            (Request::post("/"), "logs.localhost", true),
            (Request::post("/").header("x-amz-target", target), "localhost", false),
            (Request::post("/"), "localhost", false),
            (Request::post("/PutAuditEvents?channelArn=x"), "localhost", false),
            (Request::get("/PutAuditEvents"), "localhost", true),
            (Request::get("/").header("authorization", "nonsense"), "localhost", true),
            (Request::post("/").header("authorization", "nonsense"), "localhost", false),
        ] {
            let parts = parts(request, host);
            assert_eq!(is_of_s3(&parts, &fixture.s3), expected, "{parts:?}");
        }
    }
}
