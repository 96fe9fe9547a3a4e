//! What `find`, `timeline` and `summary` share: a store to ask, and how its answer is awaited.

use super::super::args::Which;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::run_query::{self, or_interrupt};
use super::super::settings::Settings;
use super::query::Source;
use crate::engine::Engine;
use crate::investigate::InvestigateError;
use crate::store::StoreError;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// A session over the store that was chosen, which must be there.
pub(super) struct Asker {
    pub(super) engine: Engine,
    runtime: Runtime,
    /// The lake may be a temporary one.
    _source: Source,
}

impl Asker {
    pub(super) fn open(settings: &Settings, which: &Which) -> Result<Self, Failure> {
        let source = Source::open(settings, which.store.as_deref())?;
        if source.current.is_none() {
            let stores = source.lake.catalog().stores()?;
            let known = stores.into_iter().map(|store| store.name).collect();
            return Err(StoreError::NoCurrent { known }.into());
        }
        let lake = Arc::clone(&source.lake);
        let engine = Engine::new(lake, source.current.clone(), settings.engine())?;
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
