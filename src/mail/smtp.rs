//! The transport `smtp`: one conversation with a mail server, driven by hand so that it is known at each failure
//! whether the server may have taken the letter. `Transport::send` of the library does not tell.

use std::cell::Cell;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;

use super::transport::Said;
use crate::config::{Smtp, Tls};
use crate::domain::bounces::{blames_address, status_in};

/// A server that cannot be reached in this time is not there.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may take to say goodbye.
const PARTING: Duration = Duration::from_secs(1);
/// Longest text of a server that is kept.
const MOST: usize = 500;

/// An open conversation, kept between letters.
pub struct Session(SmtpConnection);

/// What one letter needs for its way.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// The name that we say we are.
    pub hello: &'a str,
    /// Where it comes back to.
    pub return_path: &'a str,
    /// Whom it goes to.
    pub to: &'a str,
    /// Lines that end with CR LF.
    pub eml: &'a str,
}

/// Hands a letter over. `may_go` is asked last, when the server has said yes to everything but the letter itself.
pub fn send(server: &Smtp, kept: &mut Option<Session>, route: &Route, may_go: &mut dyn FnMut() -> bool) -> Said {
    let (Ok(from), Ok(to)) = (route.return_path.parse::<Address>(), route.to.parse::<Address>()) else {
        return Said::Refused("an address is none that a mail server understands".into());
    };
    let opened = match kept.take() {
        Some(session) => revive(session, server, route.hello),
        None => open(server, route.hello),
    };
    let mut session = match opened {
        Ok(session) => session,
        // Whatever it says before a letter was named is not about the letter, a wrong password for one.
        Err(e) => return Said::Unreachable(told(&e)),
    };
    let said = converse(&mut session.0, from, to, route.eml, may_go);
    match said {
        // The conversation goes on with the next letter.
        Said::Taken(_) => *kept = Some(session),
        Said::Refused(_) | Said::NoSuchAddress(_) | Said::Withdrawn => {
            *kept = session.0.command(Rset).is_ok().then_some(session);
        }
        // What it says from here on may belong to an earlier question.
        Said::Unreachable(_) | Said::NotNow(_) | Said::Unknown(_) => close(session),
    }
    said
}

/// Begins a conversation as a letter would, signs in where that is configured, and ends it. Says what went wrong.
pub fn try_out(server: &Smtp, hello: &str) -> Result<(), String> {
    open(server, hello).map(close).map_err(|e| told(&e))
}

/// Ends a conversation as one should, without waiting long for a server that says nothing.
pub fn close(mut session: Session) {
    if let Err(e) = session.0.set_timeout(Some(PARTING)) {
        log::debug!("the mail server's time could not be set: {e}");
    }
    session.0.abort();
}

/// A kept conversation where the server still answers, else a new one: many end them after a while.
fn revive(mut session: Session, server: &Smtp, hello: &str) -> Result<Session, Error> {
    if session.0.test_connected() { Ok(session) } else { open(server, hello) }
}

fn open(server: &Smtp, hello: &str) -> Result<Session, Error> {
    let patience = Duration::from_secs(server.timeout_seconds.into());
    let hello = ClientId::Domain(hello.to_owned());
    let tls = match server.tls {
        Tls::None => None,
        Tls::Tls | Tls::Starttls => Some(checked(server)?),
    };
    let wrapped = tls.as_ref().filter(|_| server.tls == Tls::Tls);
    let address = (server.host.as_str(), server.port);
    let mut connection = SmtpConnection::connect(address, Some(patience.min(CONNECT)), &hello, wrapped, None)?;
    if let Err(e) = prepare(&mut connection, server, tls.as_ref(), &hello, patience) {
        connection.abort();
        return Err(e);
    }
    Ok(Session(connection))
}

/// How the server's certificate is checked: by the known authorities, and by those that the shop named.
fn checked(server: &Smtp) -> Result<TlsParameters, Error> {
    let parameters = TlsParameters::builder(server.host.clone());
    if server.authorities.is_empty() {
        return parameters.build();
    }
    parameters.add_root_certificate(Certificate::from_pem(server.authorities.as_bytes())?).build()
}

fn prepare(
    connection: &mut SmtpConnection,
    server: &Smtp,
    tls: Option<&TlsParameters>,
    hello: &ClientId,
    patience: Duration,
) -> Result<(), Error> {
    if let Err(e) = connection.set_timeout(Some(patience)) {
        // The connection then keeps the shorter time that it was made with.
        log::warn!("the mail server's time could not be set: {e}");
    }
    if let Some(tls) = tls.filter(|_| server.tls == Tls::Starttls) {
        connection.starttls(tls, hello)?;
    }
    if !server.user.is_empty() {
        let credentials = Credentials::new(server.user.clone(), server.password.expose().to_owned());
        connection.auth(DEFAULT_MECHANISMS, &credentials)?;
    }
    Ok(())
}

fn converse(
    connection: &mut SmtpConnection,
    from: Address,
    to: Address,
    eml: &str,
    may_go: &mut dyn FnMut() -> bool,
) -> Said {
    if let Err(e) = connection.command(Mail::new(Some(from), vec![])) {
        // About the sender, whatever the status says.
        return if e.is_permanent() { Said::Refused(told(&e)) } else { Said::NotNow(told(&e)) };
    }
    if let Err(e) = connection.command(Rcpt::new(to, vec![])) {
        return refusal(&e);
    }
    if !may_go() {
        return Said::Withdrawn;
    }
    if let Err(e) = connection.command(Data) {
        return refusal(&e);
    }
    // The library asks for more once the letter is written, and then writes the final dot: from there on the server
    // may have taken it.
    let handed_over = Cell::new(false);
    let mut left = Some(eml.as_bytes());
    let letter = std::iter::from_fn(|| {
        let next = left.take();
        handed_over.set(next.is_none());
        next
    });
    match connection.message_iter(letter) {
        Ok(response) => Said::Taken(short(&response.message().collect::<Vec<_>>().join(" "))),
        Err(e) if e.is_permanent() || e.is_transient() || !handed_over.get() => refusal(&e),
        Err(e) => Said::Unknown(format!("the connection was lost after the letter was handed over: {}", told(&e))),
    }
}

/// What an answer about a letter means that was not taken.
fn refusal(e: &Error) -> Said {
    let text = told(e);
    match (e.is_permanent(), status_in(&text)) {
        (true, Some(status)) if blames_address(status) => Said::NoSuchAddress(text),
        (true, _) => Said::Refused(text),
        (false, _) => Said::NotNow(text),
    }
}

fn told(e: &Error) -> String {
    short(&e.to_string())
}

/// What a server says, as one line of bounded length: it may be anybody's text.
fn short(text: &str) -> String {
    text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
