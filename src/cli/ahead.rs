//! Lines of an archive, read on a thread of their own ahead of whoever takes them: on a machine with two cores a file is read
//! while what was read before is checked or written. What is made of a line is also let go on the thread that made it, for
//! memory that one thread takes and another gives back has both wait for each other.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{Error, Result};
use crate::ops::archive::read;

/// Lines that are handed over at a time, by number and by bytes, and how often that is done ahead. A line that was read takes
/// several times its bytes.
const LINES: usize = 250;
const BYTES: usize = 256 * 1024;
const AHEAD: usize = 8;

/// Readers of one file by shares: more are of no use, for one thread has to cut it into lines.
const MOST_READERS: usize = 4;

/// What was made of lines, in their order, as far as it was read by now. It goes from thread to thread with whoever takes it.
pub(super) struct Feed<T> {
    batches: Receiver<Vec<T>>,
    spent: Sender<Vec<T>>,
    /// What is to be taken, the next one last.
    held: Vec<T>,
    taken: Vec<T>,
}

impl<T> Feed<T> {
    /// Waits until there is one more. Whether there is: else the file is at its end.
    pub(super) fn wait(&mut self) -> bool {
        if self.held.is_empty()
            && let Ok(batch) = self.batches.recv()
        {
            self.hold(batch);
        }
        !self.held.is_empty()
    }

    /// The next one, if it is there by now.
    pub(super) fn front(&mut self) -> Option<&T> {
        if self.held.is_empty()
            && let Ok(batch) = self.batches.try_recv()
        {
            self.hold(batch);
        }
        self.held.last()
    }

    /// Takes the one that [`Feed::front`] showed.
    pub(super) fn take(&mut self) -> Option<&T> {
        self.taken.push(self.held.pop()?);
        self.taken.last()
    }

    fn hold(&mut self, mut batch: Vec<T>) {
        // Where nobody is there to let them go, they go here.
        drop(self.spent.send(std::mem::take(&mut self.taken)));
        batch.reverse();
        self.held = batch;
    }
}

/// Has `take` take what `make` makes of the lines of a file; of a line that it makes nothing of, nothing is handed over. `make` is
/// called on the thread that reads, with the number of a line and what stands in it, unless it is too long. Returns how many lines there
/// are, whatever was made of them.
pub(super) fn feed<T: Send>(
    input: &mut (dyn BufRead + Send),
    make: impl FnMut(u64, &[u8]) -> Result<Option<T>> + Send,
    take: impl FnOnce(Feed<T>) -> Result<()>,
) -> Result<u64> {
    std::thread::scope(|scope| {
        let (sender, batches) = sync_channel(AHEAD);
        let (spent, back) = channel();
        let reading = scope.spawn(move || make_all(input, make, &sender, &back));
        // A failure drops the receiver, which stops the thread.
        take(Feed { batches, spent, held: Vec::new(), taken: Vec::new() })?;
        reading.join().unwrap_or_else(|_| Err(Error::internal("the thread that reads the file ended in a panic")))
    })
}

fn make_all<T>(
    input: &mut dyn BufRead,
    mut make: impl FnMut(u64, &[u8]) -> Result<Option<T>>,
    sender: &SyncSender<Vec<T>>,
    back: &Receiver<Vec<T>>,
) -> Result<u64> {
    let send = |batch: &mut Vec<T>| {
        back.try_iter().for_each(drop);
        sender.send(std::mem::take(batch)).map_err(|_| Error::internal("nobody takes the lines of the file"))
    };
    let mut batch = Vec::new();
    let mut bytes = 0;
    let walked = read::walk(input, |number, content| {
        let Some(content) = content else { return Ok(()) };
        let Some(made) = make(number, content)? else { return Ok(()) };
        bytes += content.len();
        batch.push(made);
        if batch.len() < LINES && bytes < BYTES {
            return Ok(());
        }
        bytes = 0;
        send(&mut batch)
    })?;
    if !batch.is_empty() {
        send(&mut batch)?;
    }
    Ok(walked)
}

/// Lines as they stand: their bytes, and of each its number and where it ends in them; nowhere, if it is too long.
#[derive(Default)]
struct Raw {
    bytes: Vec<u8>,
    lines: Vec<(u64, Option<usize>)>,
}

/// Shares the lines of a file among as many workers as there are cores: each is told the number of a line and what stands in it, if it is
/// not too long. Returns the workers, which saw each line between them.
pub(super) fn share<W: Send>(
    input: &mut (dyn BufRead + Send),
    worker: impl Fn() -> W,
    take: impl Fn(&mut W, u64, Option<&[u8]>) -> Result<()> + Sync,
) -> Result<Vec<W>> {
    let readers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_READERS);
    let (sender, batches) = sync_channel::<Raw>(readers);
    // Each worker has it, and nobody else, so that cutting ends when all of them have stopped.
    let batches = Arc::new(Mutex::new(batches));
    let work = |mut worker: W, batches: Arc<Mutex<Receiver<Raw>>>| {
        // Whoever waits for lines holds the lock, and the others wait for that. One who panicked with it left the channel whole.
        let next = || batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
        while let Ok(raw) = next() {
            let mut begin = 0;
            for (number, end) in raw.lines {
                take(&mut worker, number, end.and_then(|end| raw.bytes.get(begin..end)))?;
                begin = end.unwrap_or(begin);
            }
        }
        Ok(worker)
    };
    std::thread::scope(|scope| {
        let work = &work;
        let working: Vec<_> = (0..readers)
            .map(|_| (worker(), batches.clone()))
            .map(|(worker, batches)| scope.spawn(move || work(worker, batches)))
            .collect();
        drop(batches);
        let cut = cut(input, &sender);
        drop(sender);
        let ended = |_| Err(Error::internal("a thread that reads the file ended in a panic"));
        // All are waited for, whichever of them failed.
        let workers: Vec<_> = working.into_iter().map(|work| work.join().unwrap_or_else(ended)).collect();
        // Why a worker stopped says more than that nobody took the lines.
        let workers = workers.into_iter().collect::<Result<_>>()?;
        cut.map(|()| workers)
    })
}

fn cut(input: &mut dyn BufRead, sender: &SyncSender<Raw>) -> Result<()> {
    let send = |raw: &mut Raw| {
        sender.send(std::mem::take(raw)).map_err(|_| Error::internal("nobody takes the lines of the file"))
    };
    let mut raw = Raw::default();
    read::walk(input, |number, content| {
        raw.bytes.extend_from_slice(content.unwrap_or_default());
        raw.lines.push((number, content.map(|_| raw.bytes.len())));
        if raw.lines.len() < LINES && raw.bytes.len() < BYTES {
            return Ok(());
        }
        send(&mut raw)
    })?;
    if raw.lines.is_empty() { Ok(()) } else { send(&mut raw) }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn lines(many: u64) -> Cursor<String> {
        Cursor::new((1..=many).map(|number| format!("line {number}\n")).collect())
    }

    #[test]
    fn each_line_is_seen_by_one_worker_with_its_number() {
        for many in [0, 1, 249, 250, 251, 3_000] {
            let seen = share(&mut lines(many), Vec::new, |seen, number, content| {
                seen.push((number, content.map(<[u8]>::to_vec)));
                Ok(())
            });
            let mut seen: Vec<_> = seen.expect("workers").into_iter().flatten().collect();
            seen.sort();
            let wanted: Vec<_> =
                (1..=many).map(|number| (number, Some(format!("line {number}").into_bytes()))).collect();
            assert_eq!(seen, wanted);
        }
    }

    #[test]
    fn a_worker_that_fails_or_panics_ends_it() {
        let failing = share(&mut lines(9_000), || (), |(), _, _| Err(Error::Conflict("a failure".into())));
        assert!(matches!(failing, Err(Error::Conflict(_))));
        assert!(share(&mut lines(9_000), || (), |(), _, _| panic!("a fault of ours")).is_err());
    }

    #[test]
    fn what_is_made_of_lines_comes_in_their_order_and_only_where_something_was_made() {
        let made = |number: u64, _: &[u8]| Ok(number.is_multiple_of(3).then_some(number));
        let mut taken: Vec<u64> = Vec::new();
        let walked = feed(&mut lines(2_000), made, |mut feed| {
            while feed.wait() {
                assert_eq!(feed.front().copied(), feed.take().copied());
                taken.extend(feed.taken.last());
            }
            Ok(())
        });
        assert_eq!(walked.expect("lines"), 2_000);
        assert_eq!(taken, (3..=2_000).step_by(3).collect::<Vec<_>>());
    }

    #[test]
    fn whoever_stops_taking_or_making_ends_it() {
        let stopped = feed(&mut lines(9_000), |number, _| Ok(Some(number)), |_| Err(Error::Conflict("enough".into())));
        assert!(matches!(stopped, Err(Error::Conflict(_))));
        let failing = feed(
            &mut lines(9_000),
            |number, _| if number < 700 { Ok(Some(number)) } else { Err(Error::Conflict("a failure".into())) },
            |mut feed| {
                while feed.wait() {
                    feed.take();
                }
                Ok(())
            },
        );
        assert!(matches!(failing, Err(Error::Conflict(_))));
    }
}
