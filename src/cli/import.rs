//! `cartwright import`: reads an archive into a shop. Here is the loop around the three readings that `ops::archive`
//! knows: it opens the file (`source.rs`), keeps every transaction short, and shows how far it is.

use std::collections::VecDeque;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::ahead;
use super::source::Source;
use super::{Ended, Global, print_json};
use crate::domain::{Error, Result};
use crate::ops::archive::apply::{self, Applied};
use crate::ops::archive::check::{self, Check};
use crate::ops::archive::lines::Line;
use crate::ops::archive::survey::{Problems, Survey};
use crate::ops::archive::{Counts, read};
use crate::store::{self, Store, WriteTx};

/// A transaction of an import takes no longer, so that a running shop keeps answering.
const BATCH: Duration = Duration::from_millis(50);
/// Lines that are held at a time, by number and by bytes.
const HELD_LINES: usize = 2_000;
const HELD_BYTES: usize = 8 * 1024 * 1024;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright import my-shop.ndjson.gz --site my-shop --dry-run
  cartwright import my-shop.ndjson.gz --site my-shop

Nothing is written when a line is wrong (exit code 1). An import that was interrupted is simply repeated.")]
pub(super) struct Args {
    /// The archive, one JSON object a line; gzip when the name ends in .gz
    file: PathBuf,
    /// Public id of the shop, which is made from the archive when it is not here
    #[arg(long)]
    site: String,
    /// Check everything and write nothing
    #[arg(long)]
    dry_run: bool,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    let bar = progress_bar();
    let outcome = import(&store, &args.file, &args.site, args.dry_run, &bar);
    bar.finish_and_clear();
    match outcome? {
        Outcome::Wrong(problems) => {
            show_problems(&problems, args.json)?;
            Ok(Ended::Found)
        }
        Outcome::Fine(counts) => {
            show_counts(&args, &counts)?;
            Ok(Ended::Done)
        }
    }
}

/// How an import ended that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The archive is wrong and nothing was written.
    Wrong(Problems),
    /// What was written and what was there already; in a dry run, what would be.
    Fine(Counts),
}

/// Reads an archive into a site: looks at every line, holds them against the store, and only then writes, in batches
/// that are committed one by one. `bar` counts bytes of the file, once for every walk over it.
pub fn import(store: &Store, file: &Path, site_id: &str, dry_run: bool, bar: &ProgressBar) -> Result<Outcome> {
    let source = Source::open(file, bar)?;
    let size = source.size;
    bar.set_position(0);
    bar.set_length(2 * size);
    let mut survey = Survey::default();
    ahead::walk(
        &mut *source.read(bar)?,
        |_| true,
        |number, line| {
            match line {
                None => survey.take(number, None, site_id),
                Some((content, line)) => survey.take_read(number, &content, line, site_id),
            }
            Ok(())
        },
    )?;
    let checked = store.read(|tx| {
        let site = match check::site(tx, &survey, site_id) {
            // Without a site there is nothing to hold the lines against: its own line may be among the wrong ones.
            Err(Error::Invalid { .. }) if !survey.problems.is_empty() => {
                return Ok(Outcome::Wrong(survey.problems.clone()));
            }
            found => found?,
        };
        let mut check = Check::new(tx, &site, &survey);
        let walked = ahead::walk(
            &mut *source.read(bar)?,
            |_| true,
            |number, line| match line {
                Some((_, Ok(line))) => check.take(number, &line),
                // The survey has it.
                Some((_, Err(_))) | None => Ok(()),
            },
        )?;
        survey.has_lines(walked)?;
        let problems = survey.problems.clone().and(check.problems);
        Ok(if problems.is_empty() { Outcome::Fine(check.counts) } else { Outcome::Wrong(problems) })
    })?;
    if dry_run || matches!(checked, Outcome::Wrong(_)) {
        return Ok(checked);
    }
    let phases: Vec<u8> = (0..apply::PHASES)
        .filter(|phase| survey.counts.iter().any(|(kind, ..)| apply::belongs(kind, *phase)))
        .collect();
    bar.set_length((2 + phases.len() as u64) * size);
    let mut writing =
        Writing { store, site_id: site_id.to_owned(), survey: Arc::new(survey), done: Applied::default() };
    writing.site()?;
    for phase in phases {
        writing.phase(&mut *source.read(bar)?, phase)?;
    }
    writing.finish()
}

struct Writing<'a> {
    store: &'a Store,
    site_id: String,
    survey: Arc<Survey>,
    done: Applied,
}

impl Writing<'_> {
    /// Writes, then leaves the file to others: for half as long as it held it while a server serves it, which looks only
    /// now and then whether it can write and would find the file taken every time; else for a moment.
    fn write<T: Send + 'static>(&self, f: impl FnOnce(&WriteTx) -> Result<T> + Send + 'static) -> Result<T> {
        let began = Instant::now();
        let answer = self.store.write(f);
        let folder = self.store.path().parent().unwrap_or(Path::new("."));
        std::thread::sleep(began.elapsed() / if store::is_served(folder) { 2 } else { 20 });
        answer
    }

    fn site(&mut self) -> Result<()> {
        let (survey, site_id) = (self.survey.clone(), self.site_id.clone());
        let (_, applied) = self.write(move |tx| apply::site(tx, &survey, &site_id))?;
        self.note(applied);
        Ok(())
    }

    fn note(&mut self, applied: Applied) {
        self.done.counts.add_all(&applied.counts);
        self.done.unsettled.extend(applied.unsettled);
        self.done.open_carts.extend(applied.open_carts);
    }

    /// Applies the lines that have their turn in one phase.
    fn phase(&mut self, input: &mut (dyn BufRead + Send), phase: u8) -> Result<()> {
        let mut held: VecDeque<Line> = VecDeque::new();
        let mut bytes = 0;
        let wanted = |content: &[u8]| read::kind_again(content).is_some_and(|kind| apply::belongs(kind, phase));
        let walked = ahead::walk(input, wanted, |number, line| {
            let Some((content, line)) = line else { return Ok(()) };
            // Every line was read twice already; a file that changed meanwhile ends the import.
            let changed =
                |(field, reason)| Error::malformed("file", format!("changed at line {number}: {field} {reason}"));
            held.push_back(line.map_err(changed)?);
            bytes += content.len();
            if held.len() < HELD_LINES && bytes < HELD_BYTES {
                return Ok(());
            }
            bytes = 0;
            self.flush(phase, std::mem::take(&mut held))
        })?;
        self.flush(phase, held)?;
        self.survey.has_lines(walked)
    }

    /// Writes what is held, a short transaction at a time.
    fn flush(&mut self, phase: u8, mut held: VecDeque<Line>) -> Result<()> {
        while !held.is_empty() {
            let (survey, site_id) = (self.survey.clone(), self.site_id.clone());
            let (rest, applied) = self.write(move |tx| {
                let applied = apply::lines(tx, &site_id, &survey, phase, &mut held, time_is_up())?;
                Ok((held, applied))
            })?;
            held = rest;
            self.note(applied);
        }
        Ok(())
    }

    /// Asks the rules about purchases and carts, once all lines are in.
    fn finish(mut self) -> Result<Outcome> {
        self.done.unsettled.sort_unstable();
        let unsettled = Arc::new(std::mem::take(&mut self.done.unsettled));
        let mut place = 0;
        while place < unsettled.len() {
            let (list, site_id) = (unsettled.clone(), self.site_id.clone());
            place = self.write(move |tx| apply::settle_purchases(tx, &site_id, &list, place, time_is_up()))?;
        }
        let open_carts = Arc::new(std::mem::take(&mut self.done.open_carts));
        let mut place = 0;
        while place < open_carts.len() {
            let (list, site_id) = (open_carts.clone(), self.site_id.clone());
            place = self.write(move |tx| apply::claim_carts(tx, &site_id, &list, place, time_is_up()))?;
        }
        self.release()?;
        Ok(Outcome::Fine(self.done.counts))
    }

    /// Hands the carts that were held back to the clock. They are looked for outside of any writing: that may take long.
    fn release(&self) -> Result<()> {
        let mut after = 0;
        loop {
            let held = Arc::new(self.store.read(|tx| apply::held_carts(tx, &self.site_id, after))?);
            let Some(last) = held.last() else { break };
            after = *last;
            let mut place = 0;
            while place < held.len() {
                let (list, site_id) = (held.clone(), self.site_id.clone());
                place = self.write(move |tx| apply::release_carts(tx, &site_id, &list, place, time_is_up()))?;
            }
        }
        let site_id = self.site_id.clone();
        self.write(move |tx| apply::release_points(tx, &site_id))
    }
}

/// Says when the transaction that begins now was long enough.
fn time_is_up() -> impl FnMut() -> bool {
    let began = Instant::now();
    move || began.elapsed() >= BATCH
}

/// A bar on a terminal, nothing elsewhere.
pub(super) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar
}

fn show_problems(problems: &Problems, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let list = problems.shown.iter().map(|p| json!({ "line": p.line, "field": p.field, "reason": p.reason }));
        return print_json(&json!({ "problems": list.collect::<Vec<_>>(), "more": problems.more }));
    }
    for problem in &problems.shown {
        eprintln!("{problem}");
    }
    if problems.more > 0 {
        eprintln!("and {} more", problems.more);
    }
    eprintln!("nothing was written");
    Ok(())
}

fn show_counts(args: &Args, counts: &Counts) -> anyhow::Result<()> {
    if args.json {
        let types: serde_json::Map<_, _> = counts
            .iter()
            .map(|(kind, new, skipped)| (kind.to_string(), json!({ "new": new, "skipped": skipped })))
            .collect();
        return print_json(&json!({ "site": args.site, "dry_run": args.dry_run, "types": types }));
    }
    for (kind, new, skipped) in counts.iter() {
        say!("{kind}: {new} new, {skipped} skipped");
    }
    match args.dry_run {
        true => say!("{} is fine; nothing was written", args.file.display()),
        false => say!("{} is in", args.file.display()),
    }
    Ok(())
}
