//! From what the gateway tells to events that are stored, in order.
//!
//! Two tasks: one sorts what is heard as it comes, so that interactions are looked at in time whatever else goes on; the
//! other stores, in the order in which things came. A channel whose gap is not yet filled, or of which it is not known
//! whether it is a thread, keeps what comes in a line of its own meanwhile.
//!
//! Not here: what an event means.
//!
//! Invariant: of one channel, what was said first is stored first, missed or live, typed or filled in.
//! Invariant: a batch that cannot be stored is tried again and again; nothing after it is stored before it.
//! Invariant: what waits is bounded; a message for which there is no room is fetched later, like one that was missed.

mod line;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::api::Api;
use crate::directory::{Channel, Directory, id_at};
use crate::gap::{Filler, Marks};
use crate::gateway::Heard;
use crate::inbox::Inbox;
use crate::interact::{Desk, Turn};
use crate::tally::Tally;

use line::Lines;

/// Messages that wait to be stored, at most.
const ROOM: usize = 16_384;
/// How many are stored in one commit, at most.
const BATCH: usize = 100;
/// How often marks are written.
const MARKING: Duration = Duration::from_secs(5);

/// Something that waits to be stored.
pub(crate) enum Item {
    /// A message of a channel.
    Message(u64, Value, OwnedSemaphorePermit),
    /// An interaction in a channel, which waits for its turn.
    Interaction(u64, u64, oneshot::Sender<Turn>),
    /// A new session began: there may be gaps.
    Begun,
}

/// What taking in needs.
pub(crate) struct Intake<I> {
    pub(crate) inbox: I,
    pub(crate) api: Api,
    pub(crate) directory: Arc<Directory>,
    pub(crate) tally: Arc<Tally>,
    /// The first wait after a batch could not be stored.
    pub(crate) retry: Duration,
}

/// Takes in what is heard until it is time to stop.
pub(crate) async fn run<I: Inbox>(
    intake: Intake<I>,
    mut heard: mpsc::UnboundedReceiver<Heard>,
    stop: CancellationToken,
) -> Result<(), I::Error> {
    let Some(me) = intake.api.me().cloned() else { return Ok(()) };
    let marks = Marks::load(&intake.inbox, &me.id).await?;
    let (to_line, mut line) = mpsc::unbounded_channel();
    let is_overflowing = Arc::new(AtomicBool::new(false));
    let sorter = Sorter {
        desk: Desk::new(intake.inbox.clone(), intake.api.clone(), Arc::clone(&intake.tally)),
        directory: Arc::clone(&intake.directory),
        tally: Arc::clone(&intake.tally),
        room: Arc::new(Semaphore::new(ROOM)),
        is_overflowing: Arc::clone(&is_overflowing),
        to_line,
    };
    let (filler, mut filled) =
        Filler::new(intake.api.clone(), Arc::clone(&intake.directory), stop.clone());
    let mut lines = Lines::new(intake, me, marks, filler, stop.clone());
    let sorting = async {
        while let Some(heard) = heard.recv().await {
            sorter.sort(heard);
        }
    };
    let storing = async {
        let mut marking = tokio::time::interval(MARKING);
        marking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(filled) = filled.recv() => lines.fill(filled).await,
                _ = marking.tick() => {
                    // What found no room comes again once there is.
                    if is_overflowing.swap(false, Ordering::Relaxed) {
                        lines.begin();
                    }
                    lines.save().await;
                    // However long that took: what waits in line has its turn in between.
                    marking.reset();
                }
                many = line.recv_many(&mut batch, BATCH) => {
                    if many == 0 {
                        return;
                    }
                    lines.take(&mut batch).await;
                }
            }
        }
    };
    tokio::select! {
        () = storing => {}
        // The gateway has ended for good.
        () = async { sorting.await; stop.cancelled().await } => {}
    }
    lines.save().await;
    Ok(())
}

/// Looks at what is heard as it comes.
struct Sorter<I> {
    desk: Desk<I>,
    directory: Arc<Directory>,
    tally: Arc<Tally>,
    room: Arc<Semaphore>,
    is_overflowing: Arc<AtomicBool>,
    to_line: mpsc::UnboundedSender<Item>,
}

impl<I: Inbox> Sorter<I> {
    fn sort(&self, heard: Heard) {
        let item = match heard {
            Heard::Begun { .. } => {
                tracing::info!("connected to Discord's gateway");
                Some(Item::Begun)
            }
            Heard::Resumed => {
                tracing::info!("the session with Discord's gateway goes on");
                None
            }
            Heard::Channels(channels) => {
                channels.into_iter().for_each(|channel| self.directory.learn(channel));
                None
            }
            Heard::Gone(channel) => {
                self.directory.forget(channel);
                None
            }
            Heard::Message(message) => self.message(message),
            Heard::Interaction(interaction) => self.interaction(interaction),
        };
        // Nobody takes it when it is time to stop.
        item.map(|item| self.to_line.send(item));
    }

    fn message(&self, message: Value) -> Option<Item> {
        let Some(channel) = id_at(&message, "channel_id") else {
            self.tally.count_ignored("message without channel");
            return None;
        };
        // What comes live from no guild comes from a direct chat.
        if message.get("guild_id").is_none_or(Value::is_null) {
            self.directory.learn(Channel::direct(channel));
        }
        // Once one has found no room, what comes after it would move the mark past it.
        let room = if self.is_overflowing.load(Ordering::Relaxed) {
            None
        } else {
            Arc::clone(&self.room).try_acquire_owned().ok()
        };
        if room.is_none() {
            self.tally.count_overflowed();
            self.is_overflowing.store(true, Ordering::Relaxed);
        }
        room.map(|room| Item::Message(channel, message, room))
    }

    fn interaction(&self, interaction: Value) -> Option<Item> {
        let (channel, id) = (id_at(&interaction, "channel_id"), id_at(&interaction, "id"));
        let guild = id_at(&interaction, "guild_id");
        let described = interaction.get("channel");
        if let Some(channel) = described.and_then(|channel| Channel::from_json(channel, guild)) {
            self.directory.learn(channel);
        }
        let call = self.desk.take(interaction)?;
        Some(Item::Interaction(channel?, id?, call))
    }
}
