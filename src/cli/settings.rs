//! Settings, resolved once from arguments, environment and machine.

use super::args::Global;
use super::clock::now;
use super::env;
use super::exit::Failure;
use crate::engine::{Engine, EngineOptions, QueryError};
use crate::saved::Library;
use crate::store::{Lake, StoreError, StoreRow};
use etcetera::BaseStrategy as _;
use std::path::PathBuf;
use std::sync::Arc;

/// What every command works with.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) lake: Option<PathBuf>,
    pub(super) memory: usize,
    pub(super) threads: usize,
}

impl Settings {
    pub(super) fn resolve(global: &Global) -> Result<Self, Failure> {
        let memory =
            parse_size(&global.memory).filter(|size| *size >= 16 << 20).ok_or_else(|| {
                Failure::Usage(format!(
                    "--memory {}: a size of at least 16MB is expected, such as 512MB or 2GB",
                    global.memory
                ))
            })?;
        let threads = match global.threads {
            Some(0) => {
                return Err(Failure::Usage("--threads 0: at least one is needed".to_owned()));
            }
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let lake = global.lake.clone().filter(|dir| !dir.as_os_str().is_empty());
        let lake = lake.or_else(|| {
            let base = etcetera::choose_base_strategy().ok()?;
            Some(base.data_dir().join("traillake"))
        });
        Ok(Self { lake, memory, threads })
    }

    /// The lake's folder.
    pub(super) fn lake_dir(&self) -> Result<&PathBuf, Failure> {
        self.lake.as_ref().ok_or_else(|| {
            Failure::Usage(format!(
                "there is no home folder to keep a lake in; name one with --lake or {}",
                env::LAKE
            ))
        })
    }

    /// Opens the lake, and creates it if it does not exist.
    pub(super) fn open_lake(&self) -> Result<Lake, Failure> {
        Ok(Lake::open(self.lake_dir()?, now)?)
    }

    /// Opens the lake for looking at it; it must be there.
    pub(super) fn existing_lake(&self) -> Result<Lake, Failure> {
        match Lake::open_existing(self.lake_dir()?, now)? {
            Some(lake) => Ok(lake),
            None => {
                Err(StoreError::NotFound { wanted: "default".to_owned(), known: Vec::new() }.into())
            }
        }
    }

    /// Reads the saved queries: the shipped ones and the user's.
    pub(super) fn library(&self) -> Result<Library, Failure> {
        let named = std::env::var_os(env::QUERIES).filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let folder = named.or_else(|| Some(self.lake.as_ref()?.join("queries")));
        Ok(Library::load(folder.as_deref())?)
    }

    pub(super) fn engine(&self) -> EngineOptions {
        EngineOptions { threads: self.threads, memory: self.memory }
    }

    /// Opens a session. One that asks often keeps the columns it has decoded, in a quarter of the memory.
    pub(super) fn session(
        &self,
        lake: &Arc<Lake>,
        current: Option<StoreRow>,
        asks_often: bool,
    ) -> Result<Engine, QueryError> {
        let kept = if asks_often { self.memory / 4 } else { 0 };
        let options = EngineOptions { memory: self.memory - kept, ..self.engine() };
        let engine = Engine::new(Arc::clone(lake), current, options)?;
        if asks_often {
            engine.keep_columns(kept);
        }
        Ok(engine)
    }
}

/// Reads `512MB`, `2 GB`, `1.5GiB`, `1000000`; decimal and binary units alike mean powers of 1024.
fn parse_size(text: &str) -> Option<usize> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim().trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    let size = number * f64::from(2_u32).powi(unit);
    (size.is_finite() && size < 1e15).then_some(size as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, size) in [
            ("512MB", 512 << 20),
            ("2 GB", 2 << 30),
            ("1.5GiB", 3 << 29),
            ("100", 100),
            ("1k", 1024),
        ] {
            assert_eq!(parse_size(text), Some(size), "{text}");
        }
        for text in ["", "GB", "1x", "-1", "1e99", "nan", "1PBB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
