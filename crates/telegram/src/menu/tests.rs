//! What is set, when, and what is done where it cannot be.

use super::*;
use crate::api::testing::{Asked, Said, calls, error, server};
use crate::poll::tests::Double;

async fn sets(inbox: &Double, answer: impl FnMut(&str, &Value) -> Said + Send + 'static) -> Asked {
    let (api, asked) = server(answer).await;
    set(api, inbox.clone(), CancellationToken::new()).await;
    asked
}

#[tokio::test]
async fn the_menu_is_set_by_scope_and_only_when_it_changed() {
    let inbox = Double::default();
    let asked = sets(&inbox, |_, _| Said::Result(json!(true))).await;
    let menus = calls(&asked, "setMyCommands");
    let scopes: Vec<_> = menus.iter().map(|menu| menu["scope"]["type"].clone()).collect();
    assert_eq!(scopes, ["all_private_chats", "all_group_chats", "all_chat_administrators"]);
    let named = |menu: &Value, name| {
        let commands = menu["commands"].as_array().unwrap().clone();
        commands.into_iter().find(|command| command["command"] == name)
    };
    let private = named(&menus[0], "checkpoint").unwrap();
    assert!(private["description"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(private.get("is_ephemeral"), None);
    assert_eq!(named(&menus[1], "checkpoint").unwrap()["is_ephemeral"], true);
    let later = COMMANDS.iter().find(|spec| spec.availability == Availability::Later);
    assert!(later.is_none_or(|later| named(&menus[0], later.name).is_none()));
    assert_eq!((calls(&asked, "setMyDescription").len(), inbox.notes()), (1, 5));

    let again = sets(&inbox, |_, _| error(400, "asked for nothing")).await;
    assert!(again.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_knows_nothing_of_it_is_asked_once_and_done_without() {
    let inbox = Double::default();
    let asked = sets(&inbox, |_, _| error(404, "Not Found: method not found")).await;
    assert_eq!((asked.lock().unwrap().len(), inbox.notes()), (5, 0));
}

#[tokio::test]
async fn an_older_server_gets_the_menu_without_what_it_stumbles_over() {
    let inbox = Double::default();
    let asked = sets(&inbox, |_, params| {
        let is_new = params.to_string().contains("is_ephemeral");
        if is_new { error(400, "Bad Request: unknown field") } else { Said::Result(json!(true)) }
    })
    .await;
    assert_eq!((calls(&asked, "setMyCommands").len(), inbox.notes()), (5, 5));
}

#[test]
fn texts_fit_their_limits() {
    assert!(DESCRIPTION.chars().count() <= 512 && SHORT_DESCRIPTION.chars().count() <= 120);
    let fits = |c: &MenuCommand| c.command.len() <= 32 && c.description.chars().count() <= 256;
    assert!(commands(true).iter().all(fits));
}
