//! What is shipped in packaging/: the unit as systemd reads it, and that the program needs no more than the unit and the
//! container's image let it have.
#![cfg(feature = "outside")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const UNIT: &str = "packaging/cartwright.service";
const PROGRAM: &str = env!("CARGO_BIN_EXE_cartwright");
/// Ten times what `systemd-analyze security` may say at most; 100 is a service that may do anything.
const MOST_EXPOSED: &str = "--threshold=15";
/// SQLite asks for it where it runs as root alone, which the unit does not.
const AS_ROOT_ALONE: &str = "fchown";
const PATIENCE: Duration = Duration::from_secs(30);

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What a command says; it must be content.
fn told(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{program} {args:?}: {text}");
    text
}

/// The unit with this program in the place of the installed one, which is not there.
fn unit() -> (TempDir, String) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("cartwright.service");
    std::fs::write(&path, read(UNIT).replace("/usr/bin/cartwright", PROGRAM)).expect("a unit");
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn systemd_reads_the_unit_without_a_complaint_and_finds_it_closed() {
    let (_folder, unit) = unit();
    assert_eq!(told("systemd-analyze", &["verify", &unit]), "");
    told("systemd-analyze", &["security", "--offline=yes", "--no-pager", MOST_EXPOSED, &unit]);
}

#[test]
fn the_check_of_the_unit_bites() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("open.service");
    std::fs::write(&path, format!("[Service]\nExecStart={PROGRAM}\n")).expect("a unit");
    let path = path.display().to_string();
    let open = Command::new("systemd-analyze").args(["security", "--offline=yes", MOST_EXPOSED, &path]).output();
    assert!(!open.expect("systemd-analyze").status.success());
}

#[test]
fn a_server_makes_no_system_call_that_the_unit_refuses() {
    let mut allowed = calls_of("@default");
    let unit = read(UNIT);
    for line in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let (refused, groups) = line.strip_prefix('~').map_or((false, line), |groups| (true, groups));
        for call in groups.split_whitespace().flat_map(calls_of) {
            if refused {
                allowed.remove(&call)
            } else {
                allowed.insert(call)
            };
        }
    }
    let made = calls_of_a_server();
    assert!(made.contains("fsync") && made.contains("accept4"), "the trace is none of a server: {made:?}");
    let beyond: Vec<_> = made.difference(&allowed).filter(|call| *call != AS_ROOT_ALONE).collect();
    assert!(beyond.is_empty(), "the unit refuses {beyond:?}");
}

/// The calls of a group of systemd's, with those of the groups in it; a word without `@` is one call.
fn calls_of(group: &str) -> BTreeSet<String> {
    if !group.starts_with('@') {
        return BTreeSet::from([group.to_owned()]);
    }
    let text = told("systemd-analyze", &["syscall-filter", "--no-pager", group]);
    // A line is a name; the first is the group's own, and what stands behind a `#` is about it.
    text.lines()
        .map(str::trim)
        .skip(1)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .flat_map(calls_of)
        .collect()
}

/// Serves, copies the database, answers, reads its certificates anew and ends, under the eyes of strace.
fn calls_of_a_server() -> BTreeSet<String> {
    let folder = TempDir::new().expect("a folder");
    let trace = folder.path().join("trace");
    let mut child = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&trace)
        .args([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path().join("data"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let first = lines.next().expect("a line");
    let address = first.split_once("http://").and_then(|(_, rest)| rest.split(',').next()).expect("an address");
    let begun = Instant::now();
    // The first copy is made at once; a process is ready when it is there.
    while !ask(address, "/readyz").contains("s old") {
        assert!(begun.elapsed() < PATIENCE, "no copy was made");
    }
    let text = std::fs::read_to_string(&trace).expect("a trace");
    let pid = text.split_whitespace().next().expect("a process").to_owned();
    told("sh", &["-c", &format!("kill -HUP {pid}; kill -TERM {pid}")]);
    assert!(child.wait().expect("it ends").success());
    let text = std::fs::read_to_string(&trace).expect("a trace");
    let call = |line: &str| Some(line.split_once(' ')?.1.trim_start().split_once('(')?.0.to_owned());
    let name = |call: &String| call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    text.lines().filter_map(call).filter(name).collect()
}

fn ask(address: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(stream, "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn the_program_needs_no_library_that_the_containers_image_lacks() {
    // What gcr.io/distroless/cc-debian12 has; the kernel brings the first.
    let there = ["linux-vdso.so", "libgcc_s.so", "libm.so", "libc.so", "ld-linux-x86-64.so"];
    for line in told("ldd", &[PROGRAM]).lines().map(str::trim).filter(|line| !line.is_empty()) {
        let name = line.split_whitespace().next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        assert!(there.iter().any(|library| name.starts_with(library)), "{line}");
    }
}

#[test]
fn the_container_serves_as_nobody_in_particular_from_files_that_are_there() {
    let text = read("packaging/Dockerfile");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.contains(&"USER 65532:65532"), "it runs as root");
    // Every copy names what it takes, then where it goes.
    let from_here = lines.iter().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--"));
    let context = TempDir::new().expect("a folder");
    let ignored = read(".dockerignore");
    for name in from_here.flat_map(|line| line.split_whitespace().rev().skip(1)) {
        assert!(ignored.lines().any(|line| line == format!("!{name}")), "{name} is kept out by .dockerignore");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string();
        told("cp", &["-r", &path, &context.path().display().to_string()]);
    }
    // A target of Cargo.toml that is not there ends a build before it begins.
    let manifest = context.path().join("Cargo.toml").display().to_string();
    told(
        env!("CARGO"),
        &["metadata", "--locked", "--offline", "--no-deps", "--format-version=1", "--manifest-path", &manifest],
    );
}

#[test]
fn what_the_debian_package_takes_is_there_and_its_scripts_are_scripts() {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml");
    let deb = &manifest["package"]["metadata"]["deb"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let assets = deb["assets"].as_array().expect("assets");
    let from = |asset: &toml::Value| asset[0].as_str().expect("a file").to_owned();
    for name in assets.iter().map(from).filter(|name| !name.starts_with("target/")) {
        let path = root.join(name.strip_suffix("*.md").unwrap_or(&name));
        assert!(path.exists(), "{name} is not there");
    }
    let scripts = root.join(deb["maintainer-scripts"].as_str().expect("a folder"));
    for name in ["postinst", "prerm", "postrm"] {
        let text = std::fs::read_to_string(scripts.join(name)).expect("a script");
        // Without its mark cargo-deb puts nothing in that starts the service.
        assert!(text.contains("\n#DEBHELPER#\n"), "{name}");
        told("sh", &["-n", &scripts.join(name).display().to_string()]);
    }
    // The service reads the file that the package brings, and what stands in it is known.
    let to = |asset: &toml::Value| format!("/{}", asset[1].as_str().expect("a place"));
    let configuration = scripts.join("cartwright.toml");
    let brought = assets.iter().find(|asset| from(asset).ends_with("debian/cartwright.toml")).map(to);
    assert!(read(UNIT).contains(&format!("serve --config {}\n", brought.expect("a configuration"))));
    told(PROGRAM, &["config", "check", "--config", &configuration.display().to_string()]);
}
