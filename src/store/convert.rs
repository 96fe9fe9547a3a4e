//! Gives the data files of a store another format, or another form of their records.
//!
//! A file is read back as records and written anew, as compaction does; each takes the place of its old one in a
//! transaction of its own. What is interrupted goes on when it is asked for again: files of all formats and forms may be in
//! a store, and each tells by its columns what it is.

use super::catalog::{DataFile, StoreRow};
use super::compact::{CompactOptions, CompactionProgress, CompactionReport, Merge};
use super::data_files::{DataFiles, can_derive};
use super::error::StoreError;
use super::lake::{Lake, check_form};
use crate::columnar::Format;
use crate::event::RecordForm;
use std::sync::atomic::AtomicBool;

/// What the files of a store are to be; `None` leaves it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conversion {
    /// Their format.
    pub format: Option<Format>,
    /// How they keep the text of records. Without it, a format that cannot derive it makes it plain.
    pub record_form: Option<RecordForm>,
}

impl Conversion {
    /// Returns the store as it will be.
    ///
    /// # Errors
    /// [`StoreError::NotDerived`].
    pub fn of(self, store: &StoreRow) -> Result<StoreRow, StoreError> {
        let format = self.format.unwrap_or(store.format);
        let record_form = match self.record_form {
            Some(form) => form,
            None if can_derive(format) => store.record_form,
            None => RecordForm::Plain,
        };
        check_form(format, record_form)?;
        Ok(StoreRow { format, record_form, ..store.clone() })
    }
}

impl Lake {
    /// Returns how the data files of a store keep the text of records, each form once.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn record_forms(&self, store: &StoreRow) -> Result<Vec<RecordForm>, StoreError> {
        let files = DataFiles::of(self, store);
        let mut forms = Vec::new();
        for file in self.snapshot(store.id)?.files.iter() {
            let form = files.form_of(file)?;
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        Ok(forms)
    }

    /// Returns the files that [`Self::convert`] would write anew, as merges of one file.
    ///
    /// # Errors
    /// When the catalog or a file cannot be read.
    pub fn conversions(
        &self,
        store: &StoreRow,
        conversion: Conversion,
    ) -> Result<Vec<Merge>, StoreError> {
        let wanted = conversion.of(store)?;
        let files = DataFiles::of(self, &wanted);
        let mut merges = Vec::new();
        for file in self.catalog().data_files(store.id)? {
            if file.format != wanted.format || files.form_of(&file)? != wanted.record_form {
                let DataFile { day, .. } = file;
                merges.push(Merge { day, format: wanted.format, files: vec![file] });
            }
        }
        Ok(merges)
    }

    /// Makes the files of a store, and those that it will get, what is wanted. It waits for an import that is running.
    ///
    /// `cancel` stops it before the next file; what was written anew by then stays so.
    ///
    /// # Errors
    /// When the store is pending deletion, the format cannot have the form, `cancel` was set before the lock was free, or
    /// a file cannot be read or the lake not be written.
    pub fn convert(
        &self,
        store: &StoreRow,
        conversion: Conversion,
        options: CompactOptions,
        progress: &CompactionProgress,
        cancel: &AtomicBool,
    ) -> Result<CompactionReport, StoreError> {
        conversion.of(store)?;
        let (_lock, store) = self.lock_when_free(store, cancel)?;
        store.check_not_deleted()?;
        let wanted = conversion.of(&store)?;
        if wanted != store {
            self.catalog().set_form(wanted.id, wanted.format, wanted.record_form)?;
            self.describe(&wanted);
        }
        let conversions = self.conversions(&wanted, Conversion::default())?;
        self.merge(&wanted, &conversions, options.threads, progress, cancel)
    }
}

#[cfg(test)]
mod tests;
