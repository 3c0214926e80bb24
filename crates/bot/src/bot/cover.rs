//! Answers that wait behind a button: where a channel cannot show something to one person alone, it shows a note, and the
//! person presses that to be shown the answer itself. The answer stays in the outbox meanwhile, sealed, for seven
//! days, and can be shown more than once.
//!
//! Invariant: it is shown to the person whom it answers, where they asked, and to nobody else.

use std::sync::atomic::Ordering;

use sessions::store::Store;
use sessions::{Environment, Fault};

use crate::button::{self, Press, Presser};
use crate::outbox::{Delivered, Outlet, Parcel};
use crate::reply::{Button, Reply, Shape};
use crate::words;

use super::road::Owing;
use super::{Inner, Job};

impl<S: Store, E: Environment, O: Outlet> Inner<S, E, O> {
    /// Sends a note in the place of a piece that only a press can show.
    pub(super) async fn cover(&self, owing: &Owing) -> Delivered {
        match self.button_that_shows(owing) {
            Some(show) => {
                let (text, buttons) = (words::covered(), vec![show]);
                let note = Parcel { text, buttons, private: false, ..owing.parcel() };
                let (shape, in_place, is_kept) = (Shape::Words, false, false);
                self.outlet.deliver(Parcel { shape, in_place, is_kept, ..note }).await
            }
            None => {
                tracing::error!(
                    "an answer that is not kept is to wait for a press: it is given up"
                );
                Delivered::Dead
            }
        }
    }

    /// The button that shows a piece; none of one that is not kept.
    fn button_that_shows(&self, owing: &Owing) -> Option<Button> {
        let (seq, place, to) = (owing.seq?, owing.place?, &owing.owed.to);
        let who = format!("{}:{}", to.channel, to.peer);
        let (by, now) = (Presser { who: &who, place }, self.manager.environment().now());
        let offer = self.offers.fetch_add(1, Ordering::Relaxed);
        let data = button::seal(Press::Show(seq), by, now, offer, |parts| {
            self.manager.mac("button", parts)
        });
        Some(Button { label: words::SHOW.to_owned(), data })
    }

    /// The answer that waits under this number for whoever pressed, if it still does.
    pub(crate) async fn covered(&self, job: &Job, seq: i64) -> Result<Option<Reply>, Fault> {
        let rows = self.manager.store().outbox(seq.saturating_sub(1), 1).await?;
        let row = rows.into_iter().find(|row| row.seq == seq && row.place == job.place);
        let Some(row) = row else { return Ok(None) };
        let owed = self.queue.open_answer(&self.manager, &row).await?;
        let is_theirs = owed.to.peer == job.incoming.peer.id;
        Ok(is_theirs.then(|| owed.into_private_reply()))
    }
}
