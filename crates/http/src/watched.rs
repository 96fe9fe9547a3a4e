//! A stream that tells what happens on it, and fails when the other side takes nothing for too long.

use crate::activity::Activity;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

pub(crate) struct Watched<S> {
    inner: S,
    activity: Arc<Activity>,
    patience: Duration,
    /// Runs while a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub(crate) fn new(inner: S, activity: Arc<Activity>, patience: Duration) -> Self {
        Self { inner, activity, patience, stalled: None }
    }

    /// The outcome of a write, or an error if such have been waiting for too long.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            self.activity.taken();
            return outcome;
        }
        let patience = self.patience;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => {
                self.activity.stall();
                Poll::Ready(Err(ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Flushing happens without anything to flush, and then says nothing about the other side.
    fn flushed(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        if outcome.is_ready() && self.stalled.is_none() {
            return outcome;
        }
        self.watch(cx, outcome)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.came();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.watch(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(cx);
        self.flushed(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.flushed(cx, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    /// A stream that takes bytes and flushes only when it is told to.
    #[derive(Default)]
    struct Valve {
        open: bool,
    }

    impl AsyncWrite for Valve {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            if self.open { Poll::Ready(Ok(bytes.len())) } else { Poll::Pending }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            if self.open { Poll::Ready(Ok(())) } else { Poll::Pending }
        }

        fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.poll_flush(cx)
        }
    }

    const PATIENCE: Duration = Duration::from_millis(100);

    /// Whether a write waits, is done or fails, told at once.
    async fn write(stream: &mut Watched<Valve>) -> Option<Result<usize, ErrorKind>> {
        let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_write(cx, b"x"))).await;
        told(polled)
    }

    async fn flush(stream: &mut Watched<Valve>) -> Option<Result<(), ErrorKind>> {
        told(poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_flush(cx))).await)
    }

    fn told<T>(polled: Poll<io::Result<T>>) -> Option<Result<T, ErrorKind>> {
        match polled {
            Poll::Ready(outcome) => Some(outcome.map_err(|error| error.kind())),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn each_wait_has_its_own_time() {
        let activity = Arc::new(Activity::new());
        let mut stream = Watched::new(Valve::default(), Arc::clone(&activity), PATIENCE);
        for _ in 0..2 {
            assert_eq!(write(&mut stream).await, None);
            sleep(PATIENCE * 2).await;
            stream.inner.open = true;
            assert_eq!(write(&mut stream).await, Some(Ok(1)));
            stream.inner.open = false;
            assert_eq!(flush(&mut stream).await, None);
            sleep(PATIENCE * 2).await;
            stream.inner.open = true;
            assert_eq!(flush(&mut stream).await, Some(Ok(())));
            stream.inner.open = false;
        }
        assert_eq!(write(&mut stream).await, None);
        sleep(PATIENCE * 2).await;
        assert!(!activity.is_stalled());
        assert_eq!(flush(&mut stream).await, Some(Err(ErrorKind::TimedOut)));
        assert!(activity.is_stalled());
    }
}
