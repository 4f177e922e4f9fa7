//! The real binary, told to end while a mail server and an endpoint keep it waiting: it is over in time, and nothing goes out
//! twice because of it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use cartwright::domain::messages::{Message, MessageStatus};

use super::kills::Shop;
use super::postman::{Act, Postman};

/// What a service manager and an owner count on.
const AT_MOST: Duration = Duration::from_secs(10);
/// Whoever waits longer than this waits in vain.
const PATIENCE: Duration = Duration::from_secs(30);

/// An endpoint that takes the first call without a word and answers those after. Returns its address, and the ids of what
/// came.
fn endpoint() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("its address"));
    let (came, ids) = channel();
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok);
            let id = lines.find_map(|line| line.to_ascii_lowercase().strip_prefix("webhook-id: ").map(str::to_owned));
            while lines.next().is_some_and(|line| !line.is_empty()) {}
            if came.send(id.expect("an id")).is_err() {
                return;
            }
            match silent.is_empty() {
                true => silent.push(stream),
                false => drop((&stream).write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")),
            }
        }
    });
    (url, ids)
}

/// Tells it to end, and says how long that took.
fn end(mut process: Child) -> Duration {
    let told = Instant::now();
    let kill = Command::new("sh").args(["-c", &format!("kill -TERM {}", process.id())]).status();
    assert!(kill.expect("a shell").success());
    assert_eq!(process.wait().expect("it is over").code(), Some(0));
    told.elapsed()
}

fn first(shop: &Shop) -> Message {
    shop.letters().1.into_iter().find(|letter| letter.step == 1).expect("a letter")
}

/// Ends a process that waits for a mail server which does this, and for an endpoint; then starts another. Returns the letter
/// as the first one left it, and how many the mail server has got in the end.
fn end_while_waiting(act: Act) -> (Message, usize) {
    let (shop, postman, (url, ids)) = (Shop::with_carts(1), Postman::new(), endpoint());
    let serve = || {
        let mut command = shop.command(&postman, &["serve"]);
        command.env("CARTWRIGHT_WEBHOOKS_ALLOW_PRIVATE", "on").spawn().expect("the server starts")
    };
    let add = shop
        .command(&postman, &["webhooks", "add", "--site", "my-shop", &url, "--events", "cart.abandoned"])
        .env("CARTWRIGHT_WEBHOOKS_ALLOW_PRIVATE", "on")
        .status();
    assert!(add.expect("the command runs").success());
    postman.will(&[act]);
    let (came, comes) = channel();
    postman.before_data(move || came.send(()).unwrap_or(()));

    let process = serve();
    let id = ids.recv_timeout(PATIENCE).expect("a webhook is on its way");
    comes.recv_timeout(PATIENCE).expect("a letter is on its way");
    let begun = Instant::now();
    while act == Act::SilentAfterDot && postman.got().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "no letter came");
        std::thread::yield_now();
    }
    let took = end(process);
    println!("{act:?}: over in {took:?}");
    assert!(took < AT_MOST, "it took {took:?}");
    let left = first(&shop);

    let process = serve();
    assert_eq!(ids.recv_timeout(PATIENCE).expect("the webhook again"), id, "the receiver knows it by its id");
    if left.status == MessageStatus::Queued {
        comes.recv_timeout(PATIENCE).expect("the letter again");
    }
    let took = end(process);
    assert!(took < AT_MOST / 2, "nobody kept it waiting, and it took {took:?}");
    assert!(ids.try_recv().is_err(), "the webhook was delivered, and came again");
    (left, postman.got().len())
}

#[test]
fn a_letter_that_was_not_handed_over_waits_for_the_next_process_and_leaves_once() {
    let (left, got) = end_while_waiting(Act::SilentBeforeData);
    assert_eq!((left.status, left.attempts), (MessageStatus::Queued, 0), "{left:?}");
    assert_eq!(got, 1);
}

#[test]
fn a_letter_that_may_have_been_taken_is_not_sent_again() {
    let (left, got) = end_while_waiting(Act::SilentAfterDot);
    assert_eq!(left.status, MessageStatus::Unknown, "{left:?}");
    assert_eq!(got, 1);
}
