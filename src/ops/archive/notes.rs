//! What the lines of an archive mean for each other. Every line leaves facts and questions behind, each under the digest of
//! what it is about; put in order, all about one id are neighbours. What comes of them are notes for lines, in the order of the
//! lines, so that a later walk over the file reads them beside it. However many lines there are, memory holds a fixed
//! number of either.

use std::iter::Peekable;
use std::path::Path;

use super::names::Digest;
use crate::domain::{Error, Result, Timestamp};
use crate::store::sorted::{Sorted, Sorter, Walk};

/// What a record says of the id that it is under. Of one id they come in this order: what is to be known of it before
/// the lines that ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Said {
    /// A wrong line has it. Others may name it, and are not wrong for that.
    WrongId,
    /// A purchase names this cart: when it was made, in seconds.
    Bought,
    /// What was paid for this purchase.
    Total,
    /// A machine made this cart.
    Machine,
    /// This ledger entry undoes another.
    Reversal,
    /// A line has it as its id: half of a hash of the line's content.
    Id,
    /// A line has it, as only one can: half of the digest of that line's id.
    Once,
    /// A line names it; 1 where that is a letter that was sent.
    Named,
    /// A purchase names it as the cart that it recovered.
    Recovered,
    /// An entry names it as the one that it undoes.
    Undone,
    /// A refund names it as its purchase.
    Refunded,
}

impl Said {
    const ALL: [Said; 11] = [
        Said::WrongId,
        Said::Bought,
        Said::Total,
        Said::Machine,
        Said::Reversal,
        Said::Id,
        Said::Once,
        Said::Named,
        Said::Recovered,
        Said::Undone,
        Said::Refunded,
    ];
}

/// What a line is told of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Told {
    Wrong,
    Conflict,
    Again,
    Taken,
    Missing,
    Machine,
    Reversal,
    Bought,
    Total,
    Emailed,
}

impl Told {
    const ALL: [Told; 10] = [
        Told::Wrong,
        Told::Conflict,
        Told::Again,
        Told::Taken,
        Told::Missing,
        Told::Machine,
        Told::Reversal,
        Told::Bought,
        Told::Total,
        Told::Emailed,
    ];
}

/// A digest, what is said of it, the number of the line that says so, and a value.
const FACT: usize = 16 + 1 + 7 + 8;
/// The number of a line, what it is told, and a value.
const NOTE: usize = 8 + 1 + 16;

/// Takes what lines say.
pub(super) struct Facts {
    facts: Sorter<FACT>,
    notes: Sorter<NOTE>,
}

impl Facts {
    /// Holds at most `held` records of each sort in memory, the others in a folder.
    pub(super) fn new(folder: &Path, held: usize) -> Self {
        Facts { facts: Sorter::new(folder, held), notes: Sorter::new(folder, held) }
    }

    /// Takes what was said to another one.
    pub(super) fn append(&mut self, other: Facts) -> Result<()> {
        self.facts.append(other.facts)?;
        self.notes.append(other.notes)
    }

    /// A line says something of an id.
    pub(super) fn say(&mut self, id: Digest, said: Said, line: u64, value: i64) -> Result<()> {
        let place = u64::from(said as u8) << 56 | line;
        let mut record = [0; FACT];
        record[..16].copy_from_slice(&id.to_be_bytes());
        record[16..24].copy_from_slice(&place.to_be_bytes());
        record[24..].copy_from_slice(&value.to_be_bytes());
        self.facts.push(record)
    }

    /// A line is wrong by itself.
    pub(super) fn wrong(&mut self, line: u64) -> Result<()> {
        note(&mut self.notes, line, Told::Wrong, 0)
    }

    /// Works out what the lines are told. Where `any_may_be_there`, no id can be said to be nowhere.
    pub(super) fn notes(mut self, any_may_be_there: bool) -> Result<Notes> {
        let mut about = About::default();
        for record in self.facts.sorted().walk()? {
            let record = record.map_err(Error::internal)?;
            let (id, place, value) =
                (number(&record[..16]), number(&record[16..24]) as u64, number(&record[24..]) as i64);
            let Some(said) = Said::ALL.get((place >> 56) as usize) else { continue };
            if about.id != Some(id) {
                about = About { id: Some(id), there: any_may_be_there, ..About::default() };
            }
            about.take(*said, place & ((1 << 56) - 1), value, &mut self.notes)?;
        }
        Ok(Notes(self.notes.sorted()))
    }
}

/// What is known of one id so far.
#[derive(Default)]
struct About {
    id: Option<Digest>,
    there: bool,
    bought: Option<i64>,
    total: Option<i64>,
    machine: bool,
    reversal: bool,
    content: Option<i64>,
    owner: Option<i64>,
    /// The first line that has it as its id.
    line: Option<u64>,
    emailed: bool,
}

impl About {
    fn take(&mut self, said: Said, line: u64, value: i64, notes: &mut Sorter<NOTE>) -> Result<()> {
        let id = self.id.unwrap_or_default();
        if let Some(first) = self.line.filter(|_| said == Said::Named && value == 1 && !self.emailed) {
            self.emailed = true;
            note(notes, first, Told::Emailed, 0)?;
        }
        let mut tell = |told, value| note(notes, line, told, value);
        match said {
            Said::WrongId => self.there = true,
            Said::Bought => self.bought = Some(self.bought.map_or(value, |at| at.min(value))),
            Said::Total => self.total = Some(value),
            Said::Machine => self.machine = true,
            Said::Reversal => self.reversal = true,
            Said::Id => {
                self.there = true;
                self.line.get_or_insert(line);
                // A line given twice is no error, another line of the same id is.
                match self.content.replace(value) {
                    None => {}
                    Some(known) if known == value => tell(Told::Again, 0)?,
                    Some(_) => tell(Told::Conflict, 0)?,
                }
                if let Some(at) = self.bought {
                    tell(Told::Bought, at as u128)?;
                }
            }
            Said::Once if *self.owner.get_or_insert(value) != value => tell(Told::Taken, id)?,
            Said::Once => {}
            Said::Named if !self.there => tell(Told::Missing, id)?,
            Said::Named => {}
            Said::Recovered if self.machine => tell(Told::Machine, 0)?,
            Said::Recovered => {}
            Said::Undone if self.reversal => tell(Told::Reversal, 0)?,
            Said::Undone => {}
            Said::Refunded => {
                if let Some(total) = self.total {
                    tell(Told::Total, total as u128)?;
                }
            }
        }
        Ok(())
    }
}

fn note(notes: &mut Sorter<NOTE>, line: u64, told: Told, value: u128) -> Result<()> {
    let mut record = [0; NOTE];
    record[..8].copy_from_slice(&line.to_be_bytes());
    record[8] = told as u8;
    record[9..].copy_from_slice(&value.to_be_bytes());
    notes.push(record)
}

/// A number from its bytes, of which there are sixteen at most.
pub(super) fn number(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// The notes for all lines.
#[derive(Debug, Default)]
pub struct Notes(Sorted<NOTE>);

impl Notes {
    /// Begins with the first line. One reader at a time.
    pub fn read(&self) -> Result<NoteReader<'_>> {
        Ok(NoteReader(self.0.walk()?.peekable()))
    }
}

/// Reads notes beside the lines.
pub struct NoteReader<'a>(Peekable<Walk<'a, NOTE>>);

impl NoteReader<'_> {
    /// What a line is told. Lines must be asked for in their order; any may be left out.
    pub fn of(&mut self, line: u64) -> Result<Noted> {
        let mut noted = Noted::default();
        // A failure is nobody's line, and is met at once.
        let due =
            |record: &std::io::Result<[u8; NOTE]>| record.as_ref().map_or(true, |r| number(&r[..8]) <= line.into());
        while let Some(record) = self.0.next_if(due) {
            let record = record.map_err(Error::internal)?;
            if number(&record[..8]) == line.into() {
                noted.take(record[8], number(&record[9..]));
            }
        }
        Ok(noted)
    }
}

/// What one line is told of the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noted {
    /// It is wrong by itself, which was told.
    pub wrong: bool,
    /// Its id is that of another line with other content.
    pub conflict: bool,
    /// The same line stood before.
    pub again: bool,
    /// What it has that only one line can have, and another has.
    pub taken: Vec<Digest>,
    /// What it names that is not in the archive.
    pub missing: Vec<Digest>,
    /// A machine made the cart that it recovered.
    pub machine: bool,
    /// The entry that it undoes itself undoes another.
    pub reversal: bool,
    /// What was paid for the archive's purchase that it is about.
    pub total: Option<i64>,
    /// What became of the cart.
    pub fate: Fate,
}

/// What other lines make of a cart. None of it is at odds with anything.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fate {
    /// When the archive's earliest purchase of it was made.
    pub bought: Option<Timestamp>,
    /// A letter about it was sent.
    pub emailed: bool,
}

impl Noted {
    /// Whether nothing of it has to be held against what the line says.
    pub fn is_harmless(&self) -> bool {
        *self == Noted { fate: self.fate, ..Noted::default() }
    }

    fn take(&mut self, told: u8, value: u128) {
        match Told::ALL.get(usize::from(told)) {
            Some(Told::Wrong) => self.wrong = true,
            Some(Told::Conflict) => self.conflict = true,
            Some(Told::Again) => self.again = true,
            Some(Told::Taken) => self.taken.push(value),
            Some(Told::Missing) => self.missing.push(value),
            Some(Told::Machine) => self.machine = true,
            Some(Told::Reversal) => self.reversal = true,
            Some(Told::Bought) => self.fate.bought = Some(Timestamp::from_secs(value as i64)),
            Some(Told::Total) => self.total = Some(value as i64),
            Some(Told::Emailed) => self.fate.emailed = true,
            None => {}
        }
    }
}
