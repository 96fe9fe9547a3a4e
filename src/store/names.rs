//! How a store is called.

use super::error::StoreError;
use uuid::Uuid;

/// Identity of an event data store: the last part of its ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreId(Uuid);

impl StoreId {
    /// Returns a new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Reads an id as `SELECT ... FROM` writes it.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten().map(Self)
    }
}

impl std::fmt::Display for StoreId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Name of an event data store: 3 to 128 of `[a-zA-Z0-9._-]`, unique in a lake without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreName(String);

impl StoreName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`StoreError::BadName`] when it is too short, too long or has other characters, or is an id,
    /// which would be mistaken for one.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let fine = (3..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            && StoreId::parse(text).is_none();
        if fine { Ok(Self(text.to_owned())) } else { Err(StoreError::BadName(text.to_owned())) }
    }

    /// Returns the name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_rules() {
        for good in ["default", "a.b", "My-Store_2026"] {
            assert_eq!(StoreName::parse(good).unwrap().as_str(), good);
        }
        let id = StoreId::random().to_string();
        assert_eq!(StoreId::parse(&id).unwrap().to_string(), id);
        for bad in ["", "ab", "a b", "é-é-é", "a/../b", &id, &"x".repeat(129)] {
            assert!(StoreName::parse(bad).is_err(), "{bad}");
        }
    }
}
