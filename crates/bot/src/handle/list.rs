//! Lists: sessions and checkpoints, paged, with buttons.

use sessions::store::{After, Store};
use sessions::{Environment, Failure};

use crate::bot::Inner;
use crate::button::Press;
use crate::outbox::Outlet;
use crate::reply::{Reply, Shape};
use crate::whereabouts::Here;
use crate::words;

use super::{Offer, Step};

/// Rows of a page.
const PAGE: usize = 10;

pub(super) async fn sessions<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    offer: &Offer<'_>,
    after: After,
) -> Result<Step, Failure> {
    let page = inner.manager.list_sessions(&here.at, after, PAGE).await?;
    let now = inner.manager.environment().now();
    let buttons = page.past.iter().map(|listed| {
        let id = listed.session.id;
        offer.button(format!("Resume {}", id.short()), Press::Resume(id))
    });
    let mut reply = Reply::text(words::sessions(&page, now)).shaped(Shape::List).with_all(buttons);
    if let (Some(_), Some(last)) = (page.next, page.past.last()) {
        reply = reply.with(offer.button("Older", Press::Sessions(last.session.id)));
    }
    Ok(Step::tell(reply))
}

/// What owners see of everybody: numbers, no text.
pub(super) async fn all<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
) -> Result<Step, Failure> {
    if !here.owner {
        return Ok(Step::Refuse(words::owners_only("/session list all")));
    }
    let (lanes, messages) = inner.manager.count_lanes().await?;
    Ok(Step::tell(Reply::text(words::all_lanes(lanes, messages))))
}

pub(super) async fn checkpoints<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    offer: &Offer<'_>,
    after: After,
) -> Result<Step, Failure> {
    let page = inner.manager.list_checkpoints_of(&here.at, after, PAGE).await?;
    let now = inner.manager.environment().now();
    let buttons = page.checkpoints.iter().flat_map(|saved| {
        let id = saved.id;
        [
            offer.button(format!("Restore {}", id.short()), Press::Restore(id)),
            offer.button(format!("Delete {}", id.short()), Press::DeleteCheckpoint(id)),
        ]
    });
    let mut reply =
        Reply::text(words::checkpoints(&page, now)).shaped(Shape::List).with_all(buttons);
    if let (Some(_), Some(last)) = (page.next, page.checkpoints.last()) {
        reply = reply.with(offer.button("Older", Press::Checkpoints(last.id)));
    }
    Ok(Step::tell(reply))
}
