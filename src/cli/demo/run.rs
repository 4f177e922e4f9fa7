//! The command: its flags, its clock, and the order in which a demo comes up and goes away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use super::folder::{Folder, Marker};
use super::{Access, Scenario, fill, greet, open_shop};
use crate::app::{App, ManualClock};
use crate::cli::{Ended, Global, clock, serve, signals};
use crate::config::Config;
use crate::domain::{Error, Result, Timestamp};
use crate::ops::sites;
use crate::store::{ServeLock, Store};
use crate::{jobs, server};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright demo
  cartwright demo --listen 127.0.0.1:0 --json
  cartwright demo --carts 100000 --days 365 --seed 7 --data /tmp/shop
  cartwright demo --clock manual --start 2026-03-01T10:00:00Z")]
pub(in crate::cli) struct Args {
    /// Address and port, of this machine only [default: as configured, else 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How many carts the history has
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(0..=20_000_000))]
    carts: u64,
    /// How many days it is long
    #[arg(long, value_name = "D", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// Another number, another history
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The shop, its users and its keys, and nothing else
    #[arg(long)]
    empty: bool,
    /// Whether time runs by itself, or stands until POST /demo/clock moves it
    #[arg(long, value_enum, default_value = "real")]
    clock: Hand,
    /// Where the history ends and the manual clock begins, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    start: Option<String>,
    /// Print one line of JSON and nothing else
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Hand {
    /// By itself, and forward by POST /demo/clock
    Real,
    /// By hand only
    Manual,
}

pub(in crate::cli) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let captured = ("mail.transport", "captured".to_owned());
    let asked: Vec<_> = args.listen.clone().map(|listen| ("listen", listen)).into_iter().collect();
    let listen = loopback(global.load(&[asked, vec![captured.clone()]].concat())?.listen)?;
    let until = end_of_history(&args)?;
    let folder = Folder::choose(global.data.as_deref())?;
    let lock = ServeLock::take(folder.path())?;
    // The folder is given outright: a demo never comes near the one that is configured for a real shop. Nor do its
    // made-up people get letters, whatever is configured for real ones.
    let bound = server::bind(listen)?;
    let none = ("backup.every", "off".to_owned());
    let plain = [("tls.certificate", String::new()), ("tls.key", String::new())];
    let flags = [("listen", bound.address.to_string()), ("data", folder.path().display().to_string()), captured, none];
    let flags = [flags.as_slice(), &plain].concat();
    let config = global.load(&flags)?;
    let stop = listen_for_stop()?;
    let address = bound.address;
    let Some((app, access)) = prepare(&args, config, &folder, until, address, &stop)? else {
        drop(lock);
        eprintln!("stopped before the shop was ready");
        folder.close()?;
        return Ok(Ended::Done);
    };
    jobs::run_due(&app)?;
    let clock = app.clock.clone();
    let kept = (!folder.is_temporary()).then(|| folder.path().display().to_string());
    let dashboard = greet::dashboard(&app, address, &access)?;
    let shop = app.clone();
    serve::serve(app, bound, lock, move || {
        if args.json {
            greet::line(address, &access, &dashboard)?;
        } else {
            greet::hello(&shop, address, &access, &dashboard, kept.as_deref())?;
        }
        Ok(!stop.load(Ordering::SeqCst))
    })?;
    // A clock that was moved by hand must not go back when this folder is served again.
    if let Some(marker) = folder.marker()?.filter(|_| !folder.is_temporary()) {
        folder.remember(&Marker { until: clock().rfc3339(), ..marker })?;
    }
    folder.close()?;
    Ok(Ended::Done)
}

/// The address to listen on. A demo's keys are no secret, so nobody but this machine may reach it.
fn loopback(address: SocketAddr) -> Result<SocketAddr> {
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(Error::refused(
            "listen",
            format!("must be of this machine, such as 127.0.0.1:8080: a demo is for it alone, and {address} is not"),
        ))
    }
}

/// Where the history ends. A clock that runs by itself shows the present, so nothing can be asked for there.
fn end_of_history(args: &Args) -> Result<Timestamp> {
    match (&args.start, args.clock) {
        (None, _) => Ok(clock::system()()),
        (Some(_), Hand::Real) => {
            Err(Error::refused("start", "needs --clock manual: a clock that runs by itself shows the present"))
        }
        (Some(start), Hand::Manual) => Timestamp::parse_rfc3339(start).map_err(|e| e.in_field("start")),
    }
}

/// Opens the shop: with what an earlier run left in the folder, else newly made. `None` when it was told to stop.
fn prepare(
    args: &Args,
    config: Config,
    folder: &Folder,
    until: Timestamp,
    address: SocketAddr,
    stop: &AtomicBool,
) -> anyhow::Result<Option<(Arc<App>, Access)>> {
    let remembered = folder.marker()?;
    if let Some(Marker { access: Some(access), until: reached, seed, carts, days }) = &remembered {
        let reached = Timestamp::parse_rfc3339(reached)?;
        if args.start.is_some() && until < reached {
            let text = format!("must not lie before {reached}, which this folder's history has reached; leave it out");
            return Err(Error::refused("start", text).into());
        }
        eprintln!("this folder holds a demo of {carts} carts over {days} days, seed {seed}; it goes on from there");
        let app = open(args.clock, config, until.max(reached))?;
        return Ok(Some((with_shop(app, access, address)?, access.clone())));
    }
    folder.clear()?;
    let mut marker =
        Marker { seed: args.seed, carts: args.carts, days: args.days, until: until.rfc3339(), access: None };
    if args.empty {
        marker.carts = 0;
    }
    folder.remember(&marker)?;
    let app = open(args.clock, config, until)?;
    let scenario =
        Scenario { seed: args.seed, carts: args.carts, days: args.days, until, base_url: format!("http://{address}") };
    let Some(access) = make(&app.store, &scenario, args.empty, stop)? else { return Ok(None) };
    folder.remember(&Marker { access: Some(access.clone()), ..marker })?;
    Ok(Some((with_shop(app, &access, address)?, access)))
}

/// Opens the demo's pages to walk through, and lets its script be heard where they are.
fn with_shop(mut app: App, access: &Access, address: SocketAddr) -> Result<Arc<App>> {
    app.demo = Some(access.site_id.clone());
    let site_id = access.site_id.clone();
    app.store.write(move |tx| {
        let site = sites::find(tx, &site_id)?;
        sites::set(tx, &site, "origins", &format!("http://{address}"))
    })?;
    Ok(Arc::new(app))
}

fn open(hand: Hand, config: Config, now: Timestamp) -> Result<App> {
    match hand {
        Hand::Real => {
            let hand = ManualClock::running(clock::system());
            if now > clock::system()() {
                hand.set(now);
            }
            App::open_with_manual_clock(config, hand)
        }
        Hand::Manual => App::open_with_manual_clock(config, ManualClock::starting_at(now)),
    }
}

/// Makes shop and history. `None` when it was told to stop meanwhile.
fn make(store: &Store, scenario: &Scenario, empty: bool, stop: &AtomicBool) -> Result<Option<Access>> {
    let (site, access) = open_shop(store, scenario, !empty)?;
    if empty {
        return Ok(Some(access));
    }
    // Draws on standard error, and only where that is a terminal.
    let bar = ProgressBar::new(scenario.carts);
    if let Ok(style) = ProgressStyle::with_template("making {len} carts {bar:40} {percent}% {elapsed}") {
        bar.set_style(style);
    }
    let done = fill(store, &site, scenario, |carts| {
        bar.set_position(carts);
        !stop.load(Ordering::SeqCst)
    })?;
    bar.finish_and_clear();
    Ok(done.then_some(access))
}

/// From here on, being told to stop only sets this flag until the server listens for it too: a process that just died
/// would leave its temporary folder behind.
fn listen_for_stop() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    signals::when_told_to_end(move || told.store(true, Ordering::SeqCst))?;
    Ok(stop)
}
