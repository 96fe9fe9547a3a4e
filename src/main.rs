//! The program `traillake`; everything it does is in the library.

use std::process::ExitCode;
use std::thread;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of the thread that plans statements, of which only what is used takes memory: plans are walked, copied and
/// dropped by recursion, one level for each join, operator and subquery that stands within another.
const STACK_BYTES: usize = 256 << 20;

fn main() -> ExitCode {
    let work = || traillake::cli::run(std::env::args_os());
    match thread::Builder::new().name("main".to_owned()).stack_size(STACK_BYTES).spawn(work) {
        // A panic was printed where it happened; 101 is Rust's own code for it.
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(101)),
        Err(_) => work(),
    }
}
