//! Which data files stores have.

use super::rows::{self, data_file};
use super::{Catalog, DataFile, StoreSize, Totals, integer};
use crate::store::error::StoreError;
use crate::store::names::StoreId;
use chrono::NaiveDate;
use rusqlite::{Transaction, params};
use std::collections::HashMap;

impl Catalog {
    /// Returns the data files of a store, oldest events first.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn data_files(&self, store: StoreId) -> Result<Vec<DataFile>, StoreError> {
        let select = rows::select_data_file(self.version);
        let sql = format!("{select} WHERE store_id = ?1 ORDER BY day, min_time, path");
        self.list(&sql, [store.to_string()], data_file)
    }

    /// Returns the data files of one day of a store; `None` is the partition without a time.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn data_files_of_day(
        &self,
        store: StoreId,
        day: Option<NaiveDate>,
    ) -> Result<Vec<DataFile>, StoreError> {
        let select = rows::select_data_file(self.version);
        let sql = format!("{select} WHERE store_id = ?1 AND day IS ?2");
        let day = day.map(|d| d.to_string());
        self.list(&sql, params![store.to_string(), day], data_file)
    }

    /// Lists a data file, which from then on exists. Each file of `replaced` gives its place to another
    /// one, or to none, at the same moment.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn add_data_file(
        &self,
        store: StoreId,
        import: &str,
        file: &DataFile,
        replaced: &[(String, Option<DataFile>)],
    ) -> Result<(), StoreError> {
        self.transact(|t| {
            insert_data_file(t, store, import, file)?;
            let stored = "UPDATE imports SET stored = stored + ?2 WHERE id = ?1";
            t.execute(stored, params![import, integer(file.rows)])?;
            for (old, new) in replaced {
                let of_old = params![store.to_string(), old];
                let import: String = t.query_row(
                    "DELETE FROM data_files WHERE store_id = ?1 AND path = ?2 RETURNING import_id",
                    of_old,
                    |row| row.get(0),
                )?;
                if let Some(new) = new {
                    insert_data_file(t, store, &import, new)?;
                }
            }
            Ok(())
        })
    }

    /// Lists `new` in the place of the files whose events it holds.
    ///
    /// # Errors
    /// When one of them is not listed any more, or the catalog cannot be written.
    pub(crate) fn merge_data_files(
        &self,
        store: StoreId,
        old: &[DataFile],
        new: &DataFile,
    ) -> Result<(), StoreError> {
        let id = store.to_string();
        self.transact(|t| {
            let sql =
                "DELETE FROM data_files WHERE store_id = ?1 AND path = ?2 RETURNING import_id";
            let mut remove = t.prepare(sql)?;
            // It is told to be of the latest import.
            let mut import = String::new();
            for file in old {
                let of: String = remove.query_row([&id, &file.path], |row| row.get(0))?;
                import = import.max(of);
            }
            insert_data_file(t, store, &import, new)
        })
    }

    /// Lists data files of a store no more.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(crate) fn remove_data_files(
        &self,
        store: StoreId,
        files: &[DataFile],
    ) -> Result<(), StoreError> {
        self.transact(|t| remove_data_files(t, store, files))
    }

    /// Lists data files of a store no more that cannot be read. The log files that were imported are not known any
    /// more, so that the next import of them finds what is missing.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(crate) fn give_up_data_files(
        &self,
        store: StoreId,
        files: &[DataFile],
    ) -> Result<(), StoreError> {
        self.transact(|t| {
            remove_data_files(t, store, files)?;
            let sql = "DELETE FROM sources WHERE store_id = ?1";
            t.execute(sql, [store.to_string()]).map(|_| ())
        })
    }

    /// Returns how much each store has that has any data file.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn sizes(&self) -> Result<HashMap<StoreId, StoreSize>, StoreError> {
        let sql =
            "SELECT store_id, count(*), sum(rows), sum(bytes) FROM data_files GROUP BY store_id";
        let sizes = self.list(sql, [], |row| {
            let count = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok((
                row.get::<_, String>(0)?,
                StoreSize { files: count(1)?, events: count(2)?, bytes: count(3)? },
            ))
        })?;
        Ok(sizes.into_iter().filter_map(|(id, size)| Some((StoreId::parse(&id)?, size))).collect())
    }

    /// Returns the earliest and latest event time, rows and bytes of a store.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn totals(&self, store: StoreId) -> Result<Totals, StoreError> {
        let connection = self.lock();
        connection
            .query_row(
                "SELECT count(*), coalesce(sum(rows), 0), coalesce(sum(bytes), 0), coalesce(sum(json_bytes), 0), \
                 min(min_time), max(max_time), count(DISTINCT day) FROM data_files WHERE store_id = ?1",
                [store.to_string()],
                rows::totals,
            )
            .map_err(|error| self.wrong(error))
    }
}

fn remove_data_files(
    transaction: &Transaction<'_>,
    store: StoreId,
    files: &[DataFile],
) -> rusqlite::Result<()> {
    let id = store.to_string();
    let sql = "DELETE FROM data_files WHERE store_id = ?1 AND path = ?2";
    let mut remove = transaction.prepare(sql)?;
    files.iter().try_for_each(|file| remove.execute([&id, &file.path]).map(|_| ()))
}

pub(super) fn insert_data_file(
    transaction: &Transaction<'_>,
    store: StoreId,
    import: &str,
    file: &DataFile,
) -> rusqlite::Result<()> {
    transaction
        .execute(
            "INSERT INTO data_files (store_id, path, format, day, rows, bytes, json_bytes, min_time, \
             max_time, import_id, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                store.to_string(),
                file.path,
                file.format.name(),
                file.day.map(|d| d.to_string()),
                integer(file.rows),
                integer(file.bytes),
                integer(file.json_bytes),
                file.min_time,
                file.max_time,
                import,
                file.sha256
            ],
        )
        .map(|_| ())
}
