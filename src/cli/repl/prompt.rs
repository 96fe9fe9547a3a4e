//! The prompt: which store is asked, and where a statement goes on.

use reedline::{Color, Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus};
use std::borrow::Cow;

/// Columns from which on the prompt shows the store's name.
const MIN_NAME_COLUMNS: u16 = 60;

pub(super) struct StorePrompt {
    text: String,
    /// As wide as the first line's, so that lines stand below each other.
    more: String,
}

impl StorePrompt {
    /// A prompt for `store`, on a terminal of so many columns.
    pub(super) fn new(store: Option<&str>, columns: u16) -> Self {
        let text = match store {
            _ if columns < MIN_NAME_COLUMNS => String::new(),
            Some(store) if store != crate::store::lake::DEFAULT_STORE => {
                format!("traillake:{store}")
            }
            _ => "traillake".to_owned(),
        };
        let more = if text.is_empty() { String::new() } else { " ".repeat(text.len() - 1) + "-" };
        Self { text, more: more + "> " }
    }
}

impl Prompt for StorePrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.text)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.more)
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let found = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "nothing ",
        };
        Cow::Owned(format!(" ({found}found for {:?}) ", search.term))
    }

    fn get_prompt_color(&self) -> Color {
        Color::Reset
    }

    fn get_prompt_multiline_color(&self) -> nu_ansi_term::Color {
        nu_ansi_term::Color::Default
    }

    fn get_indicator_color(&self) -> Color {
        Color::Reset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_below_each_other() {
        for (store, columns, left) in [
            (None, 80, "traillake"),
            (Some("default"), 80, "traillake"),
            (Some("incident-42"), 80, "traillake:incident-42"),
            (Some("incident-42"), 20, ""),
        ] {
            let prompt = StorePrompt::new(store, columns);
            let first = format!(
                "{}{}",
                prompt.render_prompt_left(),
                prompt.render_prompt_indicator(PromptEditMode::Emacs)
            );
            assert_eq!(prompt.render_prompt_left(), left);
            assert_eq!(first.len(), prompt.render_prompt_multiline_indicator().len());
        }
    }
}
