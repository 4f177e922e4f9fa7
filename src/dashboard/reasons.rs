//! Why a letter was or was not sent, as a sentence for the shop's people.

use crate::domain::letters::Why;

/// The sentence of a reason as it is kept with a letter; what the transport said stands as it is.
pub(super) fn said(detail: &str) -> String {
    detail.parse::<Why>().map_or_else(|_| detail.to_owned(), |why| sentence(why).to_owned())
}

/// The sentence of a reason.
pub(super) fn sentence(why: Why) -> &'static str {
    match why {
        Why::Clear => "Nothing stood against it",
        Why::Bought => "The cart was bought",
        Why::NewerCart => "The shopper has a newer cart, and nobody is written to about two",
        Why::Expired => "The cart expired",
        Why::CartDeleted => "The shop deleted the cart",
        Why::CameBack => "The shopper came back to the cart",
        Why::Machine => "A machine made the cart",
        Why::Imported => "The cart came with an import",
        Why::Suppressed => "The address is suppressed",
        Why::NoConsent => "The shopper did not agree to letters",
        Why::TestMode => "Test mode is on, and this is no test address",
        Why::Paused => "Letters are switched off",
        Why::TooOld => "It was late by too much",
        Why::BelowMinimum => "The cart is worth less than the step asks for",
        Why::CapAfterPurchase => "The shopper bought a short while ago",
        Why::CapGap => "The shopper was written to a short while ago",
        Why::CapPer30Days => "The shopper was written to often enough in 30 days",
        Why::QuietHours => "It is night where the shop is",
        Why::NoPostalAddress => "The shop has no postal address",
        Why::NoPublicUrl => "The public address of this server is not set",
        Why::NoSender => "The shop has no address that letters come from",
        Why::BreakerOpen => "Too many of the last letters came back",
        Why::NotLive => "Letters to real people were not let out yet: `cartwright doctor --go-live`",
        Why::Undeliverable => "No letter can be sent to this address",
        Why::CouponPoolEmpty => "The coupon has no code left",
        Why::CouponNotValid => "The coupon is not valid for this cart",
    }
}
