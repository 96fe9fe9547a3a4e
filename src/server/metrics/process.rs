//! The process, by the names that all programs use.

use super::one;
use traillake_http::{HttpError, Metrics, Sample};

/// Registers what is told of a process that began at a moment, in seconds since 1970 UTC.
pub(super) fn register(metrics: &Metrics, started_at: u64) -> Result<(), HttpError> {
    let build = || vec![([env!("CARGO_PKG_VERSION").to_owned()], 1)];
    metrics.read_gauges("traillake_build_info", "The version that runs", ["version"], build)?;
    let help = "When the service started, in seconds since 1970 UTC";
    metrics.read_gauges("process_start_time_seconds", help, [], move || one(started_at))?;
    let help = "Bytes of memory that the process has, on Linux";
    metrics.read_gauges("process_resident_memory_bytes", help, [], resident)
}

fn resident() -> Vec<Sample<0>> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    resident_bytes(&status).map(one).unwrap_or_default()
}

/// Reads `VmRSS:    1234 kB`.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::resident_bytes;

    #[test]
    fn the_system_tells_kilobytes() {
        assert_eq!(
            resident_bytes("Name:\tx\nVmRSS:\t  1234 kB\nRssAnon:\t 1 kB\n"),
            Some(1_263_616)
        );
        for other in ["", "VmRSS:\t12 MB", "VmRSS:\tmany kB", "VmRSS: 18446744073709551615 kB"] {
            assert_eq!(resident_bytes(other), None, "{other}");
        }
    }
}
