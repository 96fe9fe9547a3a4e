//! What a function is given, and how it reads its arguments and makes its result row by row.

mod column;

pub use column::is_true;
pub(crate) use column::{
    AnyBinaryArray, AnyStringArray, Column, Lists, Maps, Param, range_at, used_range, wrong_layout,
};

use crate::builder::{ArrayBuilder, BytesBuilder, IntoBuilder, TextBuilder, take_checked};
use crate::lambda::Lambda;
use arrow::array::{ArrayRef, AsArray, StructArray, UInt32Array};
use chrono::{DateTime, Utc};
use std::any::Any;
use std::sync::{Arc, Mutex};
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

/// An argument: a value for each row, one for all, or a lambda.
#[derive(Debug, Clone)]
pub enum Argument {
    /// One value for each row.
    Rows(ArrayRef),
    /// One value for all rows: an array of length 1.
    Constant(ArrayRef),
    /// A lambda.
    Lambda(Lambda),
}

/// One call of a function for a batch of rows.
#[derive(Debug)]
pub struct Call<'a> {
    /// The function's name.
    name: &'static str,
    arguments: &'a [Argument],
    types: &'a [Type],
    result: &'a Type,
    rows: usize,
    /// `None` for calls that do not depend on it.
    now: Option<DateTime<Utc>>,
    site: &'a Site,
}

/// What a call keeps from batch to batch: the last argument that was compiled, and its result.
#[derive(Debug, Default)]
pub struct Site(Mutex<Option<(String, Arc<dyn Any + Send + Sync>)>>);

impl<'a> Call<'a> {
    /// Returns a call of the function `name`; the rest is as in [`crate::Function::call`].
    pub(crate) fn new(
        name: &'static str,
        arguments: &'a [Argument],
        types: &'a [Type],
        result: &'a Type,
        rows: usize,
        now: Option<DateTime<Utc>>,
        site: &'a Site,
    ) -> Self {
        Self { name, arguments, types, result, rows, now, site }
    }

    /// Returns the function's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the type of the result.
    pub fn result(&self) -> &'a Type {
        self.result
    }

    /// Returns when the statement began. Only calls of which [`crate::Function::depends_on_now`] says so may ask.
    pub fn now(&self) -> DateTime<Utc> {
        debug_assert!(self.now.is_some(), "{} asks for the time", self.name);
        self.now.unwrap_or_default()
    }

    /// Returns the number of arguments.
    pub(crate) fn len(&self) -> usize {
        self.arguments.len()
    }

    /// Returns the type of an argument.
    pub(crate) fn argument_type(&self, at: usize) -> &'a Type {
        &self.types[at]
    }

    fn array_of(&self, at: usize) -> SqlResult<(&'a ArrayRef, bool)> {
        match self.arguments.get(at) {
            Some(Argument::Rows(array)) => Ok((array, false)),
            Some(Argument::Constant(array)) => Ok((array, true)),
            _ => Err(SqlError::internal(format!(
                "{}: argument {at} is a lambda, not a value",
                self.name()
            ))),
        }
    }

    /// Returns the array of an argument, and whether its only value is that of all rows.
    pub(crate) fn raw(&self, at: usize) -> SqlResult<(&'a ArrayRef, bool)> {
        self.array_of(at)
    }

    /// Returns an argument as an array with a value for each row.
    pub(crate) fn array(&self, at: usize) -> SqlResult<ArrayRef> {
        let (array, constant) = self.array_of(at)?;
        if !constant {
            return Ok(Arc::clone(array));
        }
        let first = UInt32Array::from(vec![0; self.rows]);
        take_checked(array, &first)
    }

    /// Whether an argument has one value for all rows.
    pub(crate) fn is_constant(&self, at: usize) -> bool {
        matches!(self.arguments.get(at), Some(Argument::Constant(_)))
    }

    fn wrong_argument(&self, at: usize, array: &ArrayRef) -> SqlError {
        wrong_layout(format_args!("{}: argument {at}", self.name()), array)
    }

    /// Returns the values of an argument.
    pub(crate) fn column<P: Param<'a>>(&self, at: usize) -> SqlResult<Column<'a, P>> {
        let (array, constant) = self.array_of(at)?;
        Column::open(array, constant).ok_or_else(|| self.wrong_argument(at, array))
    }

    /// Returns the value of an argument that is the same for all rows, and not NULL.
    pub(crate) fn constant<P: Param<'a>>(&self, at: usize) -> SqlResult<Option<P>> {
        if !self.is_constant(at) {
            return Ok(None);
        }
        Ok(self.column::<P>(at)?.get(0))
    }

    /// Returns the arrays of an argument.
    pub(crate) fn lists(&self, at: usize) -> SqlResult<Lists<'a>> {
        let (array, constant) = self.array_of(at)?;
        let list = array.as_list_opt().ok_or_else(|| self.wrong_argument(at, array))?;
        Ok(Lists::open(list, constant))
    }

    /// Returns the maps of an argument.
    pub(crate) fn maps(&self, at: usize) -> SqlResult<Maps<'a>> {
        let (array, constant) = self.array_of(at)?;
        let map = array.as_map_opt().ok_or_else(|| self.wrong_argument(at, array))?;
        Ok(Maps::open(map, constant))
    }

    /// Returns the rows of an argument of type `row`, with a value for each row.
    pub(crate) fn structs(&self, at: usize) -> SqlResult<StructArray> {
        let array = self.array(at)?;
        let rows = array.as_struct_opt().ok_or_else(|| self.wrong_argument(at, &array))?;
        Ok(rows.clone())
    }

    /// Returns the lambda at an argument's place.
    pub(crate) fn lambda(&self, at: usize) -> SqlResult<&'a Lambda> {
        match self.arguments.get(at) {
            Some(Argument::Lambda(lambda)) => Ok(lambda),
            _ => Err(SqlError::internal(format!(
                "{}: argument {at} is a value, not a lambda",
                self.name()
            ))),
        }
    }

    /// Returns what `compile` returns for `text`; the last result is kept for the same text. For
    /// patterns, paths and formats, which are mostly constant.
    pub(crate) fn compiled<T: Any + Send + Sync>(
        &self,
        text: &str,
        compile: impl FnOnce(&str) -> SqlResult<T>,
    ) -> SqlResult<Arc<T>> {
        let mut kept = self.site.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((known, value)) = &*kept
            && known == text
            && let Ok(value) = Arc::clone(value).downcast::<T>()
        {
            return Ok(value);
        }
        let value = Arc::new(compile(text)?);
        *kept = Some((text.to_owned(), Arc::clone(&value) as _));
        Ok(value)
    }

    /// Makes the result from `f` of each row; `None` is NULL.
    pub(crate) fn each<R: IntoBuilder>(
        &self,
        mut f: impl FnMut(usize) -> SqlResult<Option<R>>,
    ) -> SqlResult<ArrayRef> {
        let mut out = R::builder(self.rows);
        for row in 0..self.rows {
            match f(row)? {
                Some(value) => value.append_to(&mut out),
                None => out.null(),
            }
        }
        out.finish(self.result)
    }

    /// Makes a text result: `f` appends the text of a row, and returns whether it is not NULL.
    pub(crate) fn each_text(
        &self,
        mut f: impl FnMut(usize, &mut String) -> SqlResult<bool>,
    ) -> SqlResult<ArrayRef> {
        let mut out = TextBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            out.append(|text| f(row, text))?;
        }
        out.finish(self.result)
    }

    /// Makes a varbinary result: `f` appends the bytes of a row, and returns whether it is not NULL.
    pub(crate) fn each_bytes(
        &self,
        mut f: impl FnMut(usize, &mut Vec<u8>) -> SqlResult<bool>,
    ) -> SqlResult<ArrayRef> {
        let mut out = BytesBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            out.append(|bytes| f(row, bytes))?;
        }
        out.finish(self.result)
    }

    /// Makes the result from one argument, row by row; NULL gives NULL.
    pub(crate) fn map1<A: Param<'a>, R: IntoBuilder>(
        &self,
        mut f: impl FnMut(A) -> SqlResult<R>,
    ) -> SqlResult<ArrayRef> {
        let a = self.column::<A>(0)?;
        self.each(|row| a.get(row).map(&mut f).transpose())
    }

    /// Makes the result from two arguments, row by row; NULL gives NULL.
    pub(crate) fn map2<A: Param<'a>, B: Param<'a>, R: IntoBuilder>(
        &self,
        mut f: impl FnMut(A, B) -> SqlResult<R>,
    ) -> SqlResult<ArrayRef> {
        let (a, b) = (self.column::<A>(0)?, self.column::<B>(1)?);
        self.each(|row| match (a.get(row), b.get(row)) {
            (Some(a), Some(b)) => f(a, b).map(Some),
            _ => Ok(None),
        })
    }

    /// Makes the result from three arguments, row by row; NULL gives NULL.
    pub(crate) fn map3<A: Param<'a>, B: Param<'a>, C: Param<'a>, R: IntoBuilder>(
        &self,
        mut f: impl FnMut(A, B, C) -> SqlResult<R>,
    ) -> SqlResult<ArrayRef> {
        let (a, b, c) = (self.column::<A>(0)?, self.column::<B>(1)?, self.column::<C>(2)?);
        self.each(|row| match (a.get(row), b.get(row), c.get(row)) {
            (Some(a), Some(b), Some(c)) => f(a, b, c).map(Some),
            _ => Ok(None),
        })
    }

    /// Makes a text result from one argument: `f` appends it.
    pub(crate) fn text1<A: Param<'a>>(
        &self,
        mut f: impl FnMut(A, &mut String) -> SqlResult<()>,
    ) -> SqlResult<ArrayRef> {
        let a = self.column::<A>(0)?;
        self.each_text(|row, out| match a.get(row) {
            Some(a) => f(a, out).map(|()| true),
            None => Ok(false),
        })
    }

    /// Makes a text result from two arguments: `f` appends it.
    pub(crate) fn text2<A: Param<'a>, B: Param<'a>>(
        &self,
        mut f: impl FnMut(A, B, &mut String) -> SqlResult<()>,
    ) -> SqlResult<ArrayRef> {
        let (a, b) = (self.column::<A>(0)?, self.column::<B>(1)?);
        self.each_text(|row, out| match (a.get(row), b.get(row)) {
            (Some(a), Some(b)) => f(a, b, out).map(|()| true),
            _ => Ok(false),
        })
    }

    /// Makes a text result from three arguments: `f` appends it.
    pub(crate) fn text3<A: Param<'a>, B: Param<'a>, C: Param<'a>>(
        &self,
        mut f: impl FnMut(A, B, C, &mut String) -> SqlResult<()>,
    ) -> SqlResult<ArrayRef> {
        let (a, b, c) = (self.column::<A>(0)?, self.column::<B>(1)?, self.column::<C>(2)?);
        self.each_text(|row, out| match (a.get(row), b.get(row), c.get(row)) {
            (Some(a), Some(b), Some(c)) => f(a, b, c, out).map(|()| true),
            _ => Ok(false),
        })
    }
}
