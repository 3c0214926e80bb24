//! The conversation: its card, its history, a search, an export.

use commands::ExportFormat as Asked;
use sessions::export::{ExportFormat, file_name};
use sessions::id::SessionId;
use sessions::manager::{SearchCursor, SearchNote};
use sessions::store::Store;
use sessions::{Environment, Failure};

use crate::bot::Inner;
use crate::button::Press;
use crate::outbox::Outlet;
use crate::reply::{FileRef, Reply, Shape};
use crate::whereabouts::Here;
use crate::words;

use super::{Offer, Step};

/// Messages of a page of history.
pub(super) const PAGE: usize = 20;
/// Hits of a page of a search.
const HITS: usize = 10;

pub(super) async fn card<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
) -> Result<Step, Failure> {
    let card = inner.manager.card(&here.at).await?;
    let now = inner.manager.environment().now();
    Ok(Step::tell(Reply::text(words::card(&card, now)).shaped(Shape::Card)))
}

pub(super) async fn history<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    offer: &Offer<'_>,
    session: Option<SessionId>,
    upto: Option<u64>,
    limit: usize,
) -> Result<Step, Failure> {
    let page = inner.manager.history_page(&here.at, session, upto, limit).await?;
    let rules = inner.manager.rules(&here.at);
    let mut reply = Reply::text(words::history(&page, &rules));
    let (first, last) = match (page.messages.first(), page.messages.last()) {
        (Some(first), Some(last)) => (first.point.position, last.point.position),
        _ => return Ok(Step::tell(reply)),
    };
    let id = page.session.id;
    let position = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
    if first > 1 {
        reply = reply.with(offer.button("Older", Press::History(id, position(first - 1))));
    }
    let total = page.session.message_count();
    if last < total {
        let newer = (last + u64::try_from(PAGE).unwrap_or(0)).min(total);
        reply = reply.with(offer.button("Newer", Press::History(id, position(newer))));
    }
    Ok(Step::tell(reply))
}

pub(super) async fn search<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    offer: &Offer<'_>,
    words: &str,
    from: Option<SearchCursor>,
) -> Result<Step, Failure> {
    let page = inner.manager.search(&here.at, words, from, HITS).await?;
    let rules = inner.manager.rules(&here.at);
    let mut reply = Reply::text(words::search(words, &page, &rules));
    let mut writes = Vec::new();
    if let Some(from) = page.next {
        let id = inner.manager.environment().random()?;
        let note = SearchNote { words: words.to_owned(), from };
        writes.push(inner.manager.remember_search(id, &note)?);
        reply = reply.with(offer.button("Older", Press::Search(id)));
    }
    Ok(Step::Tell { reply, writes })
}

pub(super) async fn export<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    asked: Asked,
) -> Result<Step, Failure> {
    let session = inner.manager.view(&here.at).await?.current;
    if session.end.is_none() {
        return Ok(Step::Refuse(words::nothing_to_export()));
    }
    let format = match asked {
        Asked::Markdown => ExportFormat::Markdown { metadata: true },
        Asked::Json => ExportFormat::Json,
        Asked::Text => ExportFormat::Text,
    };
    let name = file_name(&session, format, inner.manager.environment().now());
    let text = words::exported(&session, &name);
    let file = FileRef { name, session: session.id, head: session.head(), format };
    Ok(Step::tell(Reply { file: Some(file), ..Reply::text(text) }))
}
