//! Writes that share a transaction. What one of them wrote is undone when it fails, and nothing else is.
//!
//! A savepoint around each would have SQLite keep a copy of every page that it changes. Most writes that are many can run again, for
//! what they write depends on nothing but what they were told; so those that follow each other have none, and when one of them fails
//! all of them are undone, and the others run again (docs/adr/0038).

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::statements::Statements;
use super::{WriteTx, keys};
use crate::domain::{Clock, Result};

/// A write that waits its turn.
pub(super) trait Work: Send {
    /// Runs in the transaction. Says whether what it wrote shall be kept.
    fn run(&mut self, tx: &WriteTx) -> bool;

    /// Whether it can run again after what it wrote was undone.
    fn can_run_again(&self) -> bool;

    /// Gives the result of the last run, once the commit is settled.
    fn answer(self: Box<Self>, committed: Result<()>);
}

/// What is run: once, or as often as it takes.
pub(super) trait Closure<T> {
    const CAN_RUN_AGAIN: bool;

    fn call(&mut self, tx: &WriteTx) -> Result<T>;
}

/// Runs at most once.
pub(super) struct Once<F>(pub(super) Option<F>);

impl<T, F: FnOnce(&WriteTx) -> Result<T>> Closure<T> for Once<F> {
    const CAN_RUN_AGAIN: bool = false;

    fn call(&mut self, tx: &WriteTx) -> Result<T> {
        self.0.take().map_or_else(|| Err(super::writer::gone()), |f| f(tx))
    }
}

/// Runs as often as it takes.
pub(super) struct Again<F>(pub(super) F);

impl<T, F: Fn(&WriteTx) -> Result<T>> Closure<T> for Again<F> {
    const CAN_RUN_AGAIN: bool = true;

    fn call(&mut self, tx: &WriteTx) -> Result<T> {
        (self.0)(tx)
    }
}

/// A closure, and who waits for its result.
pub(super) struct Asked<C, T> {
    pub(super) closure: C,
    pub(super) result: Option<Result<T>>,
    pub(super) sender: oneshot::Sender<Result<T>>,
}

impl<T: Send, C: Closure<T> + Send> Work for Asked<C, T> {
    fn run(&mut self, tx: &WriteTx) -> bool {
        let result = self.closure.call(tx).and_then(|done| match tx.noted_key() {
            Some((site, key)) => keys::mark_used(tx, site, key).map(|()| done),
            None => Ok(done),
        });
        self.result.insert(result).is_ok()
    }

    fn can_run_again(&self) -> bool {
        C::CAN_RUN_AGAIN
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        if let Some(result) = self.result {
            // Whoever asked may have gone away; what was committed stays committed.
            drop(self.sender.send(committed.and(result)));
        }
    }
}

/// How a write ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Kept,
    Refused,
    Panicked,
}

/// Writes that follow each other and that only all together can be undone.
struct Run {
    /// The place of the first of them among those that are done.
    first: usize,
    /// It began with the transaction; else with a savepoint.
    is_first: bool,
}

/// The writes of one transaction, which is open.
pub(super) struct Batch<'a, 'c> {
    statements: &'a Statements<'c>,
    clock: &'a Clock,
    /// Those that ran, whether or not what they wrote was kept.
    pub(super) done: Vec<Box<dyn Work>>,
    /// The last of them, if they are a run.
    run: Option<Run>,
    /// Something is in the transaction that must stay.
    kept_any: bool,
    /// One of them changed a shop, or tried to.
    pub(super) changed_shop: Cell<bool>,
}

impl<'a, 'c> Batch<'a, 'c> {
    pub(super) fn new(statements: &'a Statements<'c>, clock: &'a Clock) -> Self {
        Batch { statements, clock, done: Vec::new(), run: None, kept_any: false, changed_shop: Cell::new(false) }
    }

    /// Runs one more. A failure is the transaction's, and ends it.
    pub(super) fn take(&mut self, work: Box<dyn Work>) -> rusqlite::Result<()> {
        if work.can_run_again() { self.run_with_others(work) } else { self.run_alone(work) }
    }

    /// Runs it in the run of those before it.
    fn run_with_others(&mut self, mut work: Box<dyn Work>) -> rusqlite::Result<()> {
        let run = match self.run.take() {
            Some(run) => run,
            None => self.begin_run()?,
        };
        let ended = self.call(&mut *work);
        if ended == Ended::Kept {
            self.run = Some(run);
            self.done.push(work);
            return Ok(());
        }
        // It failed in the sight of what those before it wrote, and they write the same again.
        let before = self.done.split_off(run.first);
        self.undo(&run)?;
        for work in before {
            self.run_alone(work)?;
        }
        self.push_unless_panicked(work, ended);
        Ok(())
    }

    fn begin_run(&self) -> rusqlite::Result<Run> {
        if self.kept_any {
            run_cached(self.statements.connection(), "savepoint run")?;
        }
        Ok(Run { first: self.done.len(), is_first: !self.kept_any })
    }

    fn undo(&self, run: &Run) -> rusqlite::Result<()> {
        if run.is_first {
            return self.begin_anew();
        }
        run_cached(self.statements.connection(), "rollback to run")?;
        run_cached(self.statements.connection(), "release run")
    }

    /// Ends the run, whose writes stay from here on.
    fn end_run(&mut self) -> rusqlite::Result<()> {
        let Some(run) = self.run.take() else { return Ok(()) };
        self.kept_any = true;
        if run.is_first { Ok(()) } else { run_cached(self.statements.connection(), "release run") }
    }

    /// Runs it so that its failure, or its panic, undoes what it wrote and nothing else.
    fn run_alone(&mut self, mut work: Box<dyn Work>) -> rusqlite::Result<()> {
        self.end_run()?;
        // Whoever is the first has the transaction to itself. A savepoint around a long job would have every statement of it
        // walk the list of pages that were changed before.
        let is_first = !self.kept_any;
        if !is_first {
            run_cached(self.statements.connection(), "savepoint job")?;
        }
        let ended = self.call(&mut *work);
        match (is_first, ended == Ended::Kept) {
            (true, true) => {}
            (true, false) => self.begin_anew()?,
            (false, kept) => {
                if !kept {
                    run_cached(self.statements.connection(), "rollback to job")?;
                }
                run_cached(self.statements.connection(), "release job")?;
            }
        }
        self.kept_any |= ended == Ended::Kept;
        self.push_unless_panicked(work, ended);
        Ok(())
    }

    /// Undoes the transaction and begins another. Some failures, such as a full disk, end it by themselves.
    fn begin_anew(&self) -> rusqlite::Result<()> {
        if !self.statements.connection().is_autocommit() {
            run_cached(self.statements.connection(), "rollback")?;
        }
        run_cached(self.statements.connection(), "begin immediate")
    }

    /// Runs it. What a panicking job leaves behind is undone by the caller, so nothing half-done is seen.
    fn call(&self, work: &mut dyn Work) -> Ended {
        let tx = WriteTx::new(self.statements, (self.clock)(), &self.changed_shop);
        match catch_unwind(AssertUnwindSafe(|| work.run(&tx))) {
            Ok(true) => Ended::Kept,
            Ok(false) => Ended::Refused,
            Err(_) => {
                log::error!("a write panicked and was undone");
                Ended::Panicked
            }
        }
    }

    /// Who panicked has no answer, and whoever waits for it sees that.
    fn push_unless_panicked(&mut self, work: Box<dyn Work>, ended: Ended) {
        if ended != Ended::Panicked {
            self.done.push(work);
        }
    }
}

/// Runs a statement that is prepared once.
pub(super) fn run_cached(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use proptest::prelude::*;

    use crate::domain::{Error, Timestamp};
    use crate::store::Store;

    /// How a write of the test behaves.
    #[derive(Clone, Copy, Debug)]
    enum Way {
        Keeps,
        Fails,
        Panics,
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_kept_is_in_the_store_once_and_what_fails_is_not_whoever_shares_the_transaction(
            ways in prop::collection::vec(
                (any::<bool>(), prop_oneof![3 => Just(Way::Keeps), 2 => Just(Way::Fails), 1 => Just(Way::Panics)]),
                0..24,
            ),
        ) {
            let folder = tempfile::TempDir::new().expect("a temporary folder");
            let store = Store::open(folder.path(), std::sync::Arc::new(|| Timestamp::from_secs(0))).expect("a store");
            store.write(|tx| tx.run("create table kept (number integer)", []).map(drop)).expect("a table");
            let (go, gate) = channel::<()>();
            // All of them are in the queue before the first goes on, so that they share a transaction.
            let first = store.writer.submit(move |_| {
                let _ = gate.recv();
                Ok(())
            });
            let answers: Vec<_> = (0_i64..).zip(&ways).map(|(number, (again, way))| {
                let way = *way;
                let write = move |tx: &crate::store::WriteTx| {
                    tx.run("insert into kept values (:number)", rusqlite::named_params! { ":number": number })?;
                    match way {
                        Way::Keeps => Ok(number),
                        Way::Fails => Err(Error::Conflict("a failure".into())),
                        Way::Panics => panic!("a fault of ours"),
                    }
                };
                if *again { store.writer.submit_repeatable(write) } else { store.writer.submit(write) }
            }).collect();
            drop(go);
            prop_assert!(matches!(first.blocking_recv(), Ok(Ok(()))));
            for ((number, answer), (_, way)) in (0_i64..).zip(answers).zip(&ways) {
                match (way, answer.blocking_recv()) {
                    (Way::Keeps, Ok(Ok(answered))) => prop_assert_eq!(answered, number),
                    (Way::Fails, Ok(Err(Error::Conflict(_)))) | (Way::Panics, Err(_)) => {}
                    (_, answer) => prop_assert!(false, "{:?} was answered {:?}", way, answer),
                }
            }
            let kept = store.read(|tx| tx.all("select number from kept order by number", [], |row| row.get::<_, i64>(0)));
            let expected = (0_i64..).zip(&ways).filter(|(_, (_, way))| matches!(way, Way::Keeps)).map(|(number, _)| number);
            prop_assert_eq!(kept.expect("the rows"), expected.collect::<Vec<_>>());
        }
    }
}
