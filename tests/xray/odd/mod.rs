//! Records of which each has something that is seldom seen.

mod changes;
mod identities;
mod network;
mod parameters;
mod services;

use super::records::Record;

/// All of them.
pub(crate) fn odd() -> Vec<Record> {
    [
        identities::odd(),
        parameters::sent(),
        parameters::read(),
        changes::rules(),
        changes::groups(),
        changes::policies(),
        changes::encryption(),
        network::odd(),
        network::agents(),
        services::odd(),
    ]
    .concat()
}
