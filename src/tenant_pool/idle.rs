//! Links that wait for the next request, and which of them it gets.

use std::{collections::VecDeque, time::Instant};

use crate::tenant::PropertyId;

/// The waiting links, the one that waits longest first.
#[derive(Debug)]
pub(super) struct Idle<L>(VecDeque<Waiting<L>>);

#[derive(Debug)]
struct Waiting<L> {
    link: L,
    carries: Option<PropertyId>,
    since: Instant,
}

impl<L> Default for Idle<L> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<L> Idle<L> {
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Lets a link wait, with the tenant that it carries.
    pub(super) fn put(&mut self, link: L, carries: Option<PropertyId>, now: Instant) {
        self.0.push_back(Waiting { link, carries, since: now });
    }

    /// The link that suits a tenant best: one that carries it and was used last, since its memory is warm; else one
    /// that carries nobody; else the one that waited longest, whose tenant is the least likely to come back.
    pub(super) fn take(&mut self, property: PropertyId) -> Option<L> {
        let carrying = self.0.iter().rposition(|waiting| waiting.carries == Some(property));
        let place = carrying.or_else(|| self.0.iter().position(|waiting| waiting.carries.is_none())).unwrap_or(0);
        self.0.remove(place).map(|waiting| waiting.link)
    }

    /// Takes out those that wait since `before` or longer, as long as more than `keep` wait.
    pub(super) fn expired(&mut self, before: Instant, keep: usize) -> Vec<L> {
        let spare = self.0.len().saturating_sub(keep);
        let old = self.0.iter().take(spare).take_while(|waiting| waiting.since <= before).count();
        self.0.drain(..old).map(|waiting| waiting.link).collect()
    }

    /// Takes out all.
    pub(super) fn drain(&mut self) -> Vec<L> {
        self.0.drain(..).map(|waiting| waiting.link).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    fn tenants() -> [PropertyId; 3] {
        [1, 2, 3].map(|number| PropertyId(Uuid::from_u128(number)))
    }

    #[test]
    fn a_link_that_carries_the_tenant_comes_first_and_of_several_the_last_used() {
        let ([a, b, _], now) = (tenants(), Instant::now());
        let mut idle = Idle::default();
        for (name, carries) in [("first a", Some(a)), ("nobody", None), ("second a", Some(a)), ("b", Some(b))] {
            idle.put(name, carries, now);
        }
        let taken: Vec<_> = (0..5).map(|_| idle.take(a)).collect();
        assert_eq!(taken, [Some("second a"), Some("first a"), Some("nobody"), Some("b"), None]);
    }

    #[test]
    fn a_stranger_gets_the_link_that_waited_longest() {
        let ([a, b, c], now) = (tenants(), Instant::now());
        let mut idle = Idle::default();
        idle.put("a", Some(a), now);
        idle.put("b", Some(b), now);
        assert_eq!(idle.take(c), Some("a"));
    }

    #[test]
    fn the_oldest_expire_and_a_few_stay() {
        let ([a, ..], now) = (tenants(), Instant::now());
        let after = |seconds| now + Duration::from_secs(seconds);
        let mut idle = Idle::default();
        (0..5).for_each(|second| idle.put(second, Some(a), after(second)));
        assert_eq!(idle.expired(after(1), 2), [0, 1]);
        assert_eq!(idle.expired(after(9), 2), [2]);
        assert!(idle.expired(after(9), 2).is_empty());
        assert_eq!(idle.len(), 2);
    }
}
