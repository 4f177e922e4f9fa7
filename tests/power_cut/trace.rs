//! Reading what `strace -f -y -xx` wrote: which bytes went to which file, what was synced, and what was answered.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Something that the server did, in the order in which it began; a sync counts from when it had ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Bytes of a file.
    Written { file: PathBuf, offset: usize, bytes: Vec<u8> },
    /// A file was made this long.
    Cut { file: PathBuf, length: usize },
    /// A file's name went away.
    Removed { file: PathBuf },
    /// Everything that was written to a file before this many events is on the disk.
    Synced { file: PathBuf, began: usize },
    /// The address of a cart that a client was told is kept.
    Acknowledged(String),
}

/// A sync that was begun by a thread: its file, and how many events there were.
type Syncing = HashMap<String, (PathBuf, usize)>;

/// The events of a trace, of files in this folder.
pub fn read(text: &str, folder: &Path) -> Vec<Event> {
    let mut events = Vec::new();
    let mut syncing = Syncing::new();
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        line_of(thread, call.trim_start(), folder, &mut syncing, &mut events);
    }
    events
}

fn line_of(thread: &str, call: &str, folder: &Path, syncing: &mut Syncing, events: &mut Vec<Event>) {
    if call.starts_with("<... f") {
        if call.ends_with("= 0")
            && let Some((file, began)) = syncing.remove(thread)
        {
            events.push(Event::Synced { file, began });
        }
        return;
    }
    let Some((name, args)) = call.split_once('(') else { return };
    // A call that failed changed nothing.
    if args.contains(" = -1 ") {
        return;
    }
    match name {
        "pwrite64" => {
            let Some(file) = file_of(args, folder) else { return };
            let (bytes, rest) = first_text(args);
            let offset = numbers(rest).nth(1).expect("pwrite64 has an offset");
            events.push(Event::Written { file, offset, bytes });
        }
        "ftruncate" => {
            let Some(file) = file_of(args, folder) else { return };
            let rest = args.split_once('>').map_or("", |(_, rest)| rest);
            let length = numbers(rest).next().expect("ftruncate has a length");
            events.push(Event::Cut { file, length });
        }
        "unlink" => {
            let (name, _) = first_text(args);
            let file = PathBuf::from(String::from_utf8_lossy(&name).into_owned());
            if file.starts_with(folder) {
                events.push(Event::Removed { file });
            }
        }
        "fsync" | "fdatasync" => {
            let Some(file) = file_of(args, folder) else { return };
            let began = events.len();
            if args.contains("<unfinished") {
                syncing.insert(thread.to_owned(), (file, began));
            } else {
                events.push(Event::Synced { file, began });
            }
        }
        "write" | "writev" | "sendto" | "sendmsg" => acknowledged(args, events),
        _ => {}
    }
}

/// What a client was told: the answer to a cart that was made holds its address.
fn acknowledged(args: &str, events: &mut Vec<Event>) {
    let (bytes, _) = texts(args);
    let answer = String::from_utf8_lossy(&bytes);
    if !answer.starts_with("HTTP/1.1 201") {
        return;
    }
    if let Some((_, rest)) = answer.split_once("\"email\":\"")
        && let Some((email, _)) = rest.split_once('"')
    {
        events.push(Event::Acknowledged(email.to_owned()));
    }
}

/// The file that a call is about, when it is one of this folder. The index that processes share is rebuilt from the log
/// after a crash, so it is left out.
fn file_of(args: &str, folder: &Path) -> Option<PathBuf> {
    let path = args.split_once('<')?.1.split_once('>')?.0;
    let file = PathBuf::from(String::from_utf8_lossy(&unescape(path)).into_owned());
    (file.starts_with(folder) && !file.to_string_lossy().ends_with("-shm")).then_some(file)
}

/// The first text between quotes, decoded, and what follows it.
fn first_text(args: &str) -> (Vec<u8>, &str) {
    let Some((_, rest)) = args.split_once('"') else { return (Vec::new(), args) };
    let (text, rest) = rest.split_once('"').unwrap_or((rest, ""));
    assert!(!rest.starts_with("..."), "the trace was cut: give strace a longer -s");
    (unescape(text), rest)
}

/// All texts between quotes, one after the other.
fn texts(args: &str) -> (Vec<u8>, &str) {
    let (mut bytes, mut rest) = (Vec::new(), args);
    while rest.contains('"') {
        let (more, after) = first_text(rest);
        bytes.extend(more);
        rest = after;
    }
    (bytes, rest)
}

/// `\x41\x42` is `AB`; with `-xx` everything is written so.
fn unescape(text: &str) -> Vec<u8> {
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    text.split("\\x").skip(1).map(|hex| u8::from_str_radix(hex, 16).expect("two digits")).collect()
}

/// The numbers between commas, up to the end of the call.
fn numbers(rest: &str) -> impl Iterator<Item = usize> + '_ {
    rest.trim_start_matches([',', ' ']).split([',', ')', '<']).filter_map(|number| number.trim().parse().ok())
}
