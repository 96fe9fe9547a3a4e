//! What `find`, `timeline` and `summary` share: a session over a store, and waiting for its answers.

use super::super::args::Selection;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::run_query::{self, or_interrupt};
use super::super::settings::Settings;
use super::query::Source;
use crate::engine::Engine;
use crate::investigate::InvestigateError;
use crate::store::StoreError;
use tokio::runtime::Runtime;

/// A session over the chosen store, which must exist.
pub(super) struct StoreSession {
    pub(super) engine: Engine,
    runtime: Runtime,
    /// The lake may be a temporary one.
    _source: Source,
}

impl StoreSession {
    pub(super) fn open(settings: &Settings, selection: &Selection) -> Result<Self, Failure> {
        let source = Source::open(settings, selection.store.as_deref())?;
        if source.current.is_none() {
            let stores = source.lake.catalog().stores()?;
            let known = stores.into_iter().map(|store| store.name).collect();
            return Err(StoreError::NoCurrent { known }.into());
        }
        let engine = settings.session(&source.lake, source.current.clone(), true)?;
        let runtime = run_query::runtime(settings)?;
        interrupt::listen();
        Ok(Self { engine, runtime, _source: source })
    }

    /// Waits for an answer, or for Ctrl-C.
    pub(super) fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, InvestigateError>>,
    ) -> Result<T, Failure> {
        Ok(self.runtime.block_on(or_interrupt(answer))??)
    }
}
