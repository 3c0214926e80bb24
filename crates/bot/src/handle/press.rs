//! Presses: proved, then run like the command that would have been typed.

use sessions::manager::{Ask, CheckpointRef, SessionRef};
use sessions::store::Store;
use sessions::time::Timestamp;
use sessions::{Environment, Failure};

use crate::bot::{Inner, Job};
use crate::button::{self, Press, Presser};
use crate::outbox::Outlet;
use crate::whereabouts::Here;
use crate::words;

use super::{Change, Offer, Step, conversation, list, presser_name};

pub(super) async fn run<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    job: &Job,
    offer: &Offer<'_>,
    data: &str,
    now: Timestamp,
) -> Result<Step, Failure> {
    let Some(press) = pressed(inner, here, job, data, now) else {
        return Ok(Step::Refuse(words::stale_button()));
    };
    let ask = match press {
        Press::Resume(id) => Ask::Resume(SessionRef::Id(id)),
        Press::Restore(id) => Ask::Restore(CheckpointRef::Id(id)),
        Press::DeleteCheckpoint(id) => Ask::DeleteCheckpoint(CheckpointRef::Id(id)),
        Press::Undo(entry) => Ask::UndoOf(entry),
        Press::History(session, upto) => {
            let upto = Some(u64::from(upto));
            let page = conversation::PAGE;
            let step = conversation::history(inner, here, offer, Some(session), upto, page).await?;
            return Ok(step.in_place());
        }
        Press::Sessions(behind) => {
            let after = inner.manager.after_session(behind).await?;
            return Ok(list::sessions(inner, here, offer, after).await?.in_place());
        }
        Press::Checkpoints(behind) => {
            let after = inner.manager.after_checkpoint(behind).await?;
            return Ok(list::checkpoints(inner, here, offer, after).await?.in_place());
        }
        Press::Search(id) => {
            let Some(note) = inner.manager.remembered_search(id).await? else {
                return Ok(Step::Refuse(words::stale_button()));
            };
            let from = Some(note.from);
            return Ok(conversation::search(inner, here, offer, &note.words, from)
                .await?
                .in_place());
        }
        Press::Show(seq) => {
            let shown = inner.covered(job, seq).await?;
            return Ok(shown.map_or_else(|| Step::Refuse(words::stale_button()), Step::tell));
        }
    };
    let once = press.counts_once().then(|| inner.manager.tag("press", &[data.as_bytes()]));
    Ok(Step::Change(Change { ask, once }))
}

/// What a press asks for, if it was offered to whoever pressed: as one of those who share a lane, or alone.
fn pressed<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    job: &Job,
    data: &str,
    now: Timestamp,
) -> Option<Press> {
    [presser_name(here, job), job.incoming.peer_name()].iter().find_map(|who| {
        let by = Presser { who, place: job.place };
        button::open(data, by, now, |parts| inner.manager.mac("button", parts))
    })
}
