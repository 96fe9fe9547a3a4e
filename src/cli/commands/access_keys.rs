//! `traillake access-keys`.

use super::super::args::{AccessKeyCommand, AccessKeys};
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::{side_by_side, time};
use crate::server::access::KeyFile;

pub(crate) fn run(
    settings: &Settings,
    args: &AccessKeys,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let lake = settings.open_lake()?;
    let keys = KeyFile::of(&lake.paths().server());
    match &args.command {
        AccessKeyCommand::Create { role } => {
            let key = keys.create(*role, lake.now())?;
            printer.line(&format!("export AWS_ACCESS_KEY_ID={}", key.id))?;
            printer.line(&format!("export AWS_SECRET_ACCESS_KEY={}", key.secret.reveal()))?;
            printer.note(&format!("the key of {}; its secret is not shown again", role.told()));
        }
        AccessKeyCommand::List { json: true } => printer.json(&keys.list()?)?,
        AccessKeyCommand::List { json: false } => {
            let keys = keys.list()?;
            if keys.is_empty() {
                printer.say("no access key; traillake access-keys create makes one");
            } else {
                let head = ["id", "role", "created"].map(str::to_owned).to_vec();
                let rows = keys.iter().map(|key| {
                    let created = time(key.created.timestamp_millis());
                    vec![key.id.clone(), key.role.name().to_owned(), created]
                });
                let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
                side_by_side(&rows, &[], 0, printer)?;
            }
        }
        AccessKeyCommand::Delete { id } => {
            keys.delete(id)?;
            printer.say(&format!("deleted {id}"));
        }
    }
    printer.flush()
}
