//! `cartwright healthcheck`: asks a running server, for a container's or a service manager's probe.

use super::{Ended, Global, here};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  cartwright healthcheck --listen 127.0.0.1:8080")]
pub(super) struct Args {
    /// Where the server listens [default: as configured]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let flags: Vec<_> = args.listen.map(|listen| ("listen", listen)).into_iter().collect();
    let target = format!("{}/healthz", here::base(&global.load(&flags)?));
    match here::client().get(&target).call() {
        Ok(answer) if answer.status() == 200 => {
            say!("ok");
            Ok(Ended::Done)
        }
        Ok(answer) => {
            say!("{target} answers {}", answer.status());
            Ok(Ended::Found)
        }
        Err(e) => {
            say!("{target} does not answer: {e}");
            Ok(Ended::Found)
        }
    }
}
