//! Lines of an archive, read on a thread of their own ahead of whoever takes them: on a machine with two cores a file is read
//! while what was read before is checked or written.

use std::io::BufRead;
use std::sync::mpsc::{SyncSender, sync_channel};

use crate::domain::{Error, Result};
use crate::ops::archive::lines::Line;
use crate::ops::archive::read::{self, Flawed};

/// Lines that are handed over at a time, by number and by bytes, and how often that is done ahead. A line that was read takes
/// several times its bytes.
const LINES: usize = 250;
const BYTES: usize = 256 * 1024;
const AHEAD: usize = 4;

/// A line that is not blank, as it stands and as it was read; `None` is one that is longer than a line may be.
pub(super) type Ahead = Option<(Vec<u8>, Flawed<Line>)>;

/// A batch on its way: each line with its number.
type Batch = Vec<(u64, Ahead)>;

/// Hands the lines of a file that are wanted to `each`, in their order. Returns how many there are, wanted or not.
pub(super) fn walk(
    input: &mut (dyn BufRead + Send),
    wanted: impl Fn(&[u8]) -> bool + Send,
    mut each: impl FnMut(u64, Ahead) -> Result<()>,
) -> Result<u64> {
    std::thread::scope(|scope| {
        let (sender, batches) = sync_channel(AHEAD);
        let reading = scope.spawn(move || read_all(input, wanted, &sender));
        // A failure drops the receiver, which stops the thread.
        for batch in batches {
            for (number, line) in batch {
                each(number, line)?;
            }
        }
        reading.join().unwrap_or_else(|_| Err(Error::internal("the thread that reads the file ended in a panic")))
    })
}

fn read_all(input: &mut dyn BufRead, wanted: impl Fn(&[u8]) -> bool, sender: &SyncSender<Batch>) -> Result<u64> {
    let send = |batch: &mut Batch| {
        sender.send(std::mem::take(batch)).map_err(|_| Error::internal("nobody takes the lines of the file"))
    };
    let mut batch = Batch::new();
    let mut bytes = 0;
    let walked = read::walk(input, |number, content| {
        match content {
            None => batch.push((number, None)),
            Some(content) if wanted(content) => {
                bytes += content.len();
                batch.push((number, Some((content.to_vec(), read::parse(content)))));
            }
            Some(_) => {}
        }
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
