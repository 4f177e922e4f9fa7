//! How many calls a minute somebody may make.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::{HttpRequest, web};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::{AppData, visitor};
use crate::app::App;
use crate::domain::Site;
use crate::domain::keys::hash_key;
use crate::ops::access::Caller;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// Idle callers of a limiter are forgotten every so many calls of it.
const SWEEP_EVERY: u32 = 4_096;

/// Calls a minute that a browser makes at most, and those above which it does not look like a person's.
const PER_VISITOR: u32 = 240;
const PER_PERSON: u32 = 60;

/// Tries to sign in, a minute: of one address, and of one account from wherever.
const SIGN_INS_PER_ADDRESS: u32 = 10;
const SIGN_INS_PER_ACCOUNT: u32 = 20;

/// What one caller has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Calls a minute; 0: there is no limit.
    pub limit: u32,
    /// Calls that may follow at once.
    pub remaining: u32,
    /// Seconds until all of them are back.
    pub reset_secs: u64,
}

impl Allowance {
    const UNLIMITED: Allowance = Allowance { limit: 0, remaining: 0, reset_secs: 0 };
}

/// Too many calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Calls a minute.
    pub limit: u32,
    /// Seconds until the next call is let through, at least 1.
    pub retry_after_secs: u64,
}

/// The limits of a process, over all its workers.
#[derive(Default)]
pub struct RateLimits {
    keys: Limiters<i64>,
    addresses: Limiters<(i64, IpAddr)>,
    strangers: Limiters<IpAddr>,
    callers: Limiters<IpAddr>,
    shown_keys: Limiters<[u8; 32]>,
    visitors: Limiters<(i64, String)>,
    sign_ins: Limiters<IpAddr>,
    accounts: Limiters<String>,
}

impl RateLimits {
    /// Counts a call of a key from an address, by the shop's limits, else the process's.
    pub fn admit(&self, app: &App, caller: &Caller, address: Option<IpAddr>) -> Result<Allowance, Exceeded> {
        let (limits, settings) = (&app.config.limits, &caller.site.settings);
        if let Some(address) = address {
            let per_minute = settings.per_address_per_minute().unwrap_or(limits.per_address_per_minute);
            self.addresses.admit(&(caller.site.no.0, address), per_minute)?;
        }
        self.keys.admit(&caller.key.no, settings.per_key_per_minute().unwrap_or(limits.per_key_per_minute))
    }

    /// Counts a call of a browser on a shop's page. Returns whether there are more than a person makes.
    pub fn admit_visitor(
        &self,
        app: &App,
        site: &Site,
        visitor: &str,
        address: Option<IpAddr>,
    ) -> Result<bool, Exceeded> {
        if let Some(address) = address {
            let per_minute = site.settings.per_address_per_minute().unwrap_or(app.config.limits.per_address_per_minute);
            self.addresses.admit(&(site.no.0, address), per_minute)?;
        }
        let key = (site.no.0, visitor.to_owned());
        if self.visitors.admit(&key, PER_PERSON).is_ok() {
            return Ok(false);
        }
        // The first are counted already.
        self.visitors.admit(&key, PER_VISITOR - PER_PERSON).map(|_| true)
    }
}

impl RateLimits {
    /// Counts a call that needs no key, from an address, over all shops. Of version 6 the first 64 bits count: the
    /// rest is everybody's own to choose.
    pub fn admit_stranger(&self, address: IpAddr, per_minute: u32) -> Result<Allowance, Exceeded> {
        self.strangers.admit(&household(address), per_minute)
    }

    /// Counts a try to sign in: from an address, and to an account by its name, so that neither one machine tries many
    /// nor many machines try one.
    pub fn admit_sign_in(&self, address: Option<IpAddr>, account: &str) -> Result<(), Exceeded> {
        if let Some(address) = address {
            self.sign_ins.admit(&household(address), SIGN_INS_PER_ADDRESS)?;
        }
        self.accounts.admit(&account.to_lowercase(), SIGN_INS_PER_ACCOUNT).map(drop)
    }
}

/// Counts a call of a vendor's interface: from its address, and by the key that it shows, before anybody looks the key up. A
/// key that nobody has is counted too, so guessing is no way around it. The process's numbers hold; a shop's own are for REST.
pub fn admit_call(request: &HttpRequest, key: Option<&str>) -> Result<(), Exceeded> {
    let (Some(app), Some(limits)) = (request.app_data::<AppData>(), request.app_data::<web::Data<RateLimits>>()) else {
        return Ok(());
    };
    let configured = &app.config.limits;
    if let Some(address) = visitor::address(request) {
        limits.callers.admit(&household(address), configured.per_address_per_minute)?;
    }
    match key {
        Some(key) => limits.shown_keys.admit(&hash_key(key), configured.per_key_per_minute).map(drop),
        None => Ok(()),
    }
}

/// The network that one household or office has for itself.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

/// One limiter for each number of calls that somebody configured: there are few.
struct Limiters<K: Hash + Eq + Clone>(Mutex<Vec<(u32, Arc<Limiter<K>>)>>);

/// A limiter, and how often it was asked. Two that are asked by turns would sweep only one of them by a common number.
struct Limiter<K: Hash + Eq + Clone> {
    keyed: Keyed<K>,
    calls: AtomicU32,
}

impl<K: Hash + Eq + Clone> Default for Limiters<K> {
    fn default() -> Self {
        Limiters(Mutex::new(Vec::new()))
    }
}

impl<K: Hash + Eq + Clone> Limiters<K> {
    fn admit(&self, key: &K, per_minute: u32) -> Result<Allowance, Exceeded> {
        let Some(quota) = NonZeroU32::new(per_minute).map(Quota::per_minute) else {
            return Ok(Allowance::UNLIMITED);
        };
        let limiter = self.limiter(per_minute, quota);
        if limiter.calls.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            limiter.keyed.retain_recent();
        }
        match limiter.keyed.check_key(key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = u64::from(per_minute.saturating_sub(remaining));
                Ok(Allowance { limit: per_minute, remaining, reset_secs: (used * 60).div_ceil(u64::from(per_minute)) })
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(Exceeded { limit: per_minute, retry_after_secs: wait.as_secs() + 1 })
            }
        }
    }

    fn limiter(&self, per_minute: u32, quota: Quota) -> Arc<Limiter<K>> {
        // A thread that panicked while holding this left a complete list behind.
        let mut limiters = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, limiter)) = limiters.iter().find(|(limit, _)| *limit == per_minute) {
            return limiter.clone();
        }
        let keyed = RateLimiter::keyed(quota).with_middleware();
        let limiter = Arc::new(Limiter { keyed, calls: AtomicU32::new(0) });
        limiters.push((per_minute, limiter.clone()));
        limiter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_who_went_away_are_forgotten_by_limiters_that_are_asked_by_turns() {
        // One call is over after a fifth of a millisecond, and three hundred thousand calls take longer than that.
        let limits: Limiters<u32> = Limiters::default();
        for caller in 0..150_000 {
            for per_minute in [300_000, 200_000] {
                assert!(limits.admit(&caller, per_minute).is_ok());
            }
        }
        let limiters = limits.0.lock().expect("nobody panicked");
        for (per_minute, limiter) in limiters.iter() {
            assert!(limiter.keyed.len() < 100_000, "{} callers of {per_minute} are remembered", limiter.keyed.len());
        }
    }
}
