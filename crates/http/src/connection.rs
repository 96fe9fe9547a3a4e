//! One connection, from the handshake to its end.

use crate::activity::{Activity, Overdue};
use crate::answer::answer;
use crate::request::Peer;
use crate::serve::Shared;
use crate::tls::session;
use crate::watched::Watched;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// Refusals of a whole connection; without a date, as nobody looked at the clock for them.
pub(crate) const CROWDED: &str = "503 Service Unavailable\r\nRetry-After: 1\r\n\
    Content-Length: 45\r\n\r\nToo many connections; try again in a moment.\n";
const SLOW_HEAD: &str = "408 Request Timeout\r\n\
    Content-Length: 44\r\n\r\nThe head of the request took too long time.\n";

/// What ended a connection.
enum End {
    Done(hyper::Result<()>),
    Overdue(Overdue),
}

pub(crate) async fn serve(shared: Arc<Shared>, stream: TcpStream, address: SocketAddr) {
    let Some(tls) = &shared.tls else {
        return converse(&shared, stream, Peer { address, tls: false, session: None }).await;
    };
    let mut stop = shared.stop.clone();
    let handshake = timeout(shared.limits.head, tls.accept(stream));
    tokio::select! {
        outcome = handshake => match outcome {
            Ok(Ok(stream)) => {
                let session = session(stream.get_ref().1);
                converse(&shared, stream, Peer { address, tls: true, session }).await;
            }
            Ok(Err(_)) => shared.metrics.port.refused.add(["handshake"], 1),
            Err(_) => shared.metrics.port.timeouts.add(["handshake"], 1),
        },
        () = stopped(&mut stop) => {}
    }
}

async fn converse<S>(shared: &Arc<Shared>, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (limits, activity) = (&shared.limits, Arc::new(Activity::new()));
    let service = service_fn(|request| {
        let answer = answer(Arc::clone(shared), Arc::clone(&activity), peer, request);
        Box::pin(async { Ok::<_, Infallible>(answer.await) })
    });
    let stream = Watched::new(stream, Arc::clone(&activity), limits.stall);
    let mut connection = http1::Builder::new()
        .header_read_timeout(None)
        // Nobody's clock but the caller's.
        .auto_date_header(false)
        .max_headers(limits.headers)
        .max_header_size(limits.head_bytes)
        .serve_connection(TokioIo::new(stream), service);
    let (mut stop, mut stopping) = (shared.stop.clone(), false);
    let end = loop {
        tokio::select! {
            // What has come already is not late.
            biased;
            done = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break End::Done(done),
            overdue = activity.overdue(limits) => break End::Overdue(overdue),
            () = stopped(&mut stop), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let mut stream = connection.into_parts().io.into_inner();
    count(shared, &activity, &end);
    let unread = match end {
        End::Done(Ok(())) => activity.is_unread(),
        End::Done(Err(error)) => error.is_parse(),
        End::Overdue(Overdue::Idle | Overdue::Silent) => false,
        End::Overdue(Overdue::Head) => return refuse(stream, SLOW_HEAD, shared).await,
    };
    if activity.is_stalled() {
        // Whoever took nothing so far will not take a farewell.
        return;
    }
    let _ = timeout(limits.stall, stream.shutdown()).await;
    if unread {
        linger(&mut stream, shared).await;
    }
}

/// Waits until the port stops.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Nobody being left to tell means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn count(shared: &Shared, activity: &Activity, end: &End) {
    let metrics = &shared.metrics.port;
    match end {
        End::Overdue(Overdue::Head | Overdue::Silent) => metrics.timeouts.add(["head"], 1),
        End::Overdue(Overdue::Idle) => metrics.timeouts.add(["idle"], 1),
        End::Done(Err(error)) if error.is_parse() => metrics.refused.add(["head"], 1),
        End::Done(_) if activity.is_stalled() => metrics.timeouts.add(["stall"], 1),
        End::Done(_) => {}
    }
}

/// Answers a whole connection without hyper.
pub(crate) async fn refuse<S>(mut stream: S, answer: &str, shared: &Shared)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (line, rest) = answer.split_once("\r\n").unwrap_or((answer, "\r\n"));
    let answer = format!(
        "HTTP/1.1 {line}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n{rest}"
    );
    let written = timeout(shared.limits.linger, async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    });
    if let Ok(Ok(())) = written.await {
        linger(&mut stream, shared).await;
    }
}

/// Reads on for a while. Closing a socket with something unread in it resets the connection, and the client may lose
/// the answer (RFC 9112, section 9.6).
async fn linger<S: AsyncRead + Unpin>(stream: &mut S, shared: &Shared) {
    let mut nowhere = [0; 8192];
    let drained = async { while matches!(stream.read(&mut nowhere).await, Ok(1..)) {} };
    let _ = timeout(shared.limits.linger, drained).await;
}
