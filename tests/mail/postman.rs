//! A small mail server on loopback, which does with each letter what it was told to do, and keeps what it took.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What to do with a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Answer this to its recipient.
    ToRecipient(&'static str),
    /// Answer this to the whole letter.
    ToLetter(&'static str),
    /// Take it, after a while.
    TakeSlowly(Duration),
    /// Close the connection at its recipient.
    DropBeforeData,
    /// Take it, and close the connection instead of saying so.
    DropAfterDot,
    /// Say nothing about its recipient.
    SilentBeforeData,
    /// Take it, and say nothing.
    SilentAfterDot,
}

/// A letter as it came.
#[derive(Clone, Debug)]
pub struct Got {
    /// The return path.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// Headers and bodies.
    pub data: String,
}

impl Got {
    /// A header's value, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
    }
}

type Hook = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Desk {
    acts: Mutex<VecDeque<Act>>,
    got: Mutex<Vec<Got>>,
    connections: Mutex<usize>,
    before_data: Mutex<Option<Hook>>,
    /// The answer to `AUTH`; without one it is not offered.
    auth: Option<&'static str>,
    /// How long each letter takes.
    pace: Duration,
}

/// The server. Its threads end with the test's process.
pub struct Postman {
    port: u16,
    desk: Arc<Desk>,
}

impl Postman {
    /// Takes everything, unless told otherwise.
    pub fn new() -> Self {
        Postman::start(Desk::default())
    }

    /// Takes everything, at this pace.
    pub fn at_pace(pace: Duration) -> Self {
        Postman::start(Desk { pace, ..Desk::default() })
    }

    /// Asks who is there, and answers this.
    pub fn asking(auth: &'static str) -> Self {
        Postman::start(Desk { auth: Some(auth), ..Desk::default() })
    }

    fn start(desk: Desk) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let desk = Arc::new(desk);
        let shared = desk.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let desk = shared.clone();
                *desk.connections.lock().expect("the desk") += 1;
                // A client that went away ends its conversation, and that is all.
                std::thread::spawn(move || drop(converse(stream, &desk)));
            }
        });
        Postman { port, desk }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What to do with the letters that come next; those after are taken.
    pub fn will(&self, acts: &[Act]) {
        self.desk.acts.lock().expect("the desk").extend(acts);
    }

    /// Runs this when a recipient was accepted, before the answer.
    pub fn before_data(&self, hook: impl Fn() + Send + Sync + 'static) {
        *self.desk.before_data.lock().expect("the desk") = Some(Box::new(hook));
    }

    /// What was taken so far.
    pub fn got(&self) -> Vec<Got> {
        self.desk.got.lock().expect("the desk").clone()
    }

    /// How often somebody came.
    pub fn connections(&self) -> usize {
        *self.desk.connections.lock().expect("the desk")
    }
}

fn converse(stream: TcpStream, desk: &Desk) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let (mut from, mut to, mut act) = (String::new(), String::new(), None);
    out.write_all(b"220 postman\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" if desk.auth.is_some() => out.write_all(b"250-postman\r\n250 AUTH PLAIN\r\n")?,
            "EHLO" => out.write_all(b"250-postman\r\n250 8BITMIME\r\n")?,
            "AUTH" => write!(out, "{}\r\n", desk.auth.unwrap_or("503 no"))?,
            "MAIL" => {
                from = path();
                out.write_all(b"250 2.1.0 ok\r\n")?;
            }
            "RCPT" => {
                to = path();
                act = desk.acts.lock().expect("the desk").pop_front();
                if let Some(hook) = desk.before_data.lock().expect("the desk").as_ref() {
                    hook();
                }
                match act {
                    Some(Act::ToRecipient(answer)) => write!(out, "{answer}\r\n")?,
                    Some(Act::DropBeforeData) => return Ok(()),
                    Some(Act::SilentBeforeData) => std::thread::sleep(Duration::from_secs(5)),
                    _ => out.write_all(b"250 2.1.5 ok\r\n")?,
                }
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let data = letter(&mut lines)?;
                std::thread::sleep(desk.pace);
                if let Some(Act::ToLetter(answer)) = act {
                    write!(out, "{answer}\r\n")?;
                    continue;
                }
                desk.got.lock().expect("the desk").push(Got { from: from.clone(), to: to.clone(), data });
                match act {
                    Some(Act::DropAfterDot) => return Ok(()),
                    Some(Act::SilentAfterDot) => std::thread::sleep(Duration::from_secs(5)),
                    Some(Act::TakeSlowly(time)) => {
                        std::thread::sleep(time);
                        out.write_all(b"250 2.0.0 taken\r\n")?;
                    }
                    _ => out.write_all(b"250 2.0.0 taken\r\n")?,
                }
            }
            "QUIT" => return out.write_all(b"221 bye\r\n"),
            _ => out.write_all(b"250 ok\r\n")?,
        }
    }
}

/// Reads to the final dot.
fn letter(lines: &mut impl BufRead) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
