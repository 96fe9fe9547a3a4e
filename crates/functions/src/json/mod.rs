//! JSON: its text, read and written, and the functions over it.
//!
//! A value of type `json` has the text that [`canonical`] makes. [`lexer`] reads JSON text and
//! [`text`] writes it; casts to and from JSON are in `cast::json` and use both. The functions with a
//! syntax of their own are in `sql_json`.

mod arrays;
mod canonical;
mod extract;
pub(crate) mod item;
pub(crate) mod lexer;
pub(crate) mod text;

pub(crate) use canonical::{Canonical, Order};

use crate::registry::Registry;

pub(crate) fn register(registry: &mut Registry) {
    arrays::register(registry);
    extract::register(registry);
}
