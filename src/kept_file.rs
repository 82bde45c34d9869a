//! A small file that is made once, on first use, and only read afterwards.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;

/// What a file holds, and before that what it shall hold: it is made on first use, readable by its owner only. Of two
/// processes that make it at once both get the content of one of them. Fails when it can be neither read nor written.
pub(crate) fn kept(path: &Path, make: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<String> {
    if !path.exists() {
        create(path, &make()?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn create(path: &Path, content: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{:016x}", getrandom::u64()?));
    let draft = Draft(draft.into());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft.0)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    // A link, because it appears with its whole content and, unlike a rename, never replaces the other process's file.
    match fs::hard_link(&draft.0, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// A file that does not outlive its use.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}
