//! The real binary, told to end while clients are at it: it is over within ten seconds, what it acknowledged is there, and who
//! asked before is answered.

#[path = "../kills/doors.rs"]
#[allow(dead_code, reason = "nothing is asked again here")]
mod doors;
#[path = "../kills/process.rs"]
#[allow(dead_code, reason = "nobody is killed here")]
mod process;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use doors::{Act, Door};
use process::{Client, KEY, Running, Shop};

/// What a service manager and an owner count on.
const AT_MOST: Duration = Duration::from_secs(10);
const CLIENTS: usize = 8;
/// Writes that are acknowledged before it is told.
const BEFORE: usize = 200;
const CART: &str = r#"{"email":"slow@example.com","items":[{"product_id":"mug","quantity":1,"unit_price":950}]}"#;

/// A request whose body is on its way.
struct Slow(TcpStream);

impl Slow {
    fn begin(running: &Running) -> Self {
        let mut stream = TcpStream::connect(running.address()).expect("a connection");
        stream.set_read_timeout(Some(2 * AT_MOST)).expect("a timeout");
        let head = format!(
            "POST /v1/carts HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
             Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            CART.len()
        );
        stream.write_all(head.as_bytes()).expect("a head");
        // From here on the server has it.
        let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
        stream.read_exact(&mut go_on).expect("a word to go on");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(&CART.as_bytes()[..20]).expect("some of a body");
        Slow(stream)
    }

    fn finish(mut self) -> String {
        self.0.write_all(&CART.as_bytes()[20..]).expect("the rest of a body");
        self.answer()
    }

    /// Everything until the connection is closed.
    fn answer(&mut self) -> String {
        let mut answer = String::new();
        // Cut off, a connection may end in a reset.
        drop(self.0.read_to_string(&mut answer));
        answer
    }
}

/// Returns once nobody new is let in.
fn wait_until_closed(running: &Running) {
    let begun = Instant::now();
    while TcpStream::connect(running.address()).is_ok() {
        assert!(begun.elapsed() < AT_MOST, "it still lets others in");
        std::thread::yield_now();
    }
}

#[test]
fn a_process_that_is_told_to_end_under_load_loses_nothing_and_answers_who_asked_before() {
    let shop = Shop::new();
    let running = shop.start();
    let (serial, acknowledged) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (acts, answer, took, code) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (serial, acknowledged, mut client) = (&serial, &acknowledged, Client::of(&running));
                scope.spawn(move || {
                    let mut acts: Vec<Act> = Vec::new();
                    // One more than is heard: the last one meets the end.
                    while acts.last().is_none_or(|act| act.acknowledged) {
                        let number = serial.fetch_add(1, Ordering::Relaxed);
                        let mut act = Act::new(Door::ALL[number % Door::ALL.len()], number);
                        act.acknowledged = act.ask(&mut client);
                        acknowledged.fetch_add(usize::from(act.acknowledged), Ordering::Relaxed);
                        acts.push(act);
                    }
                    acts
                })
            })
            .collect();
        let slow = Slow::begin(&running);
        while acknowledged.load(Ordering::Relaxed) < BEFORE {
            std::thread::yield_now();
        }
        let told = Instant::now();
        running.tell("-TERM");
        wait_until_closed(&running);
        let answer = slow.finish();
        let acts = clients.into_iter().flat_map(|client| client.join().expect("a client")).collect::<Vec<_>>();
        let code = running.ended();
        (acts, answer, told.elapsed(), code)
    });
    println!("{} acknowledged, over in {took:?}", acknowledged.load(Ordering::Relaxed));
    assert_eq!(code, Some(0));
    assert!(took < AT_MOST, "it took {took:?}");
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("connection: close"), "{answer}");
    shop.check_all(&acts);
}

#[test]
fn a_client_that_never_ends_its_request_is_cut_off() {
    let shop = Shop::new();
    let running = shop.start();
    let mut slow = Slow::begin(&running);
    let told = Instant::now();
    running.tell("-INT");
    let answer = slow.answer();
    assert_eq!(running.ended(), Some(0), "{answer}");
    let took = told.elapsed();
    println!("cut off in {took:?}");
    assert!(took < AT_MOST, "it took {took:?}");
    assert!(took > AT_MOST / 2, "it was not given the time to end, but cut off after {took:?}");
    shop.check_all(&[]);
}

#[test]
fn who_tells_it_twice_does_not_wait() {
    let shop = Shop::new();
    let running = shop.start();
    let _slow = Slow::begin(&running);
    running.tell("-TERM");
    wait_until_closed(&running);
    let told = Instant::now();
    running.tell("-INT");
    assert_eq!(running.ended(), Some(3), "what was in flight is cut short, and that is said");
    assert!(told.elapsed() < AT_MOST / 3, "it took {:?}", told.elapsed());
    shop.check_all(&[]);
}
