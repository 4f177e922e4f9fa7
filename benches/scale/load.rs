//! Puts load on a server over loopback: so many connections kept alive, each with one request at a time. What comes
//! back is counted, timed and looked at; a wrong answer counts as such and not as work.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

use crate::child::Server;

/// Writes the request of a number into a buffer. Numbers are not used twice in a run.
pub type Request = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

/// What is put on a server.
#[derive(Clone, Copy)]
pub struct Load {
    /// Connections, each with one request in flight.
    pub connections: usize,
    /// For how long.
    pub time: Duration,
    /// Requests at most, of all connections together.
    pub most: u64,
    /// Requests a second of all connections together; absent, as many as are answered.
    pub per_second: Option<f64>,
}

/// What came back.
#[derive(Default)]
pub struct Seen {
    /// How long it took, seconds.
    pub secs: f64,
    /// Microseconds of each good answer, in no order until [`Seen::sort`].
    pub micros: Vec<u32>,
    /// Processor time of the server, seconds.
    pub processor: f64,
    /// Answers that were not as they should be.
    pub wrong: u64,
    /// The first of these.
    pub example: Option<String>,
}

impl Seen {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.micros.len() as f64 / self.secs.max(0.001)
    }

    /// Microseconds of the server's processor time for each answer.
    pub fn cost(&self) -> f64 {
        1e6 * self.processor / (self.micros.len() as f64).max(1.0)
    }

    /// The time under which this share of the answers came, milliseconds. Needs [`Seen::sort`].
    pub fn quantile(&self, share: f64) -> f64 {
        let at = ((self.micros.len() as f64 * share) as usize).min(self.micros.len().saturating_sub(1));
        f64::from(self.micros.get(at).copied().unwrap_or(0)) / 1_000.0
    }

    /// Puts the times in order.
    pub fn sort(&mut self) {
        self.micros.sort_unstable();
    }

    /// Adds what another run of the same work saw.
    pub fn add(&mut self, other: Seen) {
        self.secs += other.secs;
        self.processor += other.processor;
        self.micros.extend(other.micros);
        self.wrong += other.wrong;
        self.example = self.example.take().or(other.example);
    }
}

/// Puts the load on, and waits for its end. `numbers` goes on from run to run; `good` looks at a whole answer.
pub fn run(server: &Server, load: Load, numbers: &Arc<AtomicU64>, request: &Request, good: fn(&[u8]) -> bool) -> Seen {
    let runtime = rt::Runtime::new().expect("a runtime");
    let address = server.address;
    let (began, used) = (Instant::now(), server.processor());
    let last = numbers.load(Ordering::Relaxed).saturating_add(load.most);
    let mut seen = runtime.block_on(async {
        let start = |place| rt::spawn(driver(address, load, (place, last), numbers.clone(), request.clone(), good));
        let drivers: Vec<_> = (0..load.connections).map(start).collect();
        let mut all = Seen::default();
        for driver in drivers {
            all.add(driver.await.expect("a driver does not panic"));
        }
        all
    });
    seen.secs = began.elapsed().as_secs_f64();
    seen.processor = server.processor() - used;
    seen
}

async fn driver(
    address: SocketAddr,
    load: Load,
    (place, last): (usize, u64),
    numbers: Arc<AtomicU64>,
    request: Request,
    good: fn(&[u8]) -> bool,
) -> Seen {
    let mut seen = Seen::default();
    let end = Instant::now() + load.time;
    let pause = load.per_second.map(|rate| Duration::from_secs_f64(load.connections as f64 / rate));
    let mut turn =
        Instant::now() + pause.map_or(Duration::ZERO, |pause| pause.mul_f64(place as f64 / load.connections as f64));
    let mut connection = None;
    let (mut out, mut answer) = (Vec::new(), vec![0; 1 << 20]);
    while Instant::now() < end {
        if let Some(pause) = pause {
            rt::time::sleep_until(turn.into()).await;
            turn += pause;
        }
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        if number >= last {
            break;
        }
        out.clear();
        request(number, &mut out);
        let began = Instant::now();
        match exchange(address, &mut connection, &out, &mut answer).await {
            Ok(length) if good(&answer[..length]) => {
                seen.micros.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            outcome => {
                seen.wrong += 1;
                let text = |length: usize| String::from_utf8_lossy(&answer[..length.min(600)]).into_owned();
                seen.example.get_or_insert_with(|| outcome.map_or_else(|e| e.to_string(), text));
            }
        }
    }
    seen
}

/// Sends a request and reads its whole answer. The connection is made when there is none, and dropped on an error.
async fn exchange(
    address: SocketAddr,
    connection: &mut Option<TcpStream>,
    out: &[u8],
    answer: &mut [u8],
) -> std::io::Result<usize> {
    let mut stream = match connection.take() {
        Some(stream) => stream,
        None => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            stream
        }
    };
    let mut sent = 0;
    while sent < out.len() {
        match stream.try_write(&out[sent..]) {
            Ok(bytes) => sent += bytes,
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(e) => return Err(e),
        }
    }
    let mut filled = 0;
    let mut whole = None;
    while whole.is_none_or(|whole| filled < whole) {
        let more = std::future::poll_fn(|cx| {
            let mut buffer = ReadBuf::new(&mut answer[filled..]);
            Pin::new(&mut stream).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
        });
        match more.await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            bytes => filled += bytes,
        }
        whole = whole.or_else(|| length(&answer[..filled]));
    }
    *connection = Some(stream);
    Ok(filled)
}

/// How long an answer is, once its headers are there. The load runs on the processors that it measures, so it looks at each line
/// once, and at no more of it than its beginning.
fn length(answer: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (mut at, mut body) = (0, 0);
    loop {
        let line = &answer[at..at + answer[at..].iter().position(|byte| *byte == b'\n')?];
        at += line.len() + 1;
        if matches!(line, [] | b"\r") {
            return Some(at + body);
        }
        if line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            let digits = line[NAME.len()..].iter().filter(|byte| byte.is_ascii_digit());
            body = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
        }
    }
}

/// A status of 200.
pub fn ok(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 200")
}

/// A request without a body.
pub fn get(out: &mut Vec<u8>, target: &str, headers: &str) {
    out.extend_from_slice(format!("GET {target} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n").as_bytes());
}

/// A request with one.
pub fn post(out: &mut Vec<u8>, target: &str, headers: &str, body: &str) {
    let length = body.len();
    let head = format!("POST {target} HTTP/1.1\r\nHost: bench\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    out.extend_from_slice(head.as_bytes());
}
