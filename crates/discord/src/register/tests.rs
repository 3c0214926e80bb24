//! Registration against a server of a few lines.

use super::*;
use crate::api::testing::{Said, calls, known_server};
use crate::intake::tests::Double;

async fn registers(inbox: &Double, commands: Value, guilds: &[&str]) -> Vec<String> {
    let (api, asked) = known_server(|_, _| Said::Result(json!([]))).await;
    let guilds = guilds.iter().map(|guild| (*guild).to_owned()).collect();
    set(api, inbox.clone(), commands, guilds, CancellationToken::new()).await;
    asked.lock().unwrap().iter().map(|(call, _)| call.clone()).collect()
}

#[tokio::test]
async fn commands_are_put_only_when_they_are_others() {
    let inbox = Double::default();
    let (one, two) = (json!([{"name": "new"}]), json!([{"name": "undo"}]));
    let all = "PUT /applications/501/commands";
    assert_eq!(registers(&inbox, one.clone(), &[]).await, [all]);
    assert!(registers(&inbox, one.clone(), &[]).await.is_empty());
    assert_eq!(registers(&inbox, two.clone(), &[]).await, [all]);
    // For guilds alone, what is registered for all is taken away.
    let here = "PUT /applications/501/guilds/9/commands";
    assert_eq!(registers(&inbox, two.clone(), &["9"]).await, [all, here]);
    assert!(registers(&inbox, two.clone(), &["9"]).await.is_empty());
    // And the other way round.
    let there = "PUT /applications/501/guilds/8/commands";
    assert_eq!(registers(&inbox, two.clone(), &["8"]).await, [here, there]);
    assert_eq!(registers(&inbox, two.clone(), &[]).await, [there, all]);
    assert!(registers(&inbox, two, &[]).await.is_empty());
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_not_noted() {
    let inbox = Double::default();
    let (api, asked) = known_server(|_, _| Said::Error(400, 50_035, "Invalid Form Body")).await;
    set(api, inbox.clone(), json!([]), Vec::new(), CancellationToken::new()).await;
    assert_eq!(calls(&asked, "PUT").len(), 1);
    assert!(inbox.kept().notes.is_empty());
}

#[tokio::test]
async fn an_outage_is_waited_out() {
    let inbox = Double::default();
    let mut first = true;
    let (api, asked) =
        known_server(
            move |_, _| {
                if std::mem::take(&mut first) { Said::Cut } else { Said::Result(json!([])) }
            },
        )
        .await;
    set(api, inbox.clone(), json!([]), Vec::new(), CancellationToken::new()).await;
    assert_eq!(calls(&asked, "PUT").len(), 2);
    assert_eq!(inbox.kept().notes.len(), 1);
}
