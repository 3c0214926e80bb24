//! Events that were set aside: listed, tried again, given up.
//!
//! Not here: why an event is set aside (`bot`).

use anyhow::bail;
use bot::SetAside;

use crate::control::{Answer, EventLine, Events};

use super::Office;

impl Office {
    pub(super) async fn list_events(&self) -> anyhow::Result<Answer> {
        let events = bot::set_aside(&self.manager).await?;
        Ok(Answer::Events { events: events.iter().map(line).collect() })
    }

    pub(super) async fn try_again(&self, asked: &Events) -> anyhow::Result<Answer> {
        let found = self.find_events(asked).await?;
        let (fit, left): (Vec<_>, Vec<_>) = found.iter().partition(|event| event.can_be_tried());
        if let (Events::These(_), Some(first)) = (asked, left.first()) {
            let why = match &first.content {
                Some(_) => "it is of a kind that this version cannot read",
                None => "it does not open, see `sessionsd verify`",
            };
            bail!("e-{} cannot be tried again: {why}", first.event);
        }
        let events: Vec<_> = fit.iter().map(|event| event.event).collect();
        match &self.live {
            Some(live) => live.bot.try_again(&events).await?,
            None => bot::try_at_next_start(&self.manager, &events).await?,
        }
        Ok(Answer::TriedAgain { events, left: left.len() as u64, at_once: self.live.is_some() })
    }

    pub(super) async fn give_up(&self, asked: &Events) -> anyhow::Result<Answer> {
        let found = self.find_events(asked).await?;
        let events: Vec<_> = found.iter().map(|event| event.event).collect();
        bot::give_up(&self.manager, &events).await?;
        Ok(Answer::GivenUp { events })
    }

    /// Those that are asked for, each of which must be there.
    async fn find_events(&self, asked: &Events) -> anyhow::Result<Vec<SetAside>> {
        let mut all = bot::set_aside(&self.manager).await?;
        let Events::These(events) = asked else { return Ok(all) };
        let is_there = |event: &i64| all.iter().any(|there| there.event == *event);
        if let Some(missing) = events.iter().find(|event| !is_there(event)) {
            bail!(
                "no event e-{missing} is set aside: `sessionsd events list` shows those that are"
            );
        }
        all.retain(|there| events.contains(&there.event));
        Ok(all)
    }
}

fn line(event: &SetAside) -> EventLine {
    let content = event.content.as_ref();
    EventLine {
        event: event.event,
        received_at: event.received_at.to_rfc3339(),
        channel: content.map(|content| content.channel.clone()),
        from: content.map(|content| content.from.clone()),
        what: content.map(|content| content.name.to_owned()),
        unreadable: content.and_then(|content| content.unreadable.clone()),
    }
}
