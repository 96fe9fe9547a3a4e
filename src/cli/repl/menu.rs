//! The menu of completions, which says quietly that there are none, or none yet.

use reedline::{ColumnarMenu, Completer, Editor, Menu, MenuEvent, Painter, Suggestion};

/// What stands in place of completions where there are none.
const NOTHING: &str = "(nothing to complete)";
/// The same while they are looked for.
const LOOKING: &str = "(looking for completions)";

/// A menu in columns.
pub(super) struct QuietMenu {
    columns: ColumnarMenu,
    /// Whether completions are being looked for.
    looking: bool,
}

impl QuietMenu {
    pub(super) fn new(columns: ColumnarMenu) -> Self {
        Self { columns, looking: false }
    }
}

impl Menu for QuietMenu {
    fn name(&self) -> &str {
        self.columns.name()
    }

    fn indicator(&self) -> &str {
        self.columns.indicator()
    }

    fn is_active(&self) -> bool {
        self.columns.is_active()
    }

    fn menu_event(&mut self, event: MenuEvent) {
        self.columns.menu_event(event);
    }

    fn can_quick_complete(&self) -> bool {
        self.columns.can_quick_complete()
    }

    fn can_partially_complete(
        &mut self,
        values_updated: bool,
        editor: &mut Editor,
        completer: &mut dyn Completer,
    ) -> bool {
        let completed = self.columns.can_partially_complete(values_updated, editor, completer);
        self.looking = completer.has_pending();
        completed
    }

    fn update_values(&mut self, editor: &mut Editor, completer: &mut dyn Completer) {
        self.columns.update_values(editor, completer);
        self.looking = completer.has_pending();
    }

    fn update_working_details(
        &mut self,
        editor: &mut Editor,
        completer: &mut dyn Completer,
        painter: &Painter,
    ) {
        self.columns.update_working_details(editor, completer, painter);
        self.looking = completer.has_pending();
    }

    fn replace_in_buffer(&self, editor: &mut Editor) {
        self.columns.replace_in_buffer(editor);
    }

    fn menu_required_lines(&self, terminal_columns: u16) -> u16 {
        self.columns.menu_required_lines(terminal_columns)
    }

    fn menu_string(&self, available_lines: u16, use_ansi_coloring: bool) -> String {
        match self.get_values() {
            [] if self.looking => LOOKING.to_owned(),
            [] => NOTHING.to_owned(),
            _ => self.columns.menu_string(available_lines, use_ansi_coloring),
        }
    }

    fn min_rows(&self) -> u16 {
        self.columns.min_rows()
    }

    fn get_values(&self) -> &[Suggestion] {
        self.columns.get_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_completions_are_no_shout() {
        let mut menu = QuietMenu::new(ColumnarMenu::default());
        assert_eq!(menu.menu_string(5, true), NOTHING);
        assert_eq!(menu.menu_string(5, false), NOTHING);
        menu.looking = true;
        assert_eq!(menu.menu_string(5, true), LOOKING);
    }
}
