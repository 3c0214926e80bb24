//! What a bot sends to channels: what is taken and what is refused, who is called, what people see.

use serde_json::{Value, json};

use super::super::*;
use super::start;

#[test]
fn a_nonce_is_taken_once() {
    let (discord, bot) = start();
    let ann = discord.person("Ann");
    ann.says("hello");
    let path = format!("/channels/{}/messages", ann.place().id());
    let said = json!({"content": "x", "nonce": "n1", "enforce_nonce": true});
    let [first, again] = [(), ()].map(|()| bot.gets("POST", &path, &said)["id"].clone());
    assert_eq!(first, again);
    bot.gets("POST", &path, &json!({"content": "y", "nonce": "n1"}));
    assert_eq!(ann.unheard().len(), 2);
    discord.advance(Duration::from_secs(600));
    bot.gets("POST", &path, &said);
    assert_eq!(ann.unheard().len(), 3);
}

#[test]
fn what_is_wrong_is_refused_with_the_platforms_codes() {
    let (discord, bot) = start();
    discord.off_the_record();
    let (ann, ben) = (discord.person("Ann"), discord.person("Ben"));
    let general = discord.guild("Crew", &[&ann]).channel("general");
    let path = format!("/channels/{}/messages", general.id());
    let refused = |body: Value| bot.refused("POST", &path, &body);
    assert_eq!(refused(json!({"content": "x".repeat(2001)})), (400, 50_035));
    assert_eq!(refused(json!({"content": ""})), (400, 50_006));
    assert_eq!(refused(json!({"content": "x", "nonce": "n".repeat(26)})), (400, 50_035));
    let row = |button: Value| json!({"components": [{"type": 1, "components": [button]}]});
    let labelled = |label: &str| json!({"type": 2, "style": 1, "custom_id": "a", "label": label});
    assert_eq!(refused(row(labelled(&"x".repeat(81)))), (400, 50_035));
    assert_eq!(refused(json!({"embeds": [{"description": "x".repeat(4097)}]})), (400, 50_035));
    let mentions = json!({"parse": ["users"], "users": ["101"]});
    assert_eq!(refused(json!({"content": "x", "allowed_mentions": mentions})), (400, 50_035));
    let reference = json!({"message_id": "1"});
    assert_eq!(refused(json!({"content": "x", "message_reference": reference})), (400, 50_035));
    general.denies_bot(Permission::SEND_MESSAGES);
    assert_eq!(refused(json!({"content": "x"})), (403, 50_013));
    general.denies_bot(Permission::VIEW_CHANNEL);
    assert_eq!(refused(json!({"content": "x"})), (403, 50_001));
    assert_eq!(
        bot.refused("POST", "/channels/1/messages", &json!({"content": "x"})),
        (404, 10_003)
    );
    let direct = |id: u64| {
        let direct =
            bot.gets("POST", "/users/@me/channels", &json!({"recipient_id": id.to_string()}));
        let id = direct["id"].as_str().expect("it has an id").to_owned();
        bot.asks("POST", &format!("/channels/{id}/messages"), &json!({"content": "x"})).status
    };
    assert_eq!([direct(ann.id()), direct(ben.id())], [200, 403]);
    ann.closes_direct();
    assert_eq!(direct(ann.id()), 403);
    let mut stranger = bot.clone();
    stranger.token = "wrong".to_owned();
    assert_eq!(stranger.refused("GET", "/users/@me", &json!(null)), (401, 0));
    assert_eq!(discord.look(World::invalid_requests), 5);
}

#[test]
fn people_see_text_cards_buttons_menus_and_files() {
    let (discord, bot) = start();
    let ann = discord.person("Ann");
    let general = discord.guild("Crew", &[&ann]).channel("general");
    let body = json!({
        "content": "<@101> @everyone", "allowed_mentions": {"parse": []},
        "embeds": [{"title": "T", "fields": [{"name": "a", "value": "b"}]}],
        "components": [
            {"type": 1, "components": [{"type": 2, "style": 1, "label": "Undo", "custom_id": "u"}]},
            {"type": 1, "components": [{"type": 3, "custom_id": "m", "options": [
                {"label": "One", "value": "1"}]}]},
        ],
        "attachments": [{"id": "0", "filename": "export.txt"}],
    });
    let parts = format!(
        "--b\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{body}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"f\"\r\n\
         Content-Type: text/plain\r\n\r\nsecret\r\n--b--\r\n"
    );
    let path = format!("/channels/{}/messages", general.id());
    let sent = bot.sends("POST", &path, "multipart/form-data; boundary=b", parts.as_bytes());
    assert_eq!(sent.expect("it is taken").status, 200);
    let here = ann.at(&general);
    let seen = here.hears();
    assert_eq!((seen.labels(), seen.calls.len()), (vec!["Undo"], 0));
    assert_eq!(
        (seen.embeds[0].title.as_str(), seen.menus[0].options[0].value.as_str()),
        ("T", "1")
    );
    let Document { name, content } = &seen.documents[0];
    assert_eq!((name.as_str(), content.as_slice()), ("export.txt", b"secret".as_slice()));
    let path = format!("{path}/{}", seen.id.id());
    bot.gets(
        "PATCH",
        &path,
        &json!({"content": "less", "embeds": [], "components": [], "attachments": []}),
    );
    let seen = here.sees_when(seen.id, |seen| seen.is_edited);
    assert_eq!((seen.text.as_str(), seen.documents.len()), ("less", 0));
    bot.gets("DELETE", &path, &json!(null));
    assert_eq!(here.sees(), []);
    let ever = here.ever_saw();
    assert!(["secret", "Undo", "less", "One", "b"].iter().all(|it| ever.iter().any(|x| x == it)));
    assert_eq!(bot.refused("GET", &path, &json!(null)), (404, 10_008));
}

#[test]
fn roles_and_places_say_who_may_what() {
    let (discord, bot) = start();
    let (ann, ben) = (discord.person("Ann"), discord.person("Ben"));
    let guild = discord.guild("Crew", &[&ann, &ben]);
    let general = guild.channel("general");
    let mods = guild.role("Mods", Permission::MANAGE_MESSAGES);
    guild.gives(&ben, mods);
    let path = format!("/guilds/{}/members/{}", guild.id(), ben.id());
    assert_eq!(bot.gets("GET", &path, &json!(null))["roles"], json!([mods.id().to_string()]));
    let may = |what| discord.look(|world| world.permissions(ben.id(), general.id()).has(what));
    assert!(may(Permission::MANAGE_MESSAGES) && !may(Permission::MANAGE_CHANNELS));
    general.allows(&ben, Permission::MANAGE_CHANNELS);
    general.denies_everyone(Permission::SEND_MESSAGES);
    assert!(may(Permission::MANAGE_CHANNELS) && !may(Permission::SEND_MESSAGES));
    let own = ben.at(&general).says("delete me").id();
    let path = format!("/channels/{}/messages/{own}", general.id());
    assert_eq!(bot.refused("DELETE", &path, &json!(null)), (403, 50_013));
    assert_eq!(bot.refused("PATCH", &path, &json!({"content": "x"})), (403, 50_005));
    for path in [
        format!("/guilds/{}", guild.id()),
        format!("/guilds/{}/roles", guild.id()),
        format!("/guilds/{}/channels", guild.id()),
        format!("/guilds/{}/threads/active", guild.id()),
        format!("/channels/{}", general.id()),
        "/users/@me".to_owned(),
        "/users/@me/guilds".to_owned(),
        "/users/101".to_owned(),
        "/applications/@me".to_owned(),
        "/oauth2/applications/@me".to_owned(),
        "/gateway".to_owned(),
        "/gateway/bot".to_owned(),
    ] {
        bot.gets("GET", &path, &json!(null));
    }
}
