//! What each figure counts, in the words of docs/definitions.md; a figure's label on any page leads here.

use actix_web::web;
use askama::Template;

use super::door::{Answer, Visit, page};
use super::shell::Shell;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/definitions", web::get().to(show));
}

struct Definition {
    id: &'static str,
    name: &'static str,
    text: &'static str,
}

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "recovered-revenue",
        name: "Recovered revenue",
        text: "What purchases that recovered a cart brought, less their refunds, in their own currency. Counted on the day of the purchase.",
    },
    Definition {
        id: "abandoned",
        name: "Abandoned carts",
        text: "Carts with an e-mail address that were left idle for longer than the setting abandon_after, with something in them and no purchase. Counted once, on the day of the first abandonment. Carts made by machines are in no figure.",
    },
    Definition {
        id: "recovered",
        name: "Recovered carts",
        text: "Carts that were abandoned, then written about, then bought: after a letter was opened or clicked by somebody who is no machine (setting attribution.requires), within attribution.window of that. One purchase recovers one cart at most. Counted on the day of the purchase.",
    },
    Definition {
        id: "conversion",
        name: "Conversion",
        text: "Recovered carts per hundred abandoned ones of the same days. It may pass 100 %, for a cart that was left last week may come back in this one.",
    },
    Definition {
        id: "average-order",
        name: "Average recovered order",
        text: "Recovered revenue divided by recovered carts, both in the shop's currency.",
    },
    Definition {
        id: "revenue",
        name: "Revenue",
        text: "What all purchases brought that the shop told of, whoever caused them, less their refunds. Counted on the day of the purchase.",
    },
    Definition {
        id: "sent",
        name: "Letters sent",
        text: "Letters that were handed over to the mail server. Counted on the day of sending.",
    },
    Definition {
        id: "opened",
        name: "Opens",
        text: "Letters that were opened at least once by somebody who is no machine, per hundred sent. Opens are seen only where the setting track.opens is on. Counted on the day on which the letter was sent.",
    },
    Definition {
        id: "clicked",
        name: "Clicks",
        text: "Letters of which a link was followed at least once by somebody who is no machine, per hundred sent. Counted on the day on which the letter was sent.",
    },
    Definition {
        id: "bounced",
        name: "Bounces",
        text: "Letters that came back for good, per hundred sent. Counted on the day on which the letter was sent.",
    },
    Definition {
        id: "unsubscribed",
        name: "Unsubscribes",
        text: "Letters that led to an unsubscribe, on the day on which they were sent; and unsubscribes without a letter, on their own day. One that was taken back stays counted.",
    },
    Definition {
        id: "before",
        name: "Compared with before",
        text: "The small figures compare with as many days right before the period that is shown.",
    },
];

#[derive(Template)]
#[template(path = "definitions.html")]
struct Page {
    shell: Shell,
    definitions: &'static [Definition],
}

async fn show(visit: Visit) -> Answer {
    page(&Page { shell: visit.shell("What the figures count", "/dashboard")?, definitions: DEFINITIONS })
}
