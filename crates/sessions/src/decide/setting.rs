//! Settings of a lane, the title of a session, pins.

use crate::importance;
use crate::model::{Message, Strategy};
use crate::name::{self, NAME_CHARS};
use crate::refusal::Refusal;
use crate::reset::{Setting, TimeOfDay};

use super::lifecycle::touch;
use super::{Change, Draft, Outcome};

pub(super) fn rename(draft: &mut Draft<'_>, title: String) -> Result<Outcome, Refusal> {
    let title = name::check(&title, "title", NAME_CHARS)?;
    draft.current().title = Some(title.clone());
    touch(draft);
    Ok(Outcome::Renamed(title))
}

pub(super) fn set_daily(draft: &mut Draft<'_>, daily: Setting<TimeOfDay>) -> Outcome {
    draft.lane.settings.daily = daily;
    policy_changed(draft)
}

pub(super) fn set_idle(draft: &mut Draft<'_>, minutes: Setting<u32>) -> Outcome {
    draft.lane.settings.idle_minutes = minutes;
    policy_changed(draft)
}

fn policy_changed(draft: &mut Draft<'_>) -> Outcome {
    draft.set_baseline();
    touch(draft);
    Outcome::SettingChanged
}

pub(super) fn set_strategy(draft: &mut Draft<'_>, strategy: Strategy) -> Outcome {
    draft.lane.settings.strategy = Some(strategy);
    Outcome::SettingChanged
}

pub(super) fn pin(draft: &mut Draft<'_>, message: &Message) -> Outcome {
    draft.push(Change::SetImportance(message.point, importance::PINNED));
    Outcome::PinChanged { position: message.point.position, pinned: true }
}

pub(super) fn unpin(draft: &mut Draft<'_>, message: &Message) -> Result<Outcome, Refusal> {
    if message.importance != importance::PINNED {
        return Err(Refusal::NotPinned);
    }
    let position = message.point.position;
    let natural = importance::of(message.words.role, &message.words.content, position);
    draft.push(Change::SetImportance(message.point, natural));
    Ok(Outcome::PinChanged { position, pinned: false })
}
