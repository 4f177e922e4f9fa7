//! What letters need: the mail server, and what the shop has to say of itself.

use super::{Check, fault, ok, warning};
use crate::config::{Config, Mail, Tls};
use crate::domain::Site;
use crate::mail::{mailer, smtp};

/// The mail server, in a conversation that ends before any letter.
pub(super) fn look_at_server(config: &Config) -> Vec<Check> {
    let said = match &config.mail {
        Mail::Captured => warning("smtp", "mail.transport is captured, so nobody gets a letter: choose smtp to send"),
        Mail::Folder(folder) => ok("smtp", format!("letters go to the folder {}", folder.display())),
        Mail::Stdout => warning("smtp", "letters are printed, so nobody gets one: choose smtp to send"),
        Mail::Smtp => {
            let server = format!("{}:{}", config.smtp.host, config.smtp.port);
            match smtp::try_out(&config.smtp, &mailer::hello(config)) {
                Ok(()) if config.smtp.tls == Tls::None => {
                    ok("smtp", format!("{server} answers, without TLS as configured"))
                }
                Ok(()) => ok("smtp", format!("{server} answers, and its certificate is good")),
                Err(e) => fault("smtp", format!("{server} did not let us in ({e}): mend mail.smtp, then look again")),
            }
        }
    };
    vec![said]
}

/// What the law and mailbox providers want to read in a letter.
pub(super) fn look_at_shop(site: &Site) -> Vec<Check> {
    let set = |name: &str, value: &str| format!("`cartwright site set --site {} {name} {value}`", site.site_id);
    vec![
        match site.settings.postal_address() {
            Some(_) => ok("postal", "the shop says where it can be found by post"),
            None => fault(
                "postal",
                format!("the shop has no postal address: {}", set("postal_address", "\"1 Mill Lane, …\"")),
            ),
        },
        match site.settings.sender() {
            Some(from) => ok("sender", format!("letters come from {}", from.shown())),
            None => fault("sender", format!("letters come from nowhere: {}", set("letters.from", "shop@example.com"))),
        },
        match site.settings.letters() {
            true => ok("letters", "they are on"),
            false => warning("letters", format!("they are off, so none leaves: {}", set("letters", "on"))),
        },
    ]
}
