//! Calling an endpoint that somebody else named: within bounds of time and size, following nothing, and never an address of this
//! machine or a private network unless the operator allows it. Names are looked up here and what they stand for is checked
//! and called, so a name that flips between two look-ups gains nothing.

use std::io::Read;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use crate::domain::webhooks::{Format, is_public};
use crate::ops::webhooks::Outcome;

/// How long a call may take, from looking up the name to the end of the answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read; nothing of it is kept, for it may be anything.
const MOST_BYTES: u64 = 20_000;

/// What may be called, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Whether this machine and private networks may be called.
    pub(super) allow_private: bool,
    /// From looking up the name to the end of the answer.
    pub(super) patience: Duration,
}

/// Posts a body and says what came of it.
pub(super) fn call(url: &str, format: Format, headers: &[(&str, &str)], body: &str, bounds: Bounds) -> Outcome {
    let config = Config::builder()
        .timeout_global(Some(bounds.patience))
        .max_redirects(0)
        .http_status_as_error(false)
        // A proxy of the environment would look names up itself, past the check.
        .proxy(None)
        .max_idle_connections(0)
        .user_agent(concat!("cartwright/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), Checked { allow_private: bounds.allow_private });
    let content_type = match format {
        Format::Json => "application/json",
        Format::Form => "application/x-www-form-urlencoded",
    };
    let mut request = agent.post(url).header("content-type", content_type);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match request.send(body) {
        Ok(mut answer) => {
            let status = answer.status().as_u16();
            // Read so that the endpoint is not cut off in its answer; what it says is its own affair.
            drop(std::io::copy(&mut answer.body_mut().as_reader().take(MOST_BYTES), &mut std::io::sink()));
            let fault = match status {
                200..=299 => None,
                300..=399 => Some(format!("it answered {status}, and a redirect is not followed")),
                _ => Some(format!("it answered {status}")),
            };
            Outcome { answer: Some(status), fault }
        }
        Err(e) => Outcome { answer: None, fault: Some(fault(&e, bounds.patience)) },
    }
}

/// What went wrong, without the address: a path may hold a secret.
fn fault(error: &Error, patience: Duration) -> String {
    match error {
        Error::Timeout(_) => format!("it did not answer within {} seconds", patience.as_secs_f32()),
        Error::HostNotFound => "its name stands for no address".to_owned(),
        Error::Io(e) if e.kind() == std::io::ErrorKind::PermissionDenied => e.to_string(),
        Error::Io(e) => format!("it could not be reached ({})", e.kind()),
        Error::ConnectionFailed => "it could not be reached".to_owned(),
        Error::Tls(_) | Error::Rustls(_) => {
            "its certificate could not be verified, or it does not speak TLS".to_owned()
        }
        Error::BadUri(_) | Error::Http(_) => "its address could not be read".to_owned(),
        _ => "its answer could not be read".to_owned(),
    }
}

/// Looks names up and leaves out what may not be called.
#[derive(Debug)]
struct Checked {
    allow_private: bool,
}

impl Resolver for Checked {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        if self.allow_private {
            return Ok(found);
        }
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| is_public(address.ip())) {
            allowed.push(*address);
        }
        if allowed.is_empty() {
            let text = "it leads to this machine or a private network, which webhooks.allow_private does not allow";
            return Err(Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, text)));
        }
        Ok(allowed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;

    const BOUNDS: Bounds = Bounds { allow_private: true, patience: Duration::from_millis(300) };

    /// Where somebody listens who does this with each caller.
    fn somebody(act: impl Fn(std::net::TcpStream) + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        std::thread::spawn(move || listener.incoming().flatten().for_each(act));
        url
    }

    #[test]
    fn an_endpoint_that_says_nothing_or_never_ends_is_waited_for_no_longer_than_that() {
        let silent = somebody(std::mem::forget);
        let endless = somebody(|mut stream| {
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\n"));
            // A header that has no end, as slowly as the caller reads.
            while stream.write_all(b"x").is_ok() {}
        });
        for url in [silent, endless] {
            let began = Instant::now();
            let outcome = call(&url, Format::Json, &[], "{}", BOUNDS);
            assert!(outcome.fault.is_some() && outcome.answer.is_none(), "{outcome:?}");
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        }
    }

    #[test]
    fn an_answer_without_an_end_is_cut_off_and_its_status_counts() {
        let url = somebody(|mut stream| {
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
            while stream.write_all(&[b'x'; 1_000]).is_ok() {}
        });
        let began = Instant::now();
        let outcome = call(&url, Format::Json, &[], "{}", Bounds { patience: PATIENCE, ..BOUNDS });
        assert_eq!(outcome, Outcome { answer: Some(200), fault: None });
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    }
}
