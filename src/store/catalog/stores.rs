//! The stores: what they are called, how they are kept, what became of them.

use super::data_files::insert_data_file;
use super::rows::{self, store_row};
use super::{Catalog, DataFile, ImportStatus, StoreLife, StoreRow, StoreStatus, integer};
use crate::columnar::Format;
use crate::event::RecordForm;
use crate::store::changes::StoreChanges;
use crate::store::error::StoreError;
use crate::store::names::StoreId;
use crate::store::selectors::AdvancedEventSelectors;
use rusqlite::{Transaction, params};

/// The version of the catalog in which stores began to have other ids.
const SINCE_OTHER_IDS: i64 = 8;

impl Catalog {
    /// Returns all stores, by name.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn stores(&self) -> Result<Vec<StoreRow>, StoreError> {
        let select = rows::select_store(self.version);
        self.list(&format!("{select} ORDER BY s.name COLLATE NOCASE"), [], store_row)
    }

    /// Returns the store with this id, its own or another, or, without regard to case, this name.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn store(&self, wanted: &str) -> Result<Option<StoreRow>, StoreError> {
        let select = rows::select_store(self.version);
        let other = match self.version {
            SINCE_OTHER_IDS.. => " OR s.id = (SELECT store_id FROM store_ids WHERE id = lower(?1))",
            _ => "",
        };
        let sql = format!("{select} WHERE s.id = lower(?1) OR s.name = ?1{other}");
        Ok(self.list(&sql, [wanted], store_row)?.pop())
    }

    /// Adds a store.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the name is taken, or when the catalog cannot be written.
    pub fn add_store(&self, store: &StoreRow) -> Result<(), StoreError> {
        let added = self.transact(|t| {
            t.execute(
                "INSERT INTO stores \
                 (id, name, format, retention_days, created_at, selectors, category, eventjson) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (name) DO NOTHING",
                params![
                    store.id.to_string(),
                    store.name,
                    store.format.name(),
                    store.retention_days,
                    store.created_at,
                    store.selectors.as_ref().map(AdvancedEventSelectors::to_json),
                    store.schema.name(),
                    store.record_form.name()
                ],
            )
        })?;
        if added == 0 { Err(StoreError::Exists(store.name.clone())) } else { Ok(()) }
    }

    /// Changes what is told about a store.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the new name is taken, or when the catalog cannot be written.
    pub(crate) fn update_store(
        &self,
        store: StoreId,
        changes: &StoreChanges,
    ) -> Result<(), StoreError> {
        let id = store.to_string();
        let renamed = self.transact(|t| {
            if let Some(name) = &changes.name {
                let sql = "UPDATE OR IGNORE stores SET name = ?2 WHERE id = ?1";
                if t.execute(sql, params![id, name.as_str()])? == 0 {
                    return Ok(false);
                }
            }
            if let Some(days) = changes.retention_days {
                t.execute(
                    "UPDATE stores SET retention_days = ?2 WHERE id = ?1",
                    params![id, days],
                )?;
            }
            if let Some(protected) = changes.termination_protection {
                t.execute(
                    "INSERT INTO store_lives VALUES (?1, ?2, ?3, NULL) \
                     ON CONFLICT (store_id) DO UPDATE SET termination_protection = ?3",
                    params![id, StoreStatus::Enabled.name(), protected],
                )?;
            }
            if let Some(selectors) = &changes.selectors {
                set_selectors(t, &id, selectors.as_ref())?;
            }
            for key in &changes.untag {
                t.execute(
                    "DELETE FROM store_tags WHERE store_id = ?1 AND key = ?2",
                    params![id, key],
                )?;
            }
            for (key, value) in &changes.tags {
                t.execute(
                    "INSERT OR REPLACE INTO store_tags VALUES (?1, ?2, ?3)",
                    params![id, key, value],
                )?;
            }
            for other in &changes.remove_ids {
                t.execute(
                    "DELETE FROM store_ids WHERE store_id = ?1 AND id = ?2",
                    params![id, other.to_string()],
                )?;
            }
            add_ids(t, &id, &changes.add_ids)?;
            Ok(true)
        })?;
        match &changes.name {
            Some(name) if !renamed => Err(StoreError::Exists(name.as_str().to_owned())),
            _ => Ok(()),
        }
    }

    /// Sets what the files are that a store gets.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(crate) fn set_form(
        &self,
        store: StoreId,
        format: Format,
        record_form: RecordForm,
    ) -> Result<(), StoreError> {
        self.transact(|t| {
            t.execute(
                "UPDATE stores SET format = ?2, eventjson = ?3 WHERE id = ?1",
                params![store.to_string(), format.name(), record_form.name()],
            )
            .map(|_| ())
        })
    }

    /// Sets the life of a store.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(crate) fn set_life(&self, store: StoreId, life: StoreLife) -> Result<(), StoreError> {
        let StoreLife { status, termination_protection, deleted_at } = life;
        self.transact(|t| {
            t.execute(
                "INSERT OR REPLACE INTO store_lives VALUES (?1, ?2, ?3, ?4)",
                params![store.to_string(), status.name(), termination_protection, deleted_at],
            )
            .map(|_| ())
        })
    }

    /// Returns the tags of a store by key.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn tags(&self, store: StoreId) -> Result<Vec<(String, String)>, StoreError> {
        if self.version < 4 {
            return Ok(Vec::new());
        }
        let sql = "SELECT key, value FROM store_tags WHERE store_id = ?1 ORDER BY key";
        self.list(sql, [store.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Returns the ids that a store has beside its own.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn other_ids(&self, store: StoreId) -> Result<Vec<StoreId>, StoreError> {
        if self.version < SINCE_OTHER_IDS {
            return Ok(Vec::new());
        }
        let sql = "SELECT id FROM store_ids WHERE store_id = ?1 ORDER BY id";
        let ids = self.list(sql, [store.to_string()], |row| row.get::<_, String>(0))?;
        Ok(ids.iter().filter_map(|id| StoreId::parse(id)).collect())
    }

    /// Removes a store and all that is noted of it.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(crate) fn remove_store(&self, store: StoreId) -> Result<(), StoreError> {
        let id = store.to_string();
        self.transact(|t| {
            t.execute(
                "DELETE FROM import_failures WHERE import_id IN \
                 (SELECT id FROM imports WHERE store_id = ?1)",
                [&id],
            )?;
            for table in [
                "watched_sources",
                "failed_sources",
                "sources",
                "data_files",
                "imports",
                "store_lives",
                "store_tags",
                "store_ids",
            ] {
                t.execute(&format!("DELETE FROM {table} WHERE store_id = ?1"), [&id])?;
            }
            t.execute("DELETE FROM stores WHERE id = ?1", [&id]).map(|_| ())
        })
    }

    /// Adds a store that was found with its data files, which are told to be of an import of this id.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(crate) fn add_rebuilt_store(
        &self,
        store: &StoreRow,
        tags: &[(String, String)],
        other_ids: &[StoreId],
        files: &[DataFile],
        import: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        self.add_store(store)?;
        self.set_life(store.id, store.life)?;
        let id = store.id.to_string();
        self.transact(|t| {
            for (key, value) in tags {
                t.execute("INSERT INTO store_tags VALUES (?1, ?2, ?3)", [&id, key, value])?;
            }
            add_ids(t, &id, other_ids)?;
            let rows: u64 = files.iter().map(|file| file.rows).sum();
            t.execute(
                "INSERT INTO imports (id, store_id, status, started_at, finished_at, paths, stored) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
                params![
                    import,
                    id,
                    ImportStatus::Completed.name(),
                    now,
                    r#"["(data files, when the catalog was made anew)"]"#,
                    integer(rows)
                ],
            )?;
            files.iter().try_for_each(|file| insert_data_file(t, store.id, import, file))
        })
    }
}

/// Gives a store more ids.
fn add_ids(transaction: &Transaction<'_>, store: &str, ids: &[StoreId]) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO store_ids VALUES (?1, ?2)";
    ids.iter()
        .try_for_each(|id| transaction.execute(sql, params![id.to_string(), store]).map(|_| ()))
}

/// Gives a store other selectors, or none. What selectors kept out may be let through from now on, so files
/// that were imported, or whose failure was accepted, are then read again.
fn set_selectors(
    transaction: &Transaction<'_>,
    store: &str,
    selectors: Option<&AdvancedEventSelectors>,
) -> rusqlite::Result<()> {
    let selectors = selectors.map(AdvancedEventSelectors::to_json);
    let sql = "SELECT selectors FROM stores WHERE id = ?1";
    let before: Option<String> = transaction.query_row(sql, [store], |row| row.get(0))?;
    if before.is_some() && before != selectors {
        transaction.execute("DELETE FROM sources WHERE store_id = ?1", [store])?;
        let sql = "UPDATE failed_sources SET accepted_at = NULL WHERE store_id = ?1";
        transaction.execute(sql, [store])?;
    }
    let sql = "UPDATE stores SET selectors = ?2 WHERE id = ?1";
    transaction.execute(sql, params![store, selectors]).map(|_| ())
}
