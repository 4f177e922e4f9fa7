//! `cartwright config`: write an example, show what is in force, check a file.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Ended, Global};
use crate::config::{Config, DEFAULT_FILE, Source};
use crate::domain::Error;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  cartwright config init && cartwright config show")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a file with every key, its default and its meaning
    Init {
        /// Where to [default: ./cartwright.toml]
        file: Option<PathBuf>,
    },
    /// Show every key with the value in force and where it came from
    Show,
    /// Say whether the configuration can be used
    Check,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    match args.command {
        Command::Init { file } => {
            let path = file.or(global.config.clone()).unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
            if path.exists() {
                let text = format!("{} exists already; name another file, or move it away", path.display());
                return Err(Error::Conflict(text).into());
            }
            std::fs::write(&path, Config::example())?;
            say!("wrote {}", path.display());
            Ok(Ended::Done)
        }
        Command::Show => {
            let config = global.load(&[])?;
            for (key, value) in config.values() {
                let source = match &config.sources[key.name] {
                    Source::Default => "default".to_owned(),
                    Source::File(path) => path.display().to_string(),
                    Source::Environment(name) => name.clone(),
                    Source::Flag => "command line".to_owned(),
                };
                say!("{} = {value}  # {source}", key.name);
            }
            Ok(Ended::Done)
        }
        Command::Check => match global.load(&[]) {
            Ok(config) => {
                say!("the configuration is fine; data in {}", config.data.display());
                Ok(Ended::Done)
            }
            Err(e) => {
                say!("{e}");
                Ok(Ended::Found)
            }
        },
    }
}
