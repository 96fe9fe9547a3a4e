//! `traillake completions` and `traillake man`: made of the same definitions as `--help`.

use super::super::args::{self, Arguments};
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::plural;
use clap::CommandFactory;

pub(in super::super) fn completions(
    args: &args::Completions,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "traillake", &mut text);
    printer.line(String::from_utf8_lossy(&text).trim_end())?;
    printer.flush()
}

pub(in super::super) fn pages(args: &args::Man, printer: &mut Printer) -> Result<(), Failure> {
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
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(command, folder).map_err(failed)?;
    let pages = std::fs::read_dir(folder).map_err(failed)?.flatten();
    let ours = pages.filter(|page| page.file_name().to_string_lossy().starts_with("traillake"));
    printer.say(&format!("{} in {}", plural(ours.count() as u64, "page"), folder.display()));
    Ok(())
}
