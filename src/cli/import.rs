//! `cartwright import`: reads an archive into a shop. Here is the loop around the three readings that `ops::archive`
//! knows: it opens the file (`source.rs`), keeps every transaction short, and shows how far it is.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::ahead::{self, Feed};
use super::source::Source;
use super::{Ended, Global, print_json};
use crate::domain::{Error, Result};
use crate::ops::archive::apply::{self, Applied, Queue, Ready, Unsettled};
use crate::ops::archive::check::{self, Check};
use crate::ops::archive::lines::Kind;
use crate::ops::archive::settle;
use crate::ops::archive::survey::{Problems, Survey, Surveyed};
use crate::ops::archive::{Counts, read};
use crate::store::sorted::{self, Sorted, Sorter};
use crate::store::{self, Store, WriteTx};

/// A transaction of an import takes no longer, so that a running shop keeps answering.
const BATCH: Duration = Duration::from_millis(50);
/// The same while none runs. Each is synced, and counts what it added.
const BATCH_ALONE: Duration = Duration::from_millis(250);
/// Pages that the writer keeps, kilobytes: docs/performance.md has what it was compared with.
const PAGES_KB: u32 = 16 * 1024;
/// Our numbers of rows that are held at a time.
const HELD_ROWS: usize = 10_000;

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
    store.write(|tx| tx.keep_pages(PAGES_KB))?;
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
    import_holding(sorted::HELD, store, file, site_id, dry_run, bar)
}

/// The same, where of what lines say of each other so many records of a sort are held in memory. The others lie in files
/// without a name beside the database.
pub fn import_holding(
    held: usize,
    store: &Store,
    file: &Path,
    site_id: &str,
    dry_run: bool,
    bar: &ProgressBar,
) -> Result<Outcome> {
    let source = Source::open(file, bar)?;
    let size = source.size;
    bar.set_position(0);
    bar.set_length(2 * size);
    let surveys = ahead::share(
        &mut *source.read(bar)?,
        || Survey::new(folder(store), held),
        |survey, number, content| survey.take(number, content, site_id),
    )?;
    let mut survey = Survey::new(folder(store), held);
    surveys.into_iter().try_for_each(|part| survey.append(part))?;
    let survey = survey.finish()?;
    let checked = check(store, &source, &survey, site_id, held, bar)?;
    if dry_run || matches!(checked, Outcome::Wrong(_)) {
        return Ok(checked);
    }
    let phases: Vec<u8> = (0..apply::PHASES)
        .filter(|phase| survey.counts.iter().any(|(kind, ..)| apply::belongs(kind, *phase)))
        .collect();
    bar.set_length((2 + phases.len() as u64) * size);
    let (unsettled, open_carts) = (Sorter::new(folder(store), held), Sorter::new(folder(store), held));
    let counts = Counts::default();
    let site_id = site_id.to_owned();
    let mut writing = Writing { store, site_id, survey: &survey, counts, unsettled, open_carts, may_claim: false };
    writing.site()?;
    for phase in phases {
        writing.phase(&mut *source.read(bar)?, phase)?;
    }
    writing.finish()
}

fn check(
    store: &Store,
    source: &Source,
    survey: &Surveyed,
    site_id: &str,
    held: usize,
    bar: &ProgressBar,
) -> Result<Outcome> {
    store.read(|tx| {
        let site = match check::site(tx, survey, site_id) {
            // Without a site there is nothing to hold the lines against: its own line may be among the wrong ones.
            Err(Error::Invalid { .. }) if !survey.problems.is_empty() => {
                return Ok(Outcome::Wrong(survey.problems.clone()));
            }
            found => found?,
        };
        let mut check = Check::new(tx, &site, survey, (folder(store), held));
        let mut picker = check.picker()?;
        let pick = |number, content: &[u8]| {
            let noted = picker.pick(number, content)?;
            // What is wrong with a line by itself, the survey has.
            Ok(noted.and_then(|noted| Some((number, read::parse(content).ok()?, noted))))
        };
        let walked = ahead::feed(&mut *source.read(bar)?, pick, |mut lines| {
            while lines.wait() {
                while let Some((number, line, noted)) = lines.take() {
                    check.take(*number, line, noted)?;
                }
            }
            Ok(())
        })?;
        survey.has_lines(walked)?;
        let (counts, problems) = check.finish()?;
        let problems = survey.problems.clone().and(problems);
        Ok(if problems.is_empty() { Outcome::Fine(counts) } else { Outcome::Wrong(problems) })
    })
}

/// The data folder: it has room, where a folder for temporary files may lie in memory.
fn folder(store: &Store) -> &Path {
    store.path().parent().unwrap_or(Path::new("."))
}

/// What is done with rows of ours, from a place in the list on, until it was long enough; the place that it got to comes back.
type Act = fn(&WriteTx, &str, &[i64], usize, &mut dyn FnMut() -> bool) -> Result<usize>;

struct Writing<'a> {
    store: &'a Store,
    site_id: String,
    survey: &'a Surveyed,
    counts: Counts,
    /// Purchases that the rules are asked about, in the order of that.
    unsettled: Sorter<32>,
    open_carts: Sorter<8>,
    /// Whether a purchase may be there that has no cart, and claims one.
    may_claim: bool,
}

impl Writing<'_> {
    /// Writes, then leaves the file to others: for half as long as it held it while a server serves it, which looks only
    /// now and then whether it can write and would find the file taken every time; else for a moment.
    fn write<T: Send + 'static>(&self, f: impl FnOnce(&WriteTx) -> Result<T> + Send + 'static) -> Result<T> {
        let began = Instant::now();
        let answer = self.store.write(f);
        std::thread::sleep(began.elapsed() / if self.is_served() { 2 } else { 50 });
        answer
    }

    fn is_served(&self) -> bool {
        store::is_served(folder(self.store))
    }

    /// How long the next transaction may take.
    fn batch(&self) -> Duration {
        if self.is_served() { BATCH } else { BATCH_ALONE }
    }

    fn site(&mut self) -> Result<()> {
        let (line, site_id) = (self.survey.site.clone(), self.site_id.clone());
        let (_, applied) = self.write(move |tx| apply::site(tx, line.as_ref(), &site_id))?;
        // What a shop has that was here before, nobody looked at.
        self.may_claim = applied.counts.of(Kind::Site).0 == 0;
        self.note(applied)
    }

    fn note(&mut self, applied: Applied) -> Result<()> {
        self.counts.add_all(&applied.counts);
        self.may_claim |= applied.has_purchase_without_cart;
        applied.unsettled.into_iter().try_for_each(|purchase| self.unsettled.push(purchase.record()))?;
        applied.open_carts.into_iter().try_for_each(|no| self.open_carts.push(no.to_be_bytes()))
    }

    /// Applies the lines that have their turn in one phase, a short transaction at a time.
    fn phase(&mut self, input: &mut (dyn BufRead + Send), phase: u8) -> Result<()> {
        // What is noted for carts is all that is needed again.
        let survey = self.survey;
        let mut notes = apply::belongs(Kind::Cart, phase).then(|| survey.notes.read()).transpose()?;
        let mut ready = |number, content: &[u8]| {
            // Every line was found good before; a file that changed meanwhile ends the import.
            let changed =
                |(field, reason)| Error::malformed("file", format!("changed at line {number}: {field} {reason}"));
            let noted = notes.as_mut().map(|notes| notes.of(number)).transpose()?;
            Ok(Ready { line: read::parse(content).map_err(changed)?, fate: noted.unwrap_or_default().fate })
        };
        let make = |number, content: &[u8]| {
            let belongs = read::kind_again(content).is_some_and(|kind| apply::belongs(kind, phase));
            belongs.then(|| ready(number, content)).transpose()
        };
        let walked = ahead::feed(input, make, |mut lines| {
            while lines.wait() {
                let site_id = self.site_id.clone();
                let long = self.batch();
                let (rest, applied) = self.write(move |tx| {
                    let applied = apply::lines(tx, &site_id, phase, &mut lines, time_is_up(long))?;
                    Ok((lines, applied))
                })?;
                lines = rest;
                self.note(applied)?;
            }
            Ok(())
        })?;
        survey.has_lines(walked)
    }

    /// Asks the rules about purchases and carts, once all lines are in.
    fn finish(mut self) -> Result<Outcome> {
        let purchases = self.unsettled.sorted();
        self.each(&purchases, Unsettled::purchase, settle::settle_purchases)?;
        if self.may_claim {
            let carts = self.open_carts.sorted();
            self.each(&carts, i64::from_be_bytes, settle::claim_carts)?;
        }
        self.release()?;
        Ok(Outcome::Fine(self.counts))
    }

    /// Does something with rows, some at a time.
    fn each<const N: usize>(&self, rows: &Sorted<N>, no: impl Fn([u8; N]) -> i64, act: Act) -> Result<()> {
        let mut walk = rows.walk()?;
        loop {
            let some: std::io::Result<Vec<i64>> = walk.by_ref().take(HELD_ROWS).map(|row| row.map(&no)).collect();
            let some = some.map_err(Error::internal)?;
            if some.is_empty() {
                return Ok(());
            }
            self.all_of(some, act)?;
        }
    }

    /// Does something with rows by their numbers, a short transaction at a time.
    fn all_of(&self, rows: Vec<i64>, act: Act) -> Result<()> {
        let rows = Arc::new(rows);
        let mut place = 0;
        while place < rows.len() {
            let (rows, site_id) = (rows.clone(), self.site_id.clone());
            let long = self.batch();
            place = self.write(move |tx| act(tx, &site_id, &rows, place, &mut time_is_up(long)))?;
        }
        Ok(())
    }

    /// Hands the carts that were held back to the clock. They are looked for outside of any writing: that may take long.
    fn release(&self) -> Result<()> {
        let mut after = 0;
        loop {
            let held = self.store.read(|tx| settle::held_carts(tx, &self.site_id, after))?;
            let Some(last) = held.last() else { break };
            after = *last;
            self.all_of(held, settle::release_carts)?;
        }
        let site_id = self.site_id.clone();
        self.write(move |tx| settle::release_points(tx, &site_id))
    }
}

/// Says when the transaction that begins now was long enough.
fn time_is_up(long: Duration) -> impl FnMut() -> bool {
    let began = Instant::now();
    move || began.elapsed() >= long
}

impl Queue for Feed<Ready> {
    fn front(&mut self) -> Option<&Ready> {
        Feed::front(self)
    }

    fn take(&mut self) -> Option<&Ready> {
        Feed::take(self)
    }
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
