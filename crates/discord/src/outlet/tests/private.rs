//! Private answers to somebody in a guild: whatever Discord does and however late it is, the channel sees none of them.

use bot::{Address, Delivered, Parcel};

use super::server::{
    CHANNEL, DIRECT, Server, THREAD, closed, dead, refused, server, too_many, unsent, unsure,
};
use super::{
    ANSWERED, HOW_TO_ALLOW, NOW, RETRY, address, button, command, delivery, file, parcel, press,
    typed, waits,
};
use crate::ticket::Ticket;

const SECRET: &str = "SECRET of `Ann`";
const LATE: i64 = NOW + 16 * 60_000;

fn whisper(ticket: &Ticket) -> Parcel {
    Parcel { private: true, buttons: vec![button()], ..parcel(address(CHANNEL, ticket), SECRET) }
}

/// What the channel saw of it.
fn assert_unseen(server: &Server) {
    for text in [server.seen_in(CHANNEL), server.seen_in(THREAD)].concat() {
        assert!(!text.contains("SECRET"), "the channel saw: {text}");
    }
}

#[tokio::test]
async fn what_was_typed_is_answered_in_the_direct_chat_with_a_note() {
    let (delivery, server) = delivery(Server::guild());
    assert_eq!(delivery.deliver(whisper(&typed()), NOW).await, Delivered::Sent);
    assert_eq!(server.kinds(), ["open", "create", "create"]);
    assert_eq!(
        (server.seen_in(DIRECT), server.seen_in(CHANNEL)),
        (vec![SECRET.to_owned()], vec![ANSWERED.to_owned()])
    );
    // The direct chat is another place: its buttons would be refused there, and it has no such message.
    assert_eq!(server.body(1)["components"], serde_json::json!([]));
    assert_eq!(server.body(1).get("message_reference"), None);
    assert_eq!(server.body(2)["message_reference"]["message_id"], "11");

    // One note for all pieces, and one direct chat for all answers.
    let more = Parcel { text: "more SECRET".to_owned(), ..whisper(&typed()) };
    assert_eq!(delivery.deliver(more, NOW).await, Delivered::Sent);
    let another = Ticket { message: Some("12".to_owned()), ..typed() };
    assert_eq!(delivery.deliver(whisper(&another), NOW).await, Delivered::Sent);
    assert_eq!(server.seen_in(CHANNEL), [ANSWERED, ANSWERED]);
    assert_eq!(server.kinds().iter().filter(|kind| **kind == "open").count(), 1);
    assert_eq!(server.seen_in(DIRECT).len(), 3);
}

#[tokio::test]
async fn in_a_thread_the_note_is_in_the_thread() {
    let (delivery, server) = delivery(Server::guild());
    let to = Address { thread: Some(THREAD.to_owned()), ..address(CHANNEL, &typed()) };
    assert_eq!(delivery.deliver(Parcel { to, ..whisper(&typed()) }, NOW).await, Delivered::Sent);
    assert_eq!((server.seen_in(THREAD).len(), server.seen_in(CHANNEL).len()), (1, 0));
    assert_unseen(server);
}

#[tokio::test]
async fn what_comes_too_late_goes_to_the_direct_chat_unseen() {
    for ticket in [command(true), press(true), press(false)] {
        let (delivery, server) = delivery(Server::guild());
        assert_eq!(delivery.deliver(whisper(&ticket), LATE).await, Delivered::Sent);
        assert_eq!(server.kinds(), ["open", "create"]);
        assert_eq!(server.seen_in(DIRECT), [SECRET]);
        assert!(server.seen_in(CHANNEL).is_empty());
    }
    // So does what has no ticket at all, with a note.
    let (delivery, server) = delivery(Server::guild());
    assert_eq!(delivery.deliver(whisper(&Ticket::default()), LATE).await, Delivered::Sent);
    assert_eq!(server.seen_in(CHANNEL), [ANSWERED]);
    // What all may hear is said in the channel, however late.
    let open = Parcel { private: false, ..whisper(&command(true)) };
    assert_eq!(delivery.deliver(open, LATE).await, Delivered::Sent);
    assert_eq!(server.seen_in(CHANNEL), [ANSWERED, SECRET]);
}

#[tokio::test]
async fn a_token_that_died_early_is_a_late_answer() {
    for error in [dead(), refused(404, 10_015), refused(404, 10_062), refused(401, 0)] {
        let (delivery, server) = delivery(Server::guild().failing("put", error));
        assert_eq!(delivery.deliver(whisper(&command(true)), NOW).await, Delivered::Sent);
        assert_eq!(server.kinds(), ["put", "open", "create"]);
        assert_eq!(server.seen_in(DIRECT), [SECRET]);
        assert_unseen(server);
    }
}

#[tokio::test]
async fn a_deferral_that_all_see_is_not_filled_with_what_is_for_one() {
    let (delivery, server) =
        delivery(Server::new(super::server::Original::Loading { is_ephemeral: false }));
    assert_eq!(delivery.deliver(whisper(&command(false)), NOW).await, Delivered::Sent);
    assert_eq!(server.seen_in(DIRECT), [SECRET]);
    assert_unseen(server);
}

#[tokio::test]
async fn who_takes_no_direct_messages_is_told_how_and_nothing_else() {
    for (kind, error) in
        [("open", closed()), ("create", closed()), ("create", refused(403, 50_278))]
    {
        let (delivery, server) = delivery(Server::guild().failing(kind, error));
        assert_eq!(delivery.deliver(whisper(&typed()), NOW).await, Delivered::Dead);
        assert_eq!(server.seen_in(CHANNEL), [HOW_TO_ALLOW]);
        // The other pieces of the same answer.
        let calls = server.kinds().len();
        assert_eq!(delivery.deliver(whisper(&typed()), NOW).await, Delivered::Dead);
        assert_eq!(server.kinds().len(), calls);
        assert!(server.seen_in(DIRECT).is_empty());
    }
    // Who asked unseen is told nothing in front of others.
    let (silent, server) = delivery(Server::guild().failing("create", closed()));
    assert_eq!(silent.deliver(whisper(&command(true)), LATE).await, Delivered::Dead);
    assert!(server.seen_in(CHANNEL).is_empty());
    // The note itself waits where it must.
    let (delivery, server) = delivery(Server::guild().failing("create", closed()));
    server.fail_next("create", too_many(4, false));
    assert_eq!(delivery.deliver(whisper(&typed()), NOW).await, waits(4, false));
    server.fail_next("create", closed());
    assert_eq!(delivery.deliver(whisper(&typed()), NOW).await, Delivered::Dead);
    assert_eq!(server.seen_in(CHANNEL), [HOW_TO_ALLOW]);
}

#[tokio::test]
async fn the_direct_chat_fails_like_any_other() {
    for (kind, error, expected) in [
        ("open", unsent(), RETRY),
        ("open", unsure(), RETRY),
        ("open", too_many(5, false), waits(5, false)),
        ("create", unsent(), RETRY),
        ("create", unsure(), RETRY),
        ("create", server(), RETRY),
        ("create", refused(404, 10_003), Delivered::Dead),
        ("create", refused(400, 50_035), Delivered::Dead),
    ] {
        let (delivery, server) = delivery(Server::guild().failing(kind, error.clone()));
        assert_eq!(delivery.deliver(whisper(&typed()), NOW).await, expected, "{error}");
        assert!(server.seen_in(CHANNEL).is_empty());
    }
}

/// Every fault at every call of every kind of private answer: the channel sees notes at most.
#[tokio::test]
async fn whatever_happens_the_channel_sees_nothing() {
    let faults = || {
        [
            unsent(),
            unsure(),
            server(),
            too_many(1, false),
            dead(),
            closed(),
            refused(404, 10_008),
            refused(404, 10_003),
            refused(400, 50_035),
            refused(413, 40_005),
            refused(403, 50_013),
        ]
    };
    for ticket in [typed(), command(true), press(true), press(false)] {
        for with_file in [false, true] {
            for in_place in [false, true] {
                for kind in ["put", "follow up", "open", "create", "look"] {
                    for (error, has_effect) in faults()
                        .into_iter()
                        .flat_map(|fault| [(fault.clone(), false), (fault, true)])
                    {
                        let original = if ticket.interaction.as_ref().is_some_and(|it| it.is_press)
                        {
                            Server::pressed(CHANNEL, ticket == press(true))
                        } else {
                            Server::guild()
                        };
                        let (delivery, server) = delivery(original);
                        if has_effect {
                            server.lose_answer(kind, error);
                        } else {
                            server.fail_next(kind, error);
                        }
                        for attempt in 0..4 {
                            let file = with_file.then(file);
                            let parcel = Parcel { in_place, file, ..whisper(&ticket) };
                            let became = delivery.deliver(parcel, NOW + attempt * 6 * 60_000).await;
                            assert_unseen(server);
                            if !matches!(became, Delivered::Later { .. }) {
                                break;
                            }
                        }
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_file_is_for_the_same_eyes() {
    let (delivery, server) = delivery(Server::guild());
    let parcel = Parcel { file: Some(file()), ..whisper(&typed()) };
    assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    assert_eq!(server.path(1), format!("/channels/{DIRECT}/messages"));
    assert_eq!(server.files().len(), 1);
    assert_unseen(server);
}

#[tokio::test]
async fn what_was_typed_and_is_kept_waits_for_a_press() {
    let (delivery, server) = delivery(Server::guild());
    let kept = Parcel { is_kept: true, ..whisper(&typed()) };
    assert_eq!(delivery.deliver(kept.clone(), NOW).await, Delivered::NeedsPress);
    assert!(server.kinds().is_empty());
    // In a direct chat, and for all to hear, it is said.
    let direct = Parcel { to: address(DIRECT, &typed()), ..kept.clone() };
    assert_eq!(delivery.deliver(direct, NOW).await, Delivered::Sent);
    let open = Parcel { private: false, text: "open".to_owned(), ..kept };
    assert_eq!(delivery.deliver(open, NOW).await, Delivered::Sent);
    assert_eq!(server.seen_in(CHANNEL), ["open"]);
}

#[tokio::test]
async fn what_comes_too_late_and_cannot_be_told_waits_for_a_press() {
    for fails in ["open", "create"] {
        let (delivery, server) = delivery(Server::guild().failing(fails, closed()));
        let kept = Parcel { is_kept: true, ..whisper(&command(true)) };
        assert_eq!(delivery.deliver(kept, LATE).await, Delivered::NeedsPress, "{fails}");
        assert_unseen(server);
        assert!(server.seen_in(CHANNEL).is_empty());
    }
}

#[test]
fn what_waits_for_a_press_is_not_cut() {
    let reply = bot::Reply { text: "x".repeat(9_000), private: true, ..bot::Reply::default() };
    let (typed, filled) = (address(CHANNEL, &typed()), address(CHANNEL, &command(true)));
    assert!(super::needs_press(&typed, true) && !super::needs_press(&filled, true));
    assert!(!super::needs_press(&typed, false));
    assert!(!super::needs_press(&address(DIRECT, &Ticket::default()), true));
    assert!(super::chunks(reply).len() > 3);
}
