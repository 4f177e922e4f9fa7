//! `cartwright healthcheck`: asks a running server, for a container's or a service manager's probe.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::{Ended, Global};

/// A server that takes longer than this is not well.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
#[command(after_help = "Example:\n  cartwright healthcheck --listen 127.0.0.1:8080")]
pub(super) struct Args {
    /// Where the server listens [default: as configured]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let flags: Vec<_> = args.listen.map(|listen| ("listen", listen)).into_iter().collect();
    let mut address = global.load(&flags)?.listen;
    if address.ip().is_unspecified() {
        address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port());
    }
    match ask(address) {
        Ok(status) if status.contains(" 200 ") => {
            say!("ok");
            Ok(Ended::Done)
        }
        Ok(status) => {
            say!("http://{address}/healthz answers {status:?}");
            Ok(Ended::Found)
        }
        Err(e) => {
            say!("http://{address}/healthz does not answer: {e}");
            Ok(Ended::Found)
        }
    }
}

/// The status line. One plain request is all that is needed, so no client library is carried for it.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(1_024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}
