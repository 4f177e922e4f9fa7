//! The real binary, in a folder and an environment of its own for each test: what it prints, what it refuses, and the
//! exit code that scripts go by.

mod backups;
mod configuration;
mod coupons;
mod figures;
mod help;
mod letters;
mod logs;
mod loyalty;
mod people;
mod processes;
mod service;
mod shops;
mod suppressions;
mod tls;
mod webhooks;

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

/// A command that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder in which commands run.
struct Folder(TempDir);

/// How a command ended.
#[derive(Debug)]
struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Folder {
    fn new() -> Self {
        Folder(TempDir::new().expect("a temporary folder"))
    }

    /// A folder whose store has the site `my-shop`.
    fn with_shop() -> Self {
        let folder = Folder::new();
        folder.run(&["site", "add", "--site-id", "my-shop", "--account-id", "my_shop"]).expect_code(0);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("a file is written");
    }

    fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, &[], "")
    }

    /// Runs a command with this environment and nothing else in it, and with this on standard input.
    fn run_with(&self, args: &[&str], environment: &[(&str, &str)], input: &str) -> Outcome {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_cartwright"))
            .args(args)
            .env_clear()
            .envs(environment.iter().copied())
            .current_dir(self.path())
            .write_stdin(input)
            .timeout(PATIENCE)
            .output()
            .expect("the command runs");
        Outcome {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Runs a command that must refuse with exit code 2 and one sentence that holds `words`.
    fn refuses(&self, args: &[&str], words: &str) {
        self.run(args).expect_refusal(words);
    }
}

impl Outcome {
    #[track_caller]
    fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    #[track_caller]
    fn expect_refusal(self, words: &str) {
        assert_eq!(self.code, 2, "{self:?}");
        let told = self.err.lines().find(|line| line.starts_with("cartwright: ")).unwrap_or_default();
        assert!(told.contains(words), "no {words:?} in {self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
    }

    /// The one line of JSON that it printed, whose keys must be these in this order.
    #[track_caller]
    fn json(&self, keys: &[&str]) -> serde_json::Value {
        let [line] = self.out.lines().collect::<Vec<_>>()[..] else { panic!("not one line: {self:?}") };
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let found: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(found, keys);
        value
    }
}
