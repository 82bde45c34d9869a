//! What a server asks outside of itself and its database.

use std::{fmt, sync::Arc};

use crate::{
    clock::Clock,
    webhooks::lookup::{Lookup, System},
};

/// The time and the addresses of names; a test brings its own. The default is the machine's.
#[derive(Clone)]
pub struct Outside {
    /// Where the time comes from.
    pub clock: Clock,
    /// Who knows where the names of webhooks lead.
    pub names: Arc<dyn Lookup>,
}

impl Default for Outside {
    fn default() -> Self {
        Self { clock: Clock::default(), names: Arc::new(System) }
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("clock", &self.clock).finish_non_exhaustive()
    }
}
