//! Servers as processes: what they print, who may run beside them, and how they end.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Folder, PATIENCE};

/// A server that was told to end does so within this.
const ENDING: Duration = Duration::from_secs(10);

/// A server in a process of its own, killed when the test is over.
pub(super) struct Server {
    pid: u32,
    pub(super) lines: Receiver<String>,
    /// What it printed until it listened, and where that is.
    pub(super) address: SocketAddr,
    ended: Receiver<(Option<i32>, String)>,
    is_over: Cell<bool>,
    threads: Vec<JoinHandle<()>>,
    // Kept open: a server does not read it, and does not end when it closes.
    _stdin: Option<ChildStdin>,
}

impl Server {
    /// Starts a server and waits until it says where it listens.
    pub(super) fn start(folder: &Folder, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cartwright"))
            .args(args)
            .env_clear()
            .envs(environment.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let (pid, stdin) = (child.id(), child.stdin.take());
        let (line_sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        let reading = std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if line_sender.send(line).is_err() {
                    break;
                }
            }
        });
        let (end_sender, ended) = channel();
        let waiting = std::thread::spawn(move || drop(end_sender.send(wait(child))));
        let first =
            lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line: {:?}", ended.recv_timeout(PATIENCE)));
        let address = first
            .split_once("://")
            .and_then(|(_, rest)| rest.split(',').next()?.parse().ok())
            .unwrap_or_else(|| panic!("no address in {first:?}"));
        Server { pid, lines, address, ended, is_over: Cell::new(false), threads: vec![reading, waiting], _stdin: stdin }
    }

    pub(super) fn on(folder: &Folder) -> Self {
        Server::start(folder, &["serve", "--listen", "127.0.0.1:0"], &[])
    }

    pub(super) fn signal(&self, name: &str) {
        // The shell's own: a bare machine has no other.
        let told = Command::new("sh").args(["-c", &format!("kill {name} {}", self.pid)]).stderr(Stdio::null()).status();
        told.expect("a shell");
    }

    /// Asks it to end, and returns its exit code and what it logged.
    pub(super) fn end(&self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        let ended = self.ended.recv_timeout(ENDING).expect("the server ends when it is told to");
        self.is_over.set(true);
        ended
    }

    pub(super) fn get(&self, target: &str) -> String {
        self.ask(|stream| stream, target).expect("an answer")
    }

    /// The same over whatever a connection is made into.
    pub(super) fn ask<S: Read + Write>(
        &self,
        through: impl FnOnce(TcpStream) -> S,
        target: &str,
    ) -> std::io::Result<String> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut stream = through(stream);
        write!(stream, "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its number may be somebody else's once it was waited for.
        if !self.is_over.get() && self.ended.try_recv().is_err() {
            self.signal("-KILL");
        }
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

fn wait(mut child: Child) -> (Option<i32>, String) {
    let mut log = String::new();
    if let Some(stderr) = &mut child.stderr {
        drop(stderr.read_to_string(&mut log));
    }
    (child.wait().ok().and_then(|status| status.code()), log)
}

#[test]
fn a_server_says_where_it_listens_and_what_to_do_first() {
    let folder = Folder::new();
    let server = Server::on(&folder);
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
    let (code, log) = server.end("-TERM");
    assert_eq!(code, Some(0), "{log}");
    let printed: Vec<String> = server.lines.iter().collect();
    for command in
        ["/dashboard/set-up/", "site add --site-id", "key create --site", "user add --site", "cartwright demo"]
    {
        assert!(printed.iter().any(|line| line.contains(command)), "no {command:?} in {printed:?}");
    }
    let all = format!("{printed:?}{log}").to_lowercase();
    assert!(!all.contains("password") && !all.contains("cw_"), "{all}");
}

#[test]
fn the_first_commands_that_it_prints_work_as_they_are() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["serve", "--listen", "127.0.0.1:0", "--data", "my shop's data"], &[]);
    let mut commands = 0;
    while commands < 3 {
        let line = server.lines.recv_timeout(PATIENCE).expect("the commands");
        let Some(rest) = line.trim().strip_prefix("cartwright ") else { continue };
        let shell = format!("\"$CARTWRIGHT\" {rest}");
        let done = Command::new("sh")
            .args(["-c", &shell])
            .env("CARTWRIGHT", env!("CARGO_BIN_EXE_cartwright"))
            .current_dir(folder.path())
            .output()
            .expect("a shell");
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        commands += 1;
    }
    assert!(
        folder.run(&["user", "list", "--site", "my-shop", "--data", "my shop's data"]).out.contains("owner  owner")
    );
}

#[test]
fn a_server_with_a_shop_and_a_password_prints_no_first_steps() {
    let folder = Folder::with_shop();
    folder.run(&["user", "add", "--site", "my-shop", "--user-id", "ann", "--role", "owner"]).expect_code(0);
    let password = "correct horse battery staple";
    folder.run_with(&["user", "passwd", "--site", "my-shop", "ann"], &[], password).expect_code(0);
    let server = Server::on(&folder);
    assert_eq!(server.end("-TERM").0, Some(0));
    assert_eq!(server.lines.iter().collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_health_check_knows_a_running_server_from_one_that_is_gone() {
    let folder = Folder::new();
    // An address of its own, so that no other test's server can be given the port once it is free.
    let server = Server::start(&folder, &["serve", "--listen", "127.0.0.77:0"], &[]);
    let listen = server.address.to_string();
    assert_eq!(folder.run(&["healthcheck", "--listen", &listen]).expect_code(0).out, "ok\n");
    let by_environment = folder.run_with(&["healthcheck"], &[("CARTWRIGHT_LISTEN", &listen)], "");
    by_environment.expect_code(0);
    server.end("-TERM");
    let gone = folder.run(&["healthcheck", "--listen", &listen]).expect_code(1);
    assert!(gone.out.contains("does not answer"), "{gone:?}");
    folder.refuses(&["healthcheck", "--listen", "nowhere"], "listen: must be address:port");
}

#[test]
fn a_folder_is_served_by_one_process() {
    let folder = Folder::new();
    let server = Server::on(&folder);
    let second = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
    second.expect_refusal("another cartwright already serves");
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"), "the first goes on");
    server.end("-KILL");
    // A process that was killed leaves nothing behind that would keep the next one out.
    let next = Server::on(&folder);
    assert_eq!(next.end("-TERM").0, Some(0));
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_done() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("its address").to_string();
    folder.refuses(&["serve", "--listen", &listen], "choose another with --listen");
    assert!(!folder.path().join("data/cartwright.db").exists());
}

#[test]
fn commands_work_beside_a_running_server_and_it_sees_what_they_did() {
    let folder = Folder::new();
    let server = Server::on(&folder);
    folder.run(&["site", "add", "--site-id", "beside", "--account-id", "beside"]).expect_code(0);
    folder.run(&["key", "create", "--site", "beside", "--json"]).expect_code(0).json(&["id", "key"]);
    folder.run(&["stats", "verify"]).expect_code(0);
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
    assert_eq!(server.end("-TERM").0, Some(0));
    assert!(folder.run(&["site", "list"]).expect_code(0).out.contains("beside"));
}

#[test]
fn a_server_ends_with_0_however_it_is_asked_to() {
    for signal in ["-TERM", "-INT"] {
        let folder = Folder::new();
        let server = Server::on(&folder);
        // A client that holds its connection open and says nothing does not keep it.
        let _idle = TcpStream::connect(server.address).expect("a connection");
        let (code, log) = server.end(signal);
        assert_eq!(code, Some(0), "{signal}: {log}");
        assert!(log.contains("everything acknowledged is on disk"), "{signal}: {log}");
        let left = folder.path().join("data").join(format!("{}-wal", cartwright::store::FILE_NAME));
        assert!(!left.exists(), "{signal}: what is in the journal is not in the database: {log}");
    }
}

#[test]
fn cartwright_alone_serves_the_data_of_its_working_folder() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[], &[("CARTWRIGHT_LISTEN", "127.0.0.1:0")]);
    assert!(server.address.ip().is_loopback());
    assert!(folder.path().join("data/cartwright.db").exists());
    assert!(server.get("/dashboard/sign-in").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_secret_in_an_address_is_in_no_log() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["-vv", "serve", "--listen", "127.0.0.1:0"], &[]);
    server.get("/secure/anything.php?key=a-secret-that-is-nobodys-business");
    server.get("/v1/bounces/another-one-that-is-nobodys-business");
    let (_, log) = server.end("-TERM");
    assert!(log.contains("/secure/anything.php"), "{log}");
    assert!(!log.contains("nobodys-business"), "{log}");
}

#[test]
fn a_demo_sends_nothing_whatever_is_configured() {
    let folder = Folder::new();
    // Without the demo's own word this would be refused: a mail server has a name.
    let environment = [("CARTWRIGHT_MAIL_TRANSPORT", "smtp"), ("TMPDIR", ".")];
    let server = Server::start(&folder, &["demo", "--empty", "--listen", "127.0.0.1:0"], &environment);
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
    assert_eq!(server.end("-TERM").0, Some(0));
    let refused = folder.run_with(&["serve"], &[("CARTWRIGHT_MAIL_TRANSPORT", "smtp")], "");
    refused.expect_refusal("mail.smtp.host: is required");
}
