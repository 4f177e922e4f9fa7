//! `cartwright serve`: one process, all interfaces, one data folder.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::{Either, select};

use super::{Ended, Global, clock, service, signals};
use crate::app::App;
use crate::jobs::{self, Jobs};
use crate::ops::passes;
use crate::server;
use crate::store::{self, ServeLock};

/// How long closing the store waits for those who still hold it.
const CLOSING: Duration = Duration::from_secs(1);

/// How often it is looked whether they let go.
const LOOK_EVERY: Duration = Duration::from_millis(5);

#[derive(clap::Args, Default)]
#[command(after_help = "Example:\n  cartwright serve --listen 127.0.0.1:8080 --data /var/lib/cartwright")]
pub(super) struct Args {
    /// Address and port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<String>,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let flags: Vec<_> = args.listen.map(|listen| ("listen", listen)).into_iter().collect();
    let mut config = global.load(&flags)?;
    let lock = ServeLock::take(&config.data)?;
    let bound = server::bind(config.listen)?;
    // With port 0 asked for, links in letters need the one that was given.
    config.listen = bound.address;
    let app = Arc::new(App::open(config, clock::system())?);
    // What fell due while nobody served happens before anybody can ask.
    jobs::begin(&app)?;
    let (address, greeted) = (bound.address, app.clone());
    let set_up = app.store.write(passes::for_set_up)?;
    serve(app, bound, lock, move || greet(&greeted, address, set_up.as_deref()).map(|()| true))
}

/// Serves until the process is told to stop, then stops the jobs and closes the store. `ready` is called once the
/// server answers and being told to stop is heard; it says whether to go on.
pub(super) fn serve(
    app: Arc<App>,
    bound: server::Bound,
    lock: ServeLock,
    ready: impl FnOnce() -> anyhow::Result<bool>,
) -> anyhow::Result<Ended> {
    let metrics = server::metrics::start(&app)?;
    let jobs = Jobs::start(app.clone())?;
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let ready = || match ready()? {
        true => Ok(service::tell_ready(&app).map(|()| true)?),
        false => anyhow::Ok(false),
    };
    let served = actix_web::rt::System::new().block_on(async {
        let server = server::run(app.clone(), bound, workers)?;
        signals::hear(&app, server.handle())?;
        // The server begins when it is polled first, which is before `ready` is.
        match select(server, Box::pin(async { ready() })).await {
            Either::Left((ended, _)) => ended.context("the server stopped"),
            Either::Right((Ok(true), server)) => server.await.context("the server stopped"),
            Either::Right((outcome, _)) => outcome.map(drop),
        }
    });
    let all_ended = jobs.end(server::patience(&app))?;
    served?;
    drop(metrics);
    close(app, if all_ended { CLOSING } else { Duration::ZERO });
    drop(lock);
    log::info!("stopped; everything acknowledged is on disk");
    Ok(Ended::Done)
}

/// Closes the store, which writes its journal back into the database, so that whoever copies the one file of a server that was
/// stopped has all of it. The server's workers let go of it a moment after they ended; a job that was left alone never does.
fn close(mut app: Arc<App>, patience: Duration) {
    let begun = Instant::now();
    loop {
        app = match Arc::try_unwrap(app) {
            Ok(whole) => return drop(whole),
            Err(shared) if begun.elapsed() > patience => {
                return log::warn!(
                    "the journal is left beside the database, to be read at the next start: {} hold it",
                    Arc::strong_count(&shared)
                );
            }
            Err(shared) => shared,
        };
        std::thread::sleep(LOOK_EVERY);
    }
}

fn greet(app: &App, address: std::net::SocketAddr, set_up: Option<&str>) -> anyhow::Result<()> {
    let folder = app.store.path().parent().unwrap_or(app.store.path()).display().to_string();
    let scheme = app.config.scheme();
    say!("Cartwright {} listens on {scheme}://{address}, data in {folder}", env!("CARGO_PKG_VERSION"));
    if let Some(token) = set_up {
        let base = app.config.base();
        say!(
            "\nNobody can sign in yet. This link sets everything up in a browser; it works once, for half an hour:\n\n  \
             {base}/dashboard/set-up/{token}"
        );
    }
    if app.store.read(store::sites::all)?.is_empty() {
        let data = format!("--data {}", for_a_shell(&folder));
        say!(
            "\nThere is no shop here yet. Without a browser, in another terminal:\n\n  \
             cartwright {data} site add --site-id my-shop --account-id my_shop --name \"My shop\" --currency USD --timezone UTC\n  \
             cartwright {data} key create --site my-shop --scopes all\n  \
             cartwright {data} user add --site my-shop --user-id owner --role owner --campaigns all\n\n\
             Each key is shown once, when it is made. To look around first: cartwright demo"
        );
    }
    Ok(())
}

/// A word as a shell reads it back.
fn for_a_shell(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
