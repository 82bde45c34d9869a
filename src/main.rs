//! The command `playhouse`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    playhouse::auth::token::install_crypto();
    playhouse::cli::run().await
}
