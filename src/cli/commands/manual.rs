//! `traillake completions` and `traillake man`: made of the same definitions as `--help`.

use super::super::args::{self, Arguments};
use super::super::exit::Failure;
use super::super::output_file::{Existing, OutputFile};
use super::super::printer::Printer;
use super::plural;
use super::query::temporary_folder;
use clap::CommandFactory;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The line by which manual pages of traillake are recognised.
const TITLE: &[u8] = b".TH traillake";

pub(crate) fn completions(args: &args::Completions, printer: &mut Printer) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "traillake", &mut text);
    printer.line(String::from_utf8_lossy(&text).trim_end())?;
    printer.flush()
}

pub(crate) fn pages(args: &args::Man, printer: &mut Printer) -> Result<(), Failure> {
    let command = Arguments::command();
    let Some(folder) = &args.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(Failure::Print)?;
        printer.line(String::from_utf8_lossy(&page).trim_end())?;
        return printer.flush();
    };
    let failed = |error: std::io::Error| {
        Failure::Io(format!("cannot write to {}: {error}", folder.display()))
    };
    let made = temporary_folder()?;
    clap_mangen::generate_to(command, made.path()).map_err(failed)?;
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(made.path()).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let page = std::fs::read(entry.path()).map_err(failed)?;
        pages.push((folder.join(entry.file_name()), page));
    }
    std::fs::create_dir_all(folder).map_err(failed)?;
    pages.iter().try_for_each(|(path, _)| may_be_replaced(path))?;
    for (path, page) in &pages {
        let mut file = OutputFile::create(path, Existing::Replace)?;
        file.write_all(page).map_err(failed)?;
        file.persist()?;
    }
    printer.say(&format!("{} in {}", plural(pages.len() as u64, "page"), folder.display()));
    Ok(())
}

/// Refuses to replace a file that is not a manual page of ours.
fn may_be_replaced(path: &Path) -> Result<(), Failure> {
    match std::fs::read(path) {
        Ok(there) if there.windows(TITLE.len()).any(|bytes| bytes == TITLE) => Ok(()),
        Ok(_) => {
            let what = "already exists, and is not a manual page of traillake";
            Err(Failure::Io(format!("{} {what}; nothing is written", path.display())))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::Io(format!("{}: {error}", path.display()))),
    }
}
