//! Answers to interactions: where each of them goes, while the token lives and after.

use bot::{Delivered, Parcel};

use super::server::{CHANNEL, DIRECT, Server, dead, refused, server, too_many, unsent, unsure};
use super::{NOW, RETRY, address, button, command, delivery, file, parcel, press, waits};
use crate::ticket::Ticket;

fn private(ticket: &Ticket, text: &str) -> Parcel {
    Parcel { private: true, buttons: vec![button()], ..parcel(address(CHANNEL, ticket), text) }
}

fn page(chat: &str, ticket: &Ticket) -> Parcel {
    Parcel { in_place: true, ..parcel(address(chat, ticket), "page `2`") }
}

#[tokio::test]
async fn a_command_is_answered_in_its_own_message_and_what_follows_follows_it() {
    let (delivery, server) = delivery(Server::guild());
    for text in ["one", "two", "three"] {
        let parcel = private(&command(true), text);
        assert_eq!(delivery.deliver(parcel, NOW + 14 * 60_000).await, Delivered::Sent);
    }
    assert_eq!(server.kinds(), ["put", "follow up", "follow up"]);
    assert_eq!((&server.body(0)["flags"], &server.body(1)["flags"]), (&4.into(), &68.into()));
    assert_eq!(server.seen_by_ann(), ["one", "two", "three"]);
    assert!(server.seen_in(CHANNEL).is_empty());
}

#[tokio::test]
async fn in_a_direct_chat_the_message_is_nothing_special() {
    let (delivery, server) = delivery(Server::direct());
    for text in ["one", "two"] {
        let parcel = Parcel { private: true, ..parcel(address(DIRECT, &command(false)), text) };
        assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    }
    assert_eq!(server.kinds(), ["put", "follow up"]);
    assert_eq!(server.body(1)["flags"], 4);
    assert_eq!(server.seen_in(DIRECT), ["one", "two"]);
}

#[tokio::test]
async fn an_answer_that_another_process_began_goes_on_behind_it() {
    let text = |text: &str| private(&command(true), text);
    let (before, server) = delivery(Server::guild());
    assert_eq!(before.deliver(text("one"), NOW).await, Delivered::Sent);
    let after = super::Delivery::new(server, NOW + 5_000);
    assert_eq!(after.deliver(text("two"), NOW + 6_000).await, Delivered::Sent);
    assert_eq!(after.deliver(text("three"), NOW + 7_000).await, Delivered::Sent);
    assert_eq!(server.kinds(), ["put", "look", "follow up", "follow up"]);
    assert_eq!(server.seen_by_ann(), ["one", "two", "three"]);

    let (_, server) = delivery(Server::guild());
    let after = super::Delivery::new(server, NOW + 5_000);
    assert_eq!(after.deliver(text("one"), NOW + 6_000).await, Delivered::Sent);
    assert_eq!(server.kinds(), ["look", "put"]);

    // What cannot be found out waits; a token that is dead is a late answer.
    for (error, expected) in
        [(unsure(), RETRY), (too_many(3, false), waits(3, false)), (dead(), Delivered::Sent)]
    {
        let (_, server) = delivery(Server::guild().failing("look", error));
        let after = super::Delivery::new(server, NOW + 5_000);
        assert_eq!(after.deliver(text("one"), NOW + 6_000).await, expected);
        assert_eq!(server.seen_in(DIRECT).len(), usize::from(expected == Delivered::Sent));
        assert!(server.seen_in(CHANNEL).is_empty());
    }
}

#[tokio::test]
async fn what_all_may_hear_is_said_in_the_channel_and_the_deferral_says_where() {
    let (delivery, server) = delivery(Server::guild());
    for text in ["one", "two"] {
        let parcel = parcel(address(CHANNEL, &command(true)), text);
        assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    }
    assert_eq!(server.kinds(), ["create", "put", "create"]);
    assert_eq!(server.seen_in(CHANNEL), ["one", "two"]);
    assert_eq!(server.seen_by_ann(), ["Answered below."]);
}

#[tokio::test]
async fn where_the_bot_may_not_write_the_person_is_told() {
    let (told, server) = delivery(Server::guild().failing("create", refused(403, 50_013)));
    let open = parcel(address(CHANNEL, &command(true)), "x");
    assert_eq!(told.deliver(open, NOW).await, Delivered::Sent);
    assert_eq!(server.seen_by_ann(), ["x"]);
    let pressed = Server::pressed(CHANNEL, false).failing("create", refused(403, 50_013));
    let (told, server) = delivery(pressed);
    let open = parcel(address(CHANNEL, &press(false)), "x");
    assert_eq!(told.deliver(open, NOW).await, Delivered::Sent);
    assert_eq!(server.kinds(), ["create", "follow up"]);
}

#[tokio::test]
async fn a_deferral_that_could_not_be_changed_is_no_matter() {
    let (delivery, server) = delivery(Server::guild().failing("put", server()));
    let open = parcel(address(CHANNEL, &command(true)), "x");
    assert_eq!(delivery.deliver(open, NOW).await, Delivered::Sent);
    assert_eq!(server.seen_in(CHANNEL), ["x"]);
}

#[tokio::test]
async fn a_page_takes_the_place_of_the_one_before() {
    // Who may see it, who sees the message pressed, and what is done.
    for (is_private, is_ephemeral, kinds) in [
        (false, false, vec!["put"]),
        (false, true, vec!["put"]),
        (true, true, vec!["put"]),
        (true, false, vec!["follow up"]),
    ] {
        let (delivery, server) = delivery(Server::pressed(CHANNEL, is_ephemeral));
        let page = Parcel { private: is_private, ..page(CHANNEL, &press(is_ephemeral)) };
        assert_eq!(delivery.deliver(page, NOW).await, Delivered::Sent);
        assert_eq!(server.kinds(), kinds);
        assert!(!is_private || server.seen_in(CHANNEL).is_empty());
    }
    let (delivery, server) = delivery(Server::pressed(DIRECT, false));
    let page = Parcel { private: true, ..page(DIRECT, &press(false)) };
    assert_eq!(delivery.deliver(page, NOW).await, Delivered::Sent);
    assert_eq!(server.kinds(), ["put"]);
}

#[tokio::test]
async fn a_page_that_cannot_take_a_place_is_said_anew_and_one_that_waits_waits() {
    for (error, expected, kinds) in [
        (refused(404, 10_008), Delivered::Sent, vec!["put", "create"]),
        (refused(403, 50_005), Delivered::Sent, vec!["put", "create"]),
        (dead(), Delivered::Sent, vec!["put", "create"]),
        (unsure(), RETRY, vec!["put"]),
        (unsent(), RETRY, vec!["put"]),
        (server(), RETRY, vec!["put"]),
        (too_many(2, false), waits(2, false), vec!["put"]),
    ] {
        let (delivery, server) =
            delivery(Server::pressed(CHANNEL, false).failing("put", error.clone()));
        assert_eq!(delivery.deliver(page(CHANNEL, &press(false)), NOW).await, expected, "{error}");
        assert_eq!(server.kinds(), kinds, "{error}");
    }
    // A long one is more than one message, and a file is none.
    let (delivery, server) = delivery(Server::pressed(CHANNEL, false));
    let with_file = Parcel { file: Some(file()), ..page(CHANNEL, &press(false)) };
    assert_eq!(delivery.deliver(with_file, NOW).await, Delivered::Sent);
    assert_eq!(server.kinds(), ["create"]);
}

#[tokio::test]
async fn a_press_is_answered_to_whom_it_is_for() {
    let (open, server) = delivery(Server::pressed(CHANNEL, false));
    assert_eq!(
        open.deliver(parcel(address(CHANNEL, &press(false)), "x"), NOW).await,
        Delivered::Sent
    );
    assert_eq!(server.kinds(), ["create"]);
    assert_eq!(server.body(0)["message_reference"]["message_id"], "40");
    let (aside, server) = delivery(Server::pressed(CHANNEL, false));
    assert_eq!(aside.deliver(private(&press(false), "x"), NOW).await, Delivered::Sent);
    assert_eq!((server.kinds(), server.seen_by_ann()), (vec!["follow up"], vec!["x".to_owned()]));
    // What one person alone sees cannot be referred to.
    let (open, server) = delivery(Server::pressed(CHANNEL, true));
    assert_eq!(
        open.deliver(parcel(address(CHANNEL, &press(true)), "x"), NOW).await,
        Delivered::Sent
    );
    assert_eq!(server.body(0).get("message_reference"), None);
}

#[tokio::test]
async fn its_own_message_can_be_put_again_and_a_follow_up_cannot() {
    let text = |text: &str| private(&command(true), text);
    for (error, put, follow_up) in [
        (unsent(), RETRY, RETRY),
        (unsure(), RETRY, Delivered::Ambiguous),
        (server(), RETRY, Delivered::Ambiguous),
        (too_many(4, false), waits(4, false), waits(4, false)),
        (refused(400, 50_035), Delivered::Dead, Delivered::Dead),
    ] {
        let (delivery, server) = delivery(Server::guild().failing("put", error.clone()));
        assert_eq!(delivery.deliver(text("one"), NOW).await, put, "{error}");
        if put != Delivered::Dead {
            assert_eq!(delivery.deliver(text("one"), NOW).await, Delivered::Sent, "{error}");
            server.fail_next("follow up", error.clone());
            assert_eq!(delivery.deliver(text("two"), NOW).await, follow_up, "{error}");
        }
        assert!(server.seen_in(CHANNEL).is_empty());
    }
    // Where there is no message of its own any more, it is made anew, for the same eyes.
    let (gone, server) =
        delivery(Server::pressed(CHANNEL, true).failing("put", refused(404, 10_008)));
    assert_eq!(gone.deliver(text("one"), NOW).await, Delivered::Sent);
    assert_eq!((server.kinds(), server.seen_by_ann().len()), (vec!["put", "follow up"], 1));
}

#[tokio::test]
async fn a_file_goes_into_the_message_of_the_command() {
    let (delivery, server) = delivery(Server::guild());
    let parcel = Parcel { file: Some(file()), ..private(&command(true), "Exported.") };
    assert_eq!(delivery.deliver(parcel.clone(), NOW).await, Delivered::Sent);
    assert_eq!(server.files().len(), 1);
    server.fail_next("follow up", refused(413, 40_005));
    assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    assert!(server.seen_by_ann()[1].contains("larger than Discord takes"));
}

#[tokio::test]
async fn a_token_that_is_more_than_a_token_is_not_used() {
    for token in ["../../channels/100", "", "a b", ".."] {
        let mut ticket = command(true);
        ticket.interaction.as_mut().unwrap().token = token.to_owned();
        let (delivery, server) = delivery(Server::guild());
        assert_eq!(delivery.deliver(private(&ticket, "x"), NOW).await, Delivered::Sent);
        assert_eq!(server.kinds(), ["open", "create"]);
        assert_eq!(server.seen_in(DIRECT), ["x"]);
    }
}
