//! What processes cost, as `/proc` tells; where there is no `/proc` nothing is known and nothing fails.

use std::{fs, time::Duration};

/// A tick in `/proc`, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of a process and of its children that have ended.
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    stat(pid).map(|stat| stat.own + stat.ended_children)
}

/// CPU time of a process and of all its children, living and ended; how Postgres is built.
pub(crate) fn cpu_of_family(parent: u32) -> Option<Duration> {
    let living = fs::read_dir("/proc").ok()?.flatten();
    let children = living.filter_map(|entry| stat(entry.file_name().to_str()?.parse().ok()?));
    Some(cpu(parent)? + children.filter(|stat| stat.parent == parent).map(|stat| stat.own).sum::<Duration>())
}

/// CPU time of this thread. The kernel brings it up to date a few hundred times a second, so measure over seconds.
pub(crate) fn cpu_of_this_thread() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// The process that started another one.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    stat(pid).map(|stat| stat.parent)
}

/// Resident memory in bytes, the mapped part of the program's file included.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    memory(pid, "VmRSS:")
}

/// The most resident memory in bytes since the process began, or since [`forget_peak`].
pub(crate) fn peak(pid: u32) -> Option<u64> {
    memory(pid, "VmHWM:")
}

/// Lets the peak begin anew from what is resident now; nothing when that cannot be done.
pub(crate) fn forget_peak(pid: u32) -> Option<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").ok()
}

fn memory(pid: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

struct Stat {
    parent: u32,
    own: Duration,
    ended_children: Duration,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the parenthesis may contain anything.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |from: usize| -> Option<Duration> {
        let (user, system): (u32, u32) = (fields.get(from)?.parse().ok()?, fields.get(from + 1)?.parse().ok()?);
        Some(TICK * (user + system))
    };
    Some(Stat { parent: fields.get(1)?.parse().ok()?, own: ticks(11)?, ended_children: ticks(13)? })
}
