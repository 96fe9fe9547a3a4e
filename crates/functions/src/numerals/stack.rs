//! Short texts on the stack.

use std::fmt::{Arguments, Write};

/// A text of at most `N` bytes.
pub(crate) struct StackText<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Write for StackText<N> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let place = self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

impl<const N: usize> StackText<N> {
    /// Returns a text, which must fit: what does not is left out.
    pub(crate) fn of(text: Arguments<'_>) -> Self {
        let mut stack = Self { bytes: [0; N], length: 0 };
        let _ = stack.write_fmt(text);
        stack
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}
