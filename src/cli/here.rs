//! The server of a configuration, as seen from this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::TlsConfig;
use ureq::typestate::AgentScope;

use crate::config::Config;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where it listens, as an address of the web.
pub(super) fn base(config: &Config) -> String {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port());
    }
    format!("{}://{address}", config.scheme())
}

/// A client of it, without a proxy. Its certificate is for its public name, not for this address, so it is not checked.
pub(super) fn client() -> Agent {
    let tls = TlsConfig::builder().disable_verification(true).build();
    patient().proxy(None).tls_config(tls).build().into()
}

/// A client that follows nothing and takes every answer as it is.
pub(super) fn patient() -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("cartwright/", env!("CARGO_PKG_VERSION")))
}
