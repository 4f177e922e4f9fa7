//! Sound input made unsound: cut, doubled, joined with another, overwritten with what parsers stumble over.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What parsers stumble over.
const STUMBLES: &[&[u8]] = &[
    b"",
    b"\0",
    b"\r\n",
    b"\n\n",
    b"%",
    b"%%",
    b"%zz",
    b"+",
    b"&",
    b"=",
    b";",
    b"[",
    b"]",
    b"[]",
    b"{",
    b"}",
    b"}}",
    b"{{",
    b"{%",
    b"%}",
    b"{#",
    b"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"--b",
    b"--b--",
    b"<",
    b">",
    b"</",
    b"<!--",
    b"&#x110000;",
    b"&#0;",
    b"-",
    b"-0",
    b"e308",
    b"1e400",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551616",
    b"999999999999",
    b"0.1",
    b",",
    b".",
    b":",
    b"T",
    b"Z",
    b"+24:00",
    b"null",
    b"true",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"\xe2\x88\x92",
    b"\xf0\x9f\x98\x80",
    b"=?utf-8?b?",
    b"=?=",
];

/// One change of a text.
#[derive(Clone, Debug)]
enum Change {
    /// A part goes.
    Cut(Index, Index),
    /// A part comes once more, behind itself, up to so many times.
    Repeat(Index, Index, usize),
    /// Something is put in.
    Put(Index, Vec<u8>),
    /// A byte becomes another.
    Turn(Index, u8),
    /// The end of another sound text follows.
    Join(Index, Index, Index),
}

fn change() -> impl Strategy<Value = Change> + Clone {
    let at = any::<Index>;
    let stumble = select(STUMBLES).prop_map(<[u8]>::to_vec);
    prop_oneof![
        3 => (at(), at()).prop_map(|(from, to)| Change::Cut(from, to)),
        2 => (at(), at(), 1..40_usize).prop_map(|(from, to, times)| Change::Repeat(from, to, times)),
        6 => (at(), prop_oneof![4 => stumble, 1 => prop::collection::vec(any::<u8>(), 1..12)])
            .prop_map(|(at, bytes)| Change::Put(at, bytes)),
        3 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Turn(at, byte)),
        2 => (at(), at(), at()).prop_map(|(at, which, from)| Change::Join(at, which, from)),
    ]
}

/// Sound texts under a few changes each, and now and then bytes of any kind.
pub fn mutated(sound: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> + Clone {
    let changes = prop_oneof![3 => prop::collection::vec(change(), 0..3), 1 => prop::collection::vec(change(), 3..9)];
    let changed = (select(sound.clone()), changes)
        .prop_map(move |(text, changes)| changes.into_iter().fold(text, |text, change| change.of(text, &sound)));
    prop_oneof![12 => changed, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

/// The same as text; what is no UTF-8 becomes U+FFFD.
pub fn mutated_text(sound: &[&str]) -> impl Strategy<Value = String> + Clone + use<> {
    mutated(sound.iter().map(|text| text.as_bytes().to_vec()).collect())
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Texts of all kinds of characters, the awkward ones often.
pub fn awkward_text() -> impl Strategy<Value = String> + Clone {
    let odd = select(
        "\0\u{1}\u{8}\t\n\r\u{b}\u{1f}\u{7f}\u{85}\u{a0}\u{200b}\u{2028}\u{2029}\u{202e}\u{fffd}\u{fffe}\u{ffff}\u{10ffff}<>&\"'/\\]"
            .chars()
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(prop_oneof![2 => odd, 2 => any::<char>(), 3 => prop::char::range(' ', '~')], 0..24)
        .prop_map(String::from_iter)
}

impl Change {
    fn of(self, mut text: Vec<u8>, sound: &[Vec<u8>]) -> Vec<u8> {
        let within = |from: Index, to: Index| {
            let (from, to) = (from.index(text.len() + 1), to.index(text.len() + 1));
            from.min(to)..from.max(to)
        };
        match self {
            Change::Cut(from, to) => drop(text.drain(within(from, to))),
            Change::Repeat(from, to, times) => {
                let part = within(from, to);
                // Long enough to be awkward, and not so long that it is all that is measured.
                let times = times.min(20_000 / part.len().max(1));
                let more = text[part.clone()].repeat(times);
                text.splice(part.end..part.end, more);
            }
            Change::Put(at, bytes) => {
                let at = at.index(text.len() + 1);
                text.splice(at..at, bytes);
            }
            Change::Turn(at, byte) => {
                if !text.is_empty() {
                    let at = at.index(text.len());
                    text[at] = byte;
                }
            }
            Change::Join(at, which, from) => {
                let other = &sound[which.index(sound.len())];
                text.truncate(at.index(text.len() + 1));
                text.extend_from_slice(&other[from.index(other.len() + 1)..]);
            }
        }
        text
    }
}
