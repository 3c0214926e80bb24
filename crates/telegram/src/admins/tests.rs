//! The list of a chat's administrators, asked for and remembered.

use super::*;
use crate::api::testing::{Said, calls, error, server};

const GROUP: &str = "-1001";

fn list() -> serde_json::Value {
    let member =
        |id: i64, status: &str| json!({"status": status, "user": {"id": id, "is_bot": false}});
    json!([member(1, "creator"), member(2, "administrator"), member(3, "member")])
}

async fn advance(by: Duration) {
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}

#[tokio::test]
async fn the_server_is_asked_once_while_its_answer_is_fresh() {
    let (api, asked) = server(|_, _| Said::Result(list())).await;
    let admins = Admins::new(api);
    let all = ["1", "2"].map(|peer| admins.is_admin(GROUP, peer));
    let [owner, administrator] = all;
    assert_eq!(tokio::join!(owner, administrator), (Some(true), Some(true)));
    assert_eq!(admins.is_admin(GROUP, "3").await, Some(false));
    assert_eq!(calls(&asked, "getChatAdministrators"), [json!({"chat_id": -1001})]);

    advance(FRESH_NO + Duration::from_secs(1)).await;
    assert_eq!(admins.is_admin(GROUP, "1").await, Some(true));
    assert_eq!(calls(&asked, "getChatAdministrators").len(), 1);
    assert_eq!(admins.is_admin(GROUP, "3").await, Some(false), "asked again before a no");
    assert_eq!(calls(&asked, "getChatAdministrators").len(), 2);

    admins.forget(GROUP);
    assert_eq!(admins.is_admin(GROUP, "1").await, Some(true));
    assert_eq!(calls(&asked, "getChatAdministrators").len(), 3);
}

#[tokio::test]
async fn what_cannot_be_found_out_is_neither_yes_nor_no() {
    let (api, asked) = server(|_, _| error(400, "Bad Request: chat not found")).await;
    let admins = Admins::new(api);
    assert_eq!(admins.is_admin(GROUP, "1").await, None);
    assert_eq!(admins.is_admin(GROUP, "2").await, None);
    assert_eq!(calls(&asked, "getChatAdministrators").len(), 1);
}

#[tokio::test]
async fn nobody_needs_to_be_asked_about_a_private_chat_or_the_group_itself() {
    let (api, asked) = server(|_, _| error(500, "no")).await;
    let admins = Admins::new(api);
    assert_eq!(admins.is_admin("7", "7").await, Some(false));
    assert_eq!(admins.is_admin(GROUP, GROUP).await, Some(true));
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn so_many_chats_are_remembered_and_no_more() {
    let (api, _) = server(|_, _| error(500, "no")).await;
    let admins = Admins::new(api);
    for chat in 0..2 * CHATS {
        drop(admins.chat(&format!("-{chat}")));
    }
    assert!(admins.chats().len() <= CHATS);
}
