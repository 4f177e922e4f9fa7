//! `cartwright send-test-email`: whether letters arrive, before a shopper finds out.

use super::{Ended, Global, clock, find_site};
use crate::domain::{EmailAddress, Error, bounces};
use crate::mail::letters::Composed;
use crate::mail::mailer::Mailer;
use crate::mail::sample;
use crate::mail::transport::Said;
use crate::store::Store;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  cartwright send-test-email --site my-shop --to you@example.com --step 1")]
pub(super) struct Args {
    /// Public id of the shop
    #[arg(long)]
    site: String,
    /// Where to
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// The letter of this step about a made-up cart, its coupon with a code that nobody can use
    #[arg(long)]
    step: Option<i64>,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let config = global.load(&[])?;
    let store = Store::open(&config.data, clock::system())?;
    let site = find_site(&store, &args.site)?;
    let to = EmailAddress::parse(&args.to).map_err(|e| e.in_field("to"))?;
    if !to.is_deliverable() {
        return Err(Error::refused("to", "is none that a mail server understands").into());
    }
    let mailer = Mailer::of(&config);
    if !mailer.is_real() {
        return Err(Error::Conflict(
            "mail.transport is captured, so nothing leaves; `cartwright config init` writes a file with the others"
                .into(),
        )
        .into());
    }
    let now = clock::system()();
    let base = config.base();
    let letter = match args.step {
        Some(step) => super::sequence::sample(&store, &site, step)?,
        None => plain(),
    };
    let Some(envelope) = sample::envelope(&site, letter, &to, now, &base) else {
        let how = format!("`cartwright site set --site {} letters.from shop@example.com`", site.site_id);
        return Err(Error::Conflict(format!("the shop has no address that letters come from: {how}")).into());
    };
    // Letter 0 is nobody's: what comes back about this one changes nothing.
    let said = mailer.send(&envelope, &bounces::return_path(&site, 0, &envelope.from), &mut || true);
    mailer.rest();
    match said {
        Said::Taken(answer) => {
            say!("taken: {answer}");
            Ok(Ended::Done)
        }
        Said::Unreachable(answer) => found("not reached", &answer),
        Said::NotNow(answer) => found("not now", &answer),
        Said::Refused(answer) | Said::NoSuchAddress(answer) => found("refused", &answer),
        Said::Unknown(answer) => found("unknown", &answer),
        Said::Withdrawn => found("not sent", "it was held back"),
    }
}

fn plain() -> Composed {
    let text = "This letter was sent with `cartwright send-test-email`. If you read it, letters arrive.\n";
    Composed { subject: "A test letter".into(), html: format!("<!doctype html>\n<p>{text}</p>\n"), text: text.into() }
}

fn found(what: &str, answer: &str) -> anyhow::Result<Ended> {
    say!("{what}: {answer}");
    Ok(Ended::Found)
}
