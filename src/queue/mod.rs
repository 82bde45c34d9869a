//! Work that waits in a table until somebody has done it: the mechanism, without knowing what the work is.
//!
//! A queue is two tables, named by [`Names`]. A *row* is one piece of work: it is `pending` until a worker claims it,
//! `sending` while one works on it, and then finished or pending again. A *lane* is where rows go one after the other
//! (an endpoint, a mail server): a worker leases the lane as a whole, so nobody else works in it at the same time, and
//! how much is under way in a lane is known without counting anything in the database.
//!
//! ```text
//! take     a free lane with due rows becomes mine for a while       renew      and for a while longer
//! claim    due rows of my lanes become mine, as many as I ask for   give back  what I did not begin is pending again
//! finish   what I claimed is done, or due again later               settle     how the lane fares; it is free again
//! scan     the lanes that have due rows, a portion at a time        reclaim    what a dead worker held is pending again
//! ```
//!
//! What holds, and why:
//!
//! - *No row is worked on twice at once.* Claiming gives rows a `claim_id` and a lease; every write about a claimed row
//!   names that claim and changes nothing when the row has another one by then ("the lease is lost").
//! - *A cap per lane over all workers.* Work in a lane begins only while the lane's lease outlives it, so when another
//!   worker takes the lane over, nothing of the former one is under way.
//! - *A cap per tenant over all workers.* Counting a tenant's lanes and taking one would be wrong in one statement, whose
//!   snapshot is older than the locks that it gets. So lanes are taken under an advisory lock, in a statement of its own
//!   behind it: one worker at a time, for a millisecond.
//! - *Rows in due time whatever else waits.* Claims read the first due rows of a lane from an index; the number of others
//!   does not matter. Lanes are visited going round.
//! - *Time is the database's.* Leases and due times compare `now()` with `now()`. What a worker keeps in memory of them
//!   counts from before it asked, so it errs to the short side.
//!
//! Nothing here waits for a disk: a crash of Postgres can take the last claims and finishes back, and then the work is
//! done again, as after a crash of a worker. Who reads from such a queue is told at least once.
//!
//! For another queue: a table with the columns of `webhook_deliveries` that [`Names`] lists, a lane table like
//! `webhook_lanes`, the index `(property_id, lane, (attempts > 0), due_at, id) where state = 'pending'`, and a
//! [`Names`].

mod bucket;
mod health;
mod link;
mod pace;
mod sql;

pub use bucket::Bucket;
pub use health::Health;
pub use link::{Dialer, Link, Values};
pub use pace::Pace;
pub use sql::{Names, Sql, TURN};
