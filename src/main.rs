//! The command `playhouse`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes some hundred small allocations on any of several threads, which the system's allocator would let wait
/// for one another.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    playhouse::auth::token::install_crypto();
    playhouse::cli::run().await
}
