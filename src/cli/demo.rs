//! x
use super::{Ended, Global};
#[derive(clap::Args)]
pub(super) struct Args {}
pub(super) fn run(_global: &Global, _args: Args) -> anyhow::Result<Ended> {
    Ok(Ended::Done)
}
