//! Who runs a channel, as Discord reckons it.

use serde_json::{Value, json};

use super::server::{CHANNEL, Server, refused, unsure};
use super::{address, delivery, typed};

const VIEW: u64 = 1 << 10;
const CHANNELS: u64 = 1 << 4;
const MESSAGES: u64 = 1 << 13;

/// A guild of Bob in which Ann has the role 30.
fn guild(everyone: u64, role: u64) -> Value {
    json!({"id": "9", "owner_id": "78", "roles": [
        {"id": "9", "permissions": everyone.to_string()},
        {"id": "30", "permissions": role.to_string()},
        {"id": "31", "permissions": u64::MAX.to_string()},
    ]})
}

fn overwrite(id: &str, allow: u64, deny: u64) -> Value {
    json!({"id": id, "type": 0, "allow": allow.to_string(), "deny": deny.to_string()})
}

async fn runs(guild: Value, overwrites: Value) -> Option<bool> {
    let (delivery, server) = delivery(Server::guild());
    server.knows("/guilds/9", guild);
    server.knows("/guilds/9/members/77", json!({"roles": ["30"]}));
    server.knows(
        "/channels/100",
        json!({"id": "100", "guild_id": "9", "permission_overwrites": overwrites}),
    );
    delivery.runs_the_channel(&address(CHANNEL, &typed())).await
}

#[tokio::test]
async fn who_may_manage_a_channel_or_its_messages_runs_it() {
    for (everyone, role, overwrites, expected) in [
        (VIEW, 0, json!([]), false),
        (VIEW, CHANNELS, json!([]), true),
        (VIEW, MESSAGES, json!([]), true),
        (VIEW, 1 << 3, json!([overwrite("77", 0, VIEW | MESSAGES)]), true),
        (VIEW | MESSAGES, 0, json!([overwrite("9", 0, MESSAGES)]), false),
        (VIEW, MESSAGES, json!([overwrite("30", 0, MESSAGES)]), false),
        (VIEW, 0, json!([overwrite("30", MESSAGES, 0)]), true),
        (VIEW, 0, json!([overwrite("31", MESSAGES, 0)]), false),
        (VIEW, 0, json!([overwrite("30", MESSAGES, 0), overwrite("77", 0, MESSAGES)]), false),
        (VIEW, 0, json!([overwrite("77", CHANNELS, 0), overwrite("9", 0, CHANNELS)]), true),
        (0, MESSAGES, json!([]), false),
    ] {
        let ran = runs(guild(everyone, role), overwrites.clone()).await;
        assert_eq!(ran, Some(expected), "{everyone} {role} {overwrites}");
    }
    let mut own = guild(0, 0);
    own["owner_id"] = json!("77");
    assert_eq!(runs(own, json!([])).await, Some(true));
}

#[tokio::test]
async fn what_cannot_be_found_out_is_not_said() {
    assert_eq!(runs(json!({"id": "9"}), json!([])).await, None);
    assert_eq!(runs(guild(VIEW, 0), json!([{"id": "77", "allow": "x", "deny": "0"}])).await, None);
    for (error, expected) in
        [(unsure(), None), (refused(404, 10_007), Some(false)), (refused(403, 50_001), None)]
    {
        let (delivery, server) = delivery(Server::guild().failing("get", error));
        server.knows("/channels/100", json!({"id": "100", "guild_id": "9"}));
        assert_eq!(delivery.runs_the_channel(&address(CHANNEL, &typed())).await, expected);
    }
}
