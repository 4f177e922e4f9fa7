//! The mailer of a process: the transport that was chosen, the conversation that it keeps open, and how many letters
//! left in the last minute.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::envelope::Envelope;
use super::smtp::{self, Route, Session};
use super::transport::{Said, Transport};
use crate::config::{Config, Mail};
use crate::domain::Timestamp;

/// What a process sends letters with.
pub struct Mailer {
    transport: Transport,
    /// The host of the public address, which a mail server is told as our name.
    hello: String,
    per_minute: usize,
    state: Mutex<State>,
    /// Whether the letter that is at the server was let go: from then on it may be taken.
    let_go: AtomicBool,
}

/// Seconds without a try after a server could not be reached: a thousand letters would else each wait for it, and a
/// wrong password be tried until the account is locked.
const PAUSE: i64 = 60;

#[derive(Default)]
struct State {
    session: Option<Session>,
    /// Until when the server is left alone.
    pause_until: Option<Timestamp>,
    /// When the letters of the last minute left.
    left_at: VecDeque<Timestamp>,
}

/// The host of the public address, which a mail server is told as our name.
pub fn hello(config: &Config) -> String {
    let host = config.public_url.as_deref().and_then(|url| url.split("://").nth(1));
    let host = host.and_then(|rest| rest.split(['/', ':']).next()).filter(|host| !host.is_empty());
    host.unwrap_or("localhost").to_owned()
}

impl Mailer {
    /// The mailer that a configuration describes. Nothing is connected yet.
    pub fn of(config: &Config) -> Self {
        let transport = match &config.mail {
            Mail::Captured => Transport::Captured,
            Mail::Smtp => Transport::Smtp(Box::new(config.smtp.clone())),
            Mail::Folder(folder) => Transport::Folder(folder.clone()),
            Mail::Stdout => Transport::Stdout,
        };
        Mailer {
            transport,
            hello: hello(config),
            per_minute: config.mail_per_minute as usize,
            state: Mutex::default(),
            let_go: AtomicBool::new(false),
        }
    }

    /// Whether letters leave the machine's own store.
    pub fn is_real(&self) -> bool {
        self.transport.is_real()
    }

    /// Until when no letter may leave: so many left in the last minute, or the server could not be reached.
    pub fn busy_until(&self, now: Timestamp) -> Option<Timestamp> {
        let mut state = self.state();
        while state.left_at.front().is_some_and(|at| at.plus(60) <= now) {
            state.left_at.pop_front();
        }
        if let Some(until) = state.pause_until.filter(|until| now < *until) {
            return Some(until);
        }
        let full = self.per_minute > 0 && state.left_at.len() >= self.per_minute;
        state.left_at.front().filter(|_| full).map(|at| at.plus(60))
    }

    /// Hands a letter over. `may_go` is asked at the last moment at which it can be held back.
    pub fn send(&self, envelope: &Envelope, return_path: &str, may_go: &mut dyn FnMut() -> bool) -> Said {
        let mut state = self.state();
        if self.per_minute > 0 {
            state.left_at.push_back(envelope.at);
        }
        let session = &mut state.session;
        self.let_go.store(false, Ordering::SeqCst);
        // Set before it is asked: whoever finds it unset and forbids letters from then on knows that none left.
        let mut may_go = || {
            self.let_go.store(true, Ordering::SeqCst);
            let may = may_go();
            self.let_go.store(may, Ordering::SeqCst);
            may
        };
        let may_go = &mut may_go;
        // Letters hold what strangers wrote; a library that panics on one must not stop all others.
        let sent = catch_unwind(AssertUnwindSafe(|| match &self.transport {
            Transport::Smtp(server) => {
                let eml = envelope.eml();
                smtp::send(
                    server,
                    session,
                    &Route { hello: &self.hello, return_path, to: &envelope.to, eml: &eml },
                    may_go,
                )
            }
            local if may_go() => local.send(envelope),
            _ => Said::Withdrawn,
        }));
        let said = sent.unwrap_or_else(|_| {
            *session = None;
            Said::Unknown("the letter made the mailer fail; the log says how".into())
        });
        if matches!(said, Said::Unreachable(_)) {
            state.pause_until = Some(envelope.at.plus(PAUSE));
        }
        said
    }

    /// Whether the last letter that was handed over got as far as being let go, so that it may have been taken.
    pub fn let_one_go(&self) -> bool {
        self.let_go.load(Ordering::SeqCst)
    }

    /// Ends the conversation that is kept open, when nothing is to be sent for now: a server counts open ones.
    pub fn rest(&self) {
        if let Some(session) = self.state().session.take() {
            smtp::close(session);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left at worst a conversation that is found broken when it is used.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
