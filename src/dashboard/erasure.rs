//! Erasing the person whom a cart or a member is of, as `cartwright privacy erase` does it. For owners alone, and asked first.

use actix_web::web;

use super::door::{Answer, Form, go_to};
use super::kit::Confirm;
use crate::domain::{EmailAddress, Error, Result};
use crate::mail::transport::delete_files;
use crate::ops::privacy;

/// How often what is kept is looked for anew: others may have written meanwhile.
const ROUNDS: usize = 5;

/// The button of a page.
pub(super) fn button(csrf: &str, base: &str) -> Confirm {
    let question = "Everything that names this person goes, in carts, letters, purchases, the ledger and elsewhere, and does \
                    not come back. Sums and balances stay, and an opt-out goes on holding. Copies that were made earlier still \
                    hold the person: erase again after a restore.";
    Confirm::new(csrf, format!("{base}/erase"), "Erase the person", question, "Erase for good")
}

/// Erases a person from the shop, and leads to a page with a notice.
pub(super) async fn erase(form: &Form, email: Option<EmailAddress>, to: &str) -> Answer {
    let email = email.ok_or_else(|| Error::refused("email", "is not known here, so there is nobody to erase"))?;
    for round in 0.. {
        let person = email.clone();
        let kept = form.read(move |tx, who| privacy::kept(tx, &who.site, &person)).await?;
        if kept.reached().is_empty() {
            break;
        }
        if round == ROUNDS {
            return Err(Error::Conflict("the shop goes on writing about this address; try again".into()).into());
        }
        // Before the rows by which they are found, and once more, for a letter may just have left.
        let letters = kept.letters();
        delete(form, letters.clone()).await?;
        let person = email.clone();
        form.write(move |tx, who| privacy::erase(tx, &who.site, &person, &kept)).await?;
        delete(form, letters).await?;
    }
    let app = form.app.clone();
    web::block(move || app.store.scrub(true)).await.map_err(Error::internal)??;
    Ok(go_to(to))
}

async fn delete(form: &Form, letters: Vec<String>) -> Result<usize> {
    let folder = form.app.config.mail_folder.clone();
    web::block(move || delete_files(&folder, &letters)).await.map_err(Error::internal)?.map_err(Error::internal)
}
