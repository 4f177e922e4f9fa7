//! The operator's door: one file per command. Here are the flags that every command takes, and how a failure
//! becomes an exit code.

/// Writes a line to standard output. `println!` panics when nobody reads any more, as behind `| head -1`.
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::write_line(format_args!($($text)*)) };
}

mod ahead;
mod backup;
mod bounce;
mod clock;
mod config;
mod coupon;
pub mod demo;
mod doctor;
mod explain;
pub mod export;
mod healthcheck;
mod here;
pub mod import;
mod key;
mod logging;
mod loyalty;
mod mail;
mod privacy;
mod restore;
mod send_test_email;
mod sequence;
mod serve;
mod service;
mod signals;
mod site;
mod source;
mod stats;
mod suppressions;
mod user;
mod webhooks;

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::Config;
use crate::domain::{Error, Result, Site};
use crate::ops::sites;
use crate::store::Store;

/// Wins back abandoned carts and rewards customers: one process, one file, four vendors' interfaces.
#[derive(Parser)]
#[command(
    name = "cartwright",
    version,
    about,
    max_term_width = 100,
    after_help = "\
Examples:
  cartwright demo                 a shop with carts, letters and purchases, to look at
  cartwright                      serve ./data on 127.0.0.1:8080 (the same as `cartwright serve`)
  cartwright site add --site-id my-shop --account-id my_shop --name \"My shop\"
  cartwright key create --site my-shop --scopes all

Exit codes: 0 done, 1 the check found something, 2 wrong usage or configuration, 3 failed."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Flags that go before or after the command.
#[derive(Args, Clone, Default)]
struct Global {
    /// Configuration file [default: ./cartwright.toml where there is one]
    #[arg(long, global = true, value_name = "FILE", env = "CARTWRIGHT_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the database [default: ./data]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Log more; twice, still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Subcommand)]
enum Command {
    /// Serve all interfaces from one data folder (this is also what no command does)
    Serve(serve::Args),
    /// Serve a made-up shop with carts, letters, purchases and loyalty members
    Demo(demo::Args),
    /// Write, show or check the configuration
    Config(config::Args),
    /// Add shops, list them, change their settings
    Site(site::Args),
    /// Make, bring along, list and revoke keys
    Key(key::Args),
    /// Add people, list them, set their passwords
    User(user::Args),
    /// Read an archive into a shop
    Import(import::Args),
    /// Write a shop's archive
    Export(export::Args),
    /// Copy the database, and check the copy
    Backup(backup::Args),
    /// Put a copy in the place of the database, or take that back
    Restore(restore::Args),
    /// Say why a cart's shopper was written to or not
    Explain(explain::Args),
    /// Show and change the letters about abandoned carts
    Sequence(sequence::Args),
    /// Make coupons, fill their pools with codes, switch them on and off
    Coupon(coupon::Args),
    /// Set loyalty campaigns up, list and change them
    Loyalty(loyalty::Args),
    /// Send a letter to yourself, by the way that is configured
    SendTestEmail(send_test_email::Args),
    /// Let letters leave again that the breaker held back
    Mail(mail::Args),
    /// Take in a delivery report or feedback report, from a mail server's pipe
    Bounce(bounce::Args),
    /// Hold the kept figures against the rows, make them anew, or judge opens and clicks again
    Stats(stats::Args),
    /// Take back a burst of opt-outs that came through one door
    Suppressions(suppressions::Args),
    /// Show everything that is kept about a person, and erase it
    Privacy(privacy::Args),
    /// Tell other programs what happens: endpoints, and what is on its way to them
    Webhooks(webhooks::Args),
    /// Ask a running server whether it is well
    Healthcheck(healthcheck::Args),
    /// Say what is wrong with this machine and a shop's letters, and let the letters out to real people
    Doctor(doctor::Args),
    /// Say which version this is
    #[command(after_help = "Example:\n  cartwright version")]
    Version,
}

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// It did what it was asked to.
    Done,
    /// It was asked to check something, and found something.
    Found,
}

/// Runs the command line of this process and returns its exit code.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = command().try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are "errors" that go to standard output and end with 0; wrong usage ends with 2.
            let code = e.exit_code();
            return if e.print().is_ok() { ExitCode::from(u8::try_from(code).unwrap_or(2)) } else { ExitCode::from(3) };
        }
    };
    match dispatch(cli) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Found) => ExitCode::from(1),
        Err(e) => {
            eprintln!("cartwright: {}", sentence(&e));
            ExitCode::from(exit_code(&e))
        }
    }
}

/// The command line, with the examples of a command shown for each of its parts too.
fn command() -> clap::Command {
    Cli::command().mut_subcommands(|command| {
        let examples = command.get_after_help().cloned();
        command.mut_subcommands(|part| match &examples {
            Some(examples) => part.after_help(examples.clone()),
            None => part,
        })
    })
}

/// An error with its causes. One that only wraps its cause says the same as it, and is said once.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A failure that input or configuration caused is wrong usage; everything else is ours.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Error>() {
        Some(Error::NotFound { .. } | Error::Invalid { .. } | Error::Conflict(_)) => 2,
        Some(Error::Internal(_)) | None => 3,
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<Ended> {
    let global = cli.global;
    match cli.command.unwrap_or(Command::Serve(serve::Args::default())) {
        Command::Serve(args) => serve::run(&global, args),
        Command::Demo(args) => demo::run(&global, args),
        Command::Config(args) => config::run(&global, args),
        Command::Site(args) => site::run(&global, args),
        Command::Key(args) => key::run(&global, args),
        Command::User(args) => user::run(&global, args),
        Command::Import(args) => import::run(&global, args),
        Command::Export(args) => export::run(&global, args),
        Command::Backup(args) => backup::run(&global, args),
        Command::Restore(args) => restore::run(&global, args),
        Command::Explain(args) => explain::run(&global, args),
        Command::Loyalty(args) => loyalty::run(&global, args),
        Command::Sequence(args) => sequence::run(&global, args),
        Command::Coupon(args) => coupon::run(&global, args),
        Command::SendTestEmail(args) => send_test_email::run(&global, args),
        Command::Mail(args) => mail::run(&global, args),
        Command::Bounce(args) => bounce::run(&global, args),
        Command::Stats(args) => stats::run(&global, args),
        Command::Suppressions(args) => suppressions::run(&global, args),
        Command::Privacy(args) => privacy::run(&global, args),
        Command::Webhooks(args) => webhooks::run(&global, args),
        Command::Healthcheck(args) => healthcheck::run(&global, args),
        Command::Doctor(args) => doctor::run(&global, args),
        Command::Version => {
            say!("cartwright {} (SQLite {})", env!("CARGO_PKG_VERSION"), crate::store::sqlite_version());
            Ok(Ended::Done)
        }
    }
}

impl Global {
    /// The configuration with these flags on top, and logging set up by it.
    fn load(&self, more: &[(&'static str, String)]) -> Result<Config> {
        let mut flags = more.to_vec();
        if let Some(data) = &self.data {
            flags.push(("data", data.display().to_string()));
        }
        match self.verbose {
            0 => {}
            1 => flags.push(("log", "debug".into())),
            _ => flags.push(("log", "trace".into())),
        }
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let config = Config::load(&flags, variable, self.config.as_deref())?;
        logging::begin(&config);
        Ok(config)
    }

    /// The store of the configured folder, for commands that work beside a server or without one.
    fn store(&self) -> Result<Store> {
        let config = self.load(&[])?;
        restore::not_beneath_a_server(&config.data)?;
        Store::open(&config.data, clock::system())
    }
}

/// The site of `--site`, or what to do next.
fn find_site(store: &Store, site_id: &str) -> Result<Site> {
    store.read(|tx| sites::find(tx, site_id)).map_err(|e| match e {
        Error::NotFound { .. } => Error::refused(
            "site",
            format!("`{site_id}` is not here; `cartwright site list` shows what is, `cartwright site add` adds one"),
        ),
        other => other,
    })
}

/// One line of JSON on standard output, for scripts.
fn print_json(value: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{value}").and_then(|()| out.flush());
    Ok(written.or_else(unless_nobody_reads)?)
}

fn write_line(text: std::fmt::Arguments) {
    if let Err(e) = writeln!(std::io::stdout().lock(), "{text}").or_else(unless_nobody_reads) {
        log::error!("cannot write to standard output: {e}");
    }
}

/// Whoever stopped reading has what they wanted.
fn unless_nobody_reads(e: std::io::Error) -> std::io::Result<()> {
    if e.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(e) }
}

/// A secret from standard input, without its line end; asked for when somebody sits there.
fn read_secret(what: &str) -> Result<String> {
    let mut input = std::io::stdin();
    if input.is_terminal() {
        eprint!("{what}, then Enter: ");
        let mut line = String::new();
        input.read_line(&mut line).map_err(Error::internal)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .map_err(|e| Error::malformed("standard input", format!("could not be read: {e}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
