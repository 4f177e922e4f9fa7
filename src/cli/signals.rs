//! Signals, by which a terminal, a service manager or an operator tells the process to end or to read its certificate anew.

use std::future::poll_fn;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use actix_web::rt::time::timeout;

use super::service;
use crate::app::App;
use crate::app::certificates::Certificates;
use crate::app::ending::Ending;
use crate::domain::{Error, Result};

/// What is kept of the time to end, so that the process is over by then and not only about to be.
const SPARE: Duration = Duration::from_millis(500);

/// The exit code of a process that was not given or did not take the time to end in order.
const CUT_SHORT: i32 = 3;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// SIGTERM or SIGINT.
    End,
    /// SIGHUP.
    HangUp,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Told {
        poll_fn(|cx| {
            // A hang-up that came with being told to end is heard before it.
            if self.hang_up.poll_recv(cx).is_ready() {
                return Poll::Ready(Told::HangUp);
            }
            if self.terminate.poll_recv(cx).is_ready() || self.interrupt.poll_recv(cx).is_ready() {
                return Poll::Ready(Told::End);
            }
            Poll::Pending
        })
        .await
    }
}

/// What hears of a signal. Not the whole process: its store is closed when the last who holds it lets go.
struct Listeners {
    ending: Arc<Ending>,
    certificates: Option<Arc<Certificates>>,
    server: ServerHandle,
    patience: Duration,
    in_terminal: bool,
}

/// Listens from now on, on a thread of its own, to the end of the process.
pub(super) fn hear(app: &App, server: ServerHandle) -> Result<()> {
    let listeners = Listeners {
        ending: app.ending.clone(),
        certificates: app.certificates.clone(),
        server,
        patience: Duration::from_secs(app.config.limits.shutdown_seconds.max(1)).saturating_sub(SPARE),
        // Asked now: a terminal that hung up is none any more.
        in_terminal: std::io::stdin().is_terminal(),
    };
    in_background(move |mut signals| async move { listeners.obey(&mut signals).await })
}

/// Runs this once the process is told to end, before anything serves. Signals are heard when this returns.
pub(super) fn when_told_to_end(then: impl FnOnce() + Send + 'static) -> Result<()> {
    in_background(move |mut signals| async move {
        while signals.next().await != Told::End {}
        then();
    })
}

fn in_background<F: Future<Output = ()>>(obey: impl FnOnce(Signals) -> F + Send + 'static) -> Result<()> {
    let (begins, begun) = channel();
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            System::new().block_on(async {
                match Signals::new() {
                    Ok(signals) => {
                        drop(begins.send(Ok(())));
                        obey(signals).await;
                    }
                    Err(e) => drop(begins.send(Err(e))),
                }
            });
        })
        .map_err(Error::internal)?;
    begun.recv().map_err(Error::internal)?.map_err(|e| Error::internal(format!("cannot hear signals: {e}")))
}

impl Listeners {
    async fn obey(self, signals: &mut Signals) {
        loop {
            match signals.next().await {
                Told::HangUp if self.certificates.is_some() || !self.in_terminal => self.read_anew(),
                Told::End | Told::HangUp => break,
            }
        }
        log::info!("told to stop; requests and letters in flight are finished");
        self.ending.tell();
        service::tell_stopping();
        drop(self.server.stop(true));
        let again = async { while signals.next().await != Told::End {} };
        match timeout(self.ending.left(self.patience), again).await {
            Ok(()) => log::warn!("told to stop again, so it stops at once; everything acknowledged is on disk"),
            Err(_) => {
                log::error!("something takes longer than limits.shutdown_seconds; everything acknowledged is on disk")
            }
        }
        // Nothing needs an orderly end: it is kinder to those who wait, and that is all.
        std::process::exit(CUT_SHORT);
    }

    fn read_anew(&self) {
        match self.certificates.as_ref().map(|certificates| certificates.reload()) {
            Some(Ok(facts)) => log::info!("the certificate was read anew; it counts until {}", facts.until),
            Some(Err(e)) => log::error!("the certificate could not be read anew, and the old one stays: {}", e.chain()),
            None => log::info!("SIGHUP reads certificates anew, and there are none here"),
        }
    }
}
