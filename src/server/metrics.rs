//! The server of metrics: a listener of its own, so that what it shows is not for whoever reaches the shop's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{App as Service, HttpServer, rt, web};

use super::{HEADER_PATIENCE, bind};
use crate::app::App;
use crate::domain::{Error, Result};
use crate::http::metrics;

/// A running server of metrics; dropping it ends it.
pub struct MetricsServer {
    /// Where it listens.
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// Starts it where it is configured.
pub fn start(app: &Arc<App>) -> Result<Option<MetricsServer>> {
    let Some(address) = app.config.metrics else { return Ok(None) };
    metrics::begin()?;
    let bound = bind(address).map_err(|e| Error::Conflict(format!("metrics: {e}")))?;
    let address = bound.address;
    let (told, running) = channel();
    let data = web::Data::new(app.clone());
    let thread = std::thread::Builder::new().name("metrics".into()).spawn(move || {
        rt::System::new().block_on(async move {
            rt::spawn(metrics::keep_small());
            let server = HttpServer::new(move || Service::new().app_data(data.clone()).configure(metrics::routes))
                .workers(1)
                .disable_signals()
                .client_request_timeout(HEADER_PATIENCE)
                .listen(bound.listener);
            match server.map(HttpServer::run) {
                Ok(server) => {
                    drop(told.send(Ok(server.handle())));
                    if let Err(e) = server.await {
                        log::error!("the server of metrics ended: {e}");
                    }
                }
                Err(e) => drop(told.send(Err(e))),
            }
        });
    });
    let thread = thread.map_err(Error::internal)?;
    let handle = running.recv().map_err(Error::internal)?.map_err(Error::internal)?;
    log::info!("metrics are on http://{address}/metrics");
    Ok(Some(MetricsServer { address, handle, thread: Some(thread) }))
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        rt::System::new().block_on(self.handle.stop(false));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the server of metrics ended in a panic");
        }
    }
}
