//! Servers as processes of their own: the program as it is shipped, and the bare one. So memory and the time until the
//! first answer are the server's alone.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// So long without processor time, a server has nothing to do but to wait for calls.
const CALM: Duration = Duration::from_secs(2);
/// For calm is waited at most so long.
const LONGEST: Duration = Duration::from_secs(300);

/// A running server. It is killed when this is dropped.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// The program over a folder, with its limits on calls off, for the load comes from one key.
    pub fn program(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder);
        command.env("CARTWRIGHT_LIMITS_PER_KEY_PER_MINUTE", "0");
        Server::start(command)
    }

    /// The bare server over a file.
    pub fn floor(file: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg("--floor").arg(file);
        Server::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a server");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let said = "listens on http://";
        let address = loop {
            let line = lines.next().expect("the server says where it listens").expect("a line");
            if let Some((_, rest)) = line.split_once(said) {
                let address = rest.split([',', ' ']).next().unwrap_or_default();
                break address.parse().expect("an address");
            }
        };
        // Whatever it says later is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Server { address, child }
    }

    /// Seconds of processor time that it used so far, all threads together.
    pub fn processor(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // Behind the name, which may have blanks, the 12th and 13th words are hundredths: the program's own, and the
        // system's on its behalf (proc_pid_stat(5), fields 14 and 15).
        let numbers = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        numbers.filter_map(|number| number.parse::<f64>().ok()).sum::<f64>() / 100.0
    }

    /// Waits until it does nothing by itself: a server that comes up copies its whole shop, and what fell due is done. It
    /// is calm when it used no processor time for [`CALM`]; after [`LONGEST`] it is measured as it is, and that is said.
    pub fn calm_down(&self) {
        let began = Instant::now();
        let (mut used, mut since) = (self.processor(), began);
        while since.elapsed() < CALM {
            if began.elapsed() > LONGEST {
                eprintln!("a server is still busy by itself after {} s", LONGEST.as_secs());
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
            let now = self.processor();
            // A look at the clock every second may fill a hundredth up.
            if now - used > 0.015 {
                (used, since) = (now, Instant::now());
            }
        }
        eprintln!("a server was calm after {:.1} s", (since - began).as_secs_f64());
    }

    /// Megabytes of memory in use now, and the most so far.
    pub fn memory(&self) -> (f64, f64) {
        memory(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Megabytes of memory of a process now, and the most so far.
fn memory(process: u32) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok());
        kilobytes.unwrap_or(0.0) / 1_024.0
    };
    (of("VmRSS:"), of("VmHWM:"))
}

/// What running a command of the program took: seconds, and megabytes of memory at most.
pub fn run(arguments: &[&str]) -> (f64, f64) {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cartwright"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut most = 0.0;
    loop {
        most = memory(child.id()).1.max(most);
        if let Some(status) = child.try_wait().expect("the program's end") {
            let mut said = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                drop(std::io::Read::read_to_string(&mut stderr, &mut said));
            }
            assert!(status.success(), "{arguments:?}: {said}");
            return (began.elapsed().as_secs_f64(), most);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
