//! The composition root of everything that speaks HTTP.

pub mod metrics;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App as Service, HttpServer, web};

use crate::app::App;
use crate::domain::{Error, Result};
use crate::http::limits::RateLimits;
use crate::http::observe::observe;
use crate::{dashboard, dialects};

/// How long a client may take to send the headers of a request.
const HEADER_PATIENCE: Duration = Duration::from_secs(5);

/// A server that is bound and not yet running.
pub struct Bound {
    /// Where it listens; with port 0 asked for, the one that was given.
    pub address: SocketAddr,
    listener: TcpListener,
}

/// Binds the address, so that a port in use is told before anything else happens.
pub fn bind(address: SocketAddr) -> Result<Bound> {
    let refused =
        |e: std::io::Error| Error::Conflict(format!("cannot listen on {address}: {e}; choose another with --listen"));
    let listener = TcpListener::bind(address).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok(Bound { address, listener })
}

/// What is kept of the time to end for closing the store, once requests are answered or cut off.
const CLOSING_SECS: u64 = 2;

/// How long requests, letters and webhooks in flight may take once the process is told to end.
pub fn patience(app: &App) -> Duration {
    Duration::from_secs(app.config.limits.shutdown_seconds.saturating_sub(CLOSING_SECS).max(1))
}

/// Starts serving with this many workers, with TLS where there is a certificate. The future ends when its handle is told to
/// stop and the requests in flight are answered.
pub fn run(app: Arc<App>, bound: Bound, workers: usize) -> Result<Server> {
    let limits = web::Data::new(RateLimits::default());
    let tls = app.certificates.as_ref().map(|certificates| certificates.server()).transpose()?;
    let patience = patience(&app).as_secs();
    let connections = app.config.limits.connections;
    let data = web::Data::new(app);
    let server = HttpServer::new(move || {
        Service::new()
            .app_data(data.clone())
            .app_data(limits.clone())
            .wrap(from_fn(observe))
            .configure(dialects::routes)
            .configure(dashboard::routes)
            .default_service(web::to(dialects::unknown))
    })
    .workers(workers)
    .max_connections(connections.div_ceil(workers.max(1)))
    .client_request_timeout(HEADER_PATIENCE)
    .tls_handshake_timeout(HEADER_PATIENCE)
    .disable_signals()
    .shutdown_timeout(patience);
    let listening = match tls {
        Some(tls) => server.listen_rustls_0_23(bound.listener, tls),
        None => server.listen(bound.listener),
    };
    Ok(listening.map_err(|e| Error::internal(format!("cannot listen: {e}")))?.run())
}
