//! What filters and projections make of the columns of a stripe. What is asked of one column that is stored with a
//! dictionary is evaluated once for each distinct text.

use super::bind::{Bound, Conjunct, NullTest, Projected};
use super::columns::{StripeColumns, Window};
use super::encoded::as_dictionary;
use super::scan::Explain;
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, RecordBatch, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{concat, take};
use arrow::datatypes::UInt32Type;
use datafusion::error::Result;
use std::sync::Arc;
use traillake_functions::is_true;
use traillake_orc::OrcError;

/// Which texts of a dictionary pass an expression, once it is known.
#[derive(Debug, Clone, Default)]
pub(super) enum DictionaryMask {
    #[default]
    Unknown,
    /// Each text, and last NULL.
    Of(BooleanBuffer),
    /// None of them.
    Never,
}

/// What an expression makes of the texts of a dictionary, once it is known: of each text, and last of NULL.
pub(super) type DictionaryResults = Option<ArrayRef>;

impl StripeColumns {
    /// Returns which rows pass a conjunct.
    pub(super) fn passing(
        &mut self,
        conjunct: &Conjunct,
        masks: &mut [DictionaryMask],
        window: &mut Window,
        explain: &Explain,
    ) -> Result<BooleanBuffer> {
        let mut any = BooleanBuffer::new_unset(window.kept);
        for (term, mask) in conjunct.terms.iter().zip(masks) {
            match self.evaluated(term, mask, window, explain) {
                Ok(passed) => any = &any | &passed,
                // It may fail only for rows that another term lets pass: the whole knows.
                Err(_) if term.can_fail && conjunct.terms.len() > 1 => {
                    return self.evaluated(
                        &conjunct.whole,
                        &mut DictionaryMask::Unknown,
                        window,
                        explain,
                    );
                }
                Err(error) => return Err(error),
            }
            if any.count_set_bits() == window.kept {
                break;
            }
        }
        Ok(any)
    }

    /// Evaluates a condition: by the dictionary of its column if it can, else row by row.
    fn evaluated(
        &mut self,
        bound: &Bound,
        mask: &mut DictionaryMask,
        window: &mut Window,
        explain: &Explain,
    ) -> Result<BooleanBuffer> {
        if let Some((column, test)) = bound.nulls {
            let array = self.array(column, window).map_err(explain)?;
            let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
            return Ok(match (nulls, test) {
                (Some(nulls), NullTest::IsNotNull) => nulls.into_inner(),
                (Some(nulls), NullTest::IsNull) => !nulls.inner(),
                (None, NullTest::IsNotNull) => BooleanBuffer::new_set(array.len()),
                (None, NullTest::IsNull) => BooleanBuffer::new_unset(array.len()),
            });
        }
        if let Some(passed) = self.by_dictionary(bound, mask, window).map_err(explain)? {
            return Ok(passed);
        }
        let batch = self.batch(bound, window).map_err(explain)?;
        let passed = bound.expr.evaluate(&batch)?.into_array(window.kept)?;
        Ok(is_true(passed.as_boolean()))
    }

    /// Evaluates a condition by the dictionary of its column, if it has one that is worth it.
    fn by_dictionary(
        &mut self,
        bound: &Bound,
        known: &mut DictionaryMask,
        window: &mut Window,
    ) -> Result<Option<BooleanBuffer>, OrcError> {
        let Some(column) = bound.decided_by else { return Ok(None) };
        if matches!(known, DictionaryMask::Unknown) {
            *known = self.mask(bound, column)?;
        }
        let mask = match known {
            DictionaryMask::Unknown => return Ok(None),
            DictionaryMask::Never => return Ok(Some(BooleanBuffer::new_unset(window.kept))),
            DictionaryMask::Of(mask) => mask,
        };
        let array = self.array(column, window)?;
        let Some(array) = array.as_dictionary_opt::<UInt32Type>() else { return Ok(None) };
        let keys = array.keys();
        let null = mask.value(mask.len() - 1);
        let values = keys.values();
        Ok(Some(match keys.nulls() {
            None => {
                BooleanBuffer::collect_bool(values.len(), |row| mask.value(values[row] as usize))
            }
            Some(nulls) => BooleanBuffer::collect_bool(values.len(), |row| {
                if nulls.is_valid(row) { mask.value(values[row] as usize) } else { null }
            }),
        }))
    }

    /// Evaluates a condition for the texts of a column's dictionary.
    fn mask(&mut self, bound: &Bound, column: usize) -> Result<DictionaryMask, OrcError> {
        let Some(texts) = self.dictionary(column)? else { return Ok(DictionaryMask::Unknown) };
        let Some(passed) = of_texts(bound, &texts)? else { return Ok(DictionaryMask::Unknown) };
        let passed = is_true(passed.as_boolean());
        Ok(if passed.count_set_bits() == 0 {
            DictionaryMask::Never
        } else {
            DictionaryMask::Of(passed)
        })
    }

    /// Returns a column of the result. `known` is what the same expression made of the stripe's texts, `first` the address
    /// of the stripe's first row.
    pub(super) fn projected(
        &mut self,
        projected: &Projected,
        known: &mut DictionaryResults,
        (window, first): (&mut Window, u64),
        explain: &Explain,
    ) -> Result<ArrayRef> {
        let (bound, encoded) = match projected {
            Projected::Values(bound) => (bound, false),
            Projected::Encoded(bound) => (bound, true),
            Projected::Address => return Ok(window.addresses(first)),
        };
        if let Some(column) = bound.as_column() {
            return match encoded {
                true => as_dictionary(self.array(column, window).map_err(explain)?),
                false => self.plain(column, window).map_err(explain),
            };
        }
        if let Some(column) = bound.decided_by {
            let results = self.results(bound, column, known, window).map_err(explain)?;
            if let Some(numbered) = results {
                return match encoded {
                    true => Ok(Arc::new(numbered)),
                    false => Ok(take(numbered.values(), numbered.keys(), None)?),
                };
            }
        }
        let batch = self.batch(bound, window).map_err(explain)?;
        let values = bound.expr.evaluate(&batch)?.into_array(window.kept)?;
        if encoded { as_dictionary(values) } else { Ok(values) }
    }

    /// Returns what an expression makes of the texts of a column's dictionary, with which of these each row has.
    fn results(
        &mut self,
        bound: &Bound,
        column: usize,
        known: &mut DictionaryResults,
        window: &mut Window,
    ) -> Result<Option<DictionaryArray<UInt32Type>>, OrcError> {
        let results = match known {
            Some(results) => Arc::clone(results),
            None => {
                let texts = self.dictionary(column)?;
                let Some(texts) = texts.filter(|texts| texts.len() < window.kept) else {
                    return Ok(None);
                };
                let Some(results) = of_texts(bound, &texts)? else { return Ok(None) };
                known.insert(results).clone()
            }
        };
        let array = self.array(column, window)?;
        let Some(array) = array.as_dictionary_opt::<UInt32Type>() else { return Ok(None) };
        let keys = array.keys();
        let of_null = (results.len() - 1) as u32;
        if keys.null_count() == 0 && array.values().len() <= results.len() {
            // Does not look at each number.
            return Ok(Some(array.with_values(results)));
        }
        let numbers = keys.iter().map(|key| Some(key.unwrap_or(of_null))).collect();
        Ok(DictionaryArray::try_new(numbers, results).map(Some)?)
    }
}

/// Evaluates an expression for each text, and last for NULL; `None` when it fails for one, which no row may have.
fn of_texts(bound: &Bound, texts: &ArrayRef) -> Result<Option<ArrayRef>, OrcError> {
    let null = new_null_array(texts.data_type(), 1);
    let texts = concat(&[texts.as_ref(), null.as_ref()])?;
    let rows = texts.len();
    let batch = RecordBatch::try_new(Arc::clone(&bound.schema), vec![texts])?;
    Ok(bound.expr.evaluate(&batch).and_then(|values| values.into_array(rows)).ok())
}
