//! What a context costs: nothing for the length of a session.

use super::*;
use crate::id::TimelineId;
use crate::importance;
use crate::model::{Point, Spot, Timeline};
use crate::seal::{seal_message, seal_session, seal_timeline};
use crate::store::rows::Write;
use crate::store::{Commit, Order, Store, Stretch};

const LENGTH: u64 = 1_000_000;

/// A session of a million messages of which only some are there: whoever reads another fails.
fn with_only(kept: impl Fn(u64) -> bool, content: impl Fn(u64) -> String) -> Talk {
    let talk = Talk::new();
    let mut session = talk.session();
    let key = now(talk.manager.needed_key(session.id)).unwrap();
    let timeline = Timeline { id: TimelineId::new([7; 16]), parent: None, tip: LENGTH };
    session.end = Some(Spot { timeline, position: LENGTH });
    let mut writes = vec![
        Write::PutTimeline(seal_timeline(&key, &session.id, &timeline).unwrap()),
        Write::PutSession(seal_session(&key, &session).unwrap()),
    ];
    for position in (1..=LENGTH).filter(|position| kept(*position)) {
        let role = if position % 2 == 1 { Role::User } else { Role::Assistant };
        let words = Words { role, ..Words::user(content(position)) };
        let message = Message {
            point: Point { timeline: timeline.id, position },
            importance: importance::of(role, &words.content, position),
            words,
            created_at: Timestamp::from_millis(0),
            tokens: None,
        };
        writes.push(Write::AddMessage(seal_message(&key, &session.id, &message).unwrap()));
    }
    now(talk.manager.store().commit(Commit { writes, ..Commit::default() })).unwrap();
    talk
}

#[test]
fn a_million_messages_are_not_read() {
    let remember = 500_001;
    let kept = |position| position <= 32 || position == remember || position > LENGTH - 2_600;
    let content = |position| match position {
        500_001 => "Remember the lighthouse.".to_owned(),
        other => format!("message m{other} about {}", "word ".repeat(10)),
    };
    let talk = with_only(kept, content);
    for strategy in [Strategy::Recent, Strategy::Smart, Strategy::Summarize] {
        let context = talk.context(strategy, 8_000);
        let shown = positions(&context);
        assert_eq!((context.strategy, shown.last()), (strategy, Some(&LENGTH)));
        let important = told(&context).contains("lighthouse");
        assert_eq!(important, strategy != Strategy::Recent, "{strategy}");
        let counted = shown.len() as u64 + context.left_out + context.covered_by_summary;
        assert_eq!(counted, LENGTH);
    }
}

#[test]
fn counts_are_kept_once_they_are_worth_it() {
    let talk = Talk::new();
    for number in 0..10 {
        talk.exchange(number, 20);
    }
    talk.context(Strategy::Recent, 100_000);
    assert!(talk.history().iter().all(|message| message.tokens.is_none()), "not worth it");
    talk.say(Role::User, &"word ".repeat(5_000), None);
    talk.context(Strategy::Recent, 100_000);
    assert!(talk.history().iter().all(|message| message.tokens.is_some()));
    let session = talk.session();
    let end = session.end.unwrap();
    let stretch = Stretch { timeline: end.timeline.id, from: 1, to: end.position };
    let rows = now(talk.manager.store().messages(stretch, Order::OldestFirst, 100)).unwrap();
    let again = talk.context(Strategy::Recent, 100_000);
    assert!(again.messages.iter().zip(rows).all(|(message, row)| message.tokens == row.tokens));
}
