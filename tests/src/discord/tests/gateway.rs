//! What the gateway tells: who may connect, what comes by which intent, what is told again, and what never is.

use serde_json::json;

use super::super::*;
use super::{PLAIN, Wire, start};

#[test]
fn who_has_no_right_to_connect_is_closed_with_a_code() {
    let (discord, _) = start();
    let mut wire = Wire::to(&discord);
    wire.identifies_as("wrong", PLAIN);
    assert_eq!(wire.ends(), Some(4004));
    let mut wire = Wire::to(&discord);
    wire.identifies(PLAIN | 1 << 1);
    assert_eq!(wire.ends(), Some(4014));
    discord.disallows_message_content();
    let mut wire = Wire::to(&discord);
    wire.identifies(PLAIN | 1 << 15);
    assert_eq!(wire.ends(), Some(4014));
    let mut wire = Wire::to(&discord);
    wire.says(&json!({"op": 3, "d": {}}));
    assert_eq!(wire.ends(), Some(4003));
    let (mut wire, _) = Wire::ready(&discord, PLAIN);
    wire.identifies(PLAIN);
    assert_eq!(wire.ends(), Some(4005));
    assert_eq!(discord.look(World::intents), Some(PLAIN));
}

#[test]
fn a_session_begins_with_its_guilds_and_beats() {
    let (discord, _) = start();
    let ann = discord.person("Ann");
    let guild = discord.guild("Crew", &[&ann]);
    let general = guild.channel("general");
    let thread = ann.at(&general).opens_thread("a thread");
    let (mut wire, ready) = Wire::ready(&discord, PLAIN);
    assert_eq!(ready["guilds"], json!([{"id": guild.id().to_string(), "unavailable": true}]));
    assert_eq!(ready["application"]["id"], discord.application_id().to_string());
    let told = wire.event("GUILD_CREATE");
    assert_eq!(told["channels"][0]["id"], general.id().to_string());
    assert_eq!(told["threads"][0]["id"], thread.id().to_string());
    wire.says(&json!({"op": 1, "d": 2}));
    assert_eq!(wire.hears()["op"], 11);
    discord.acknowledges_heartbeats(false);
    wire.says(&json!({"op": 1, "d": 2}));
    discord.asks_for_heartbeat();
    assert_eq!(wire.hears()["op"], 1);
    discord.wait_for(|world| (world.heartbeats() == 2).then_some(()));
}

#[test]
fn content_is_hidden_unless_it_is_for_the_bot() {
    let (discord, bot) = start();
    discord.disallows_message_content();
    let ann = discord.person("Ann");
    let general = discord.guild("Crew", &[&ann]).channel("general");
    let (mut wire, _) = Wire::ready(&discord, PLAIN);
    wire.event("GUILD_CREATE");
    let here = ann.at(&general);
    here.says("hidden");
    here.says(&format!("{} shown", discord.bot_mention()));
    let texts = [(), ()].map(|()| wire.event("MESSAGE_CREATE")["content"].clone());
    assert_eq!(texts, [json!(""), json!("<@900000000000000001> shown")]);
    bot.says(general.id(), "own");
    assert_eq!(wire.event("MESSAGE_CREATE")["content"], "own");
    let own = here.hears().id;
    here.replies(own, "a reply calls");
    here.sends(&Post::text("a silent one does not").replying(own).silently());
    let replies = [(), ()].map(|()| wire.event("MESSAGE_CREATE"));
    assert_eq!(replies.each_ref().map(|it| &it["content"]), ["a reply calls", ""]);
    assert_eq!(replies[1]["referenced_message"]["content"], "own");
    ann.says("direct");
    let direct = wire.event("MESSAGE_CREATE");
    assert_eq!((&direct["content"], direct.get("guild_id")), (&json!("direct"), None));
    let page =
        bot.gets("GET", &format!("/channels/{}/messages?limit=1", general.id()), &json!(null));
    assert_eq!(page[0]["content"], "");
}

#[test]
fn a_session_is_resumed_where_it_broke_off() {
    let (discord, _) = start();
    let ann = discord.person("Ann");
    let (mut wire, ready) = Wire::ready(&discord, PLAIN);
    ann.says("one");
    wire.event("MESSAGE_CREATE");
    let heard = wire.sequence;
    discord.cuts_gateway();
    assert_eq!(wire.ends(), None);
    ann.says("two");
    let mut wire = Wire::to(&discord);
    wire.resumes(&ready["session_id"], heard);
    assert_eq!(wire.event("MESSAGE_CREATE")["content"], "two");
    wire.event("RESUMED");
    ann.says("three");
    assert_eq!(wire.event("MESSAGE_CREATE")["content"], "three");
    discord.asks_to_reconnect();
    assert_eq!(wire.hears()["op"], 7);
    discord.invalidates_session(false);
    assert_eq!(wire.hears()["d"], false);
    let mut wire = Wire::to(&discord);
    wire.resumes(&ready["session_id"], heard);
    assert_eq!(wire.hears()["op"], 9);
    wire.identifies(PLAIN);
    wire.event("READY");
    discord.closes_gateway(4000);
    assert_eq!(wire.ends(), Some(4000));
    assert_eq!(discord.look(|world| (world.identifies(), world.resumes())), (2, 2));
}

#[test]
fn what_happens_while_the_gateway_is_away_is_known_to_rest_alone() {
    let (discord, bot) = start();
    let ann = discord.person("Ann");
    let (wire, _) = Wire::ready(&discord, PLAIN);
    let before = ann.says("before");
    discord.goes_offline();
    assert_eq!(wire.ends(), None);
    assert!(Wire::open(&discord).is_none());
    for number in 1..=5 {
        ann.says(&format!("{number}"));
    }
    discord.comes_back();
    let (mut wire, _) = Wire::ready(&discord, PLAIN);
    ann.says("after");
    assert_eq!(wire.event("MESSAGE_CREATE")["content"], "after");
    let path = format!("/channels/{}/messages", ann.place().id());
    let texts = |query: &str| {
        let page = bot.gets("GET", &format!("{path}?{query}"), &json!(null));
        let page = page.as_array().expect("a list").clone();
        let texts = page.iter().map(|it| it["content"].as_str().expect("text").to_owned());
        texts.collect::<Vec<_>>().join(" ")
    };
    let (before, last) = (before.id(), ann.sees()[3].id.id());
    assert_eq!(texts(&format!("after={before}&limit=2")), "2 1");
    assert_eq!(texts(&format!("before={last}&limit=2")), "2 1");
    assert_eq!(texts(&format!("after={last}")), "after 5 4");
    assert_eq!(bot.refused("GET", &format!("{path}?limit=101"), &json!(null)), (400, 50_035));
}

#[test]
fn threads_channels_and_what_is_hidden() {
    let (discord, bot) = start();
    let (ann, ben) = (discord.person("Ann"), discord.person("Ben"));
    let guild = discord.guild("Crew", &[&ann, &ben]);
    let (mut wire, _) = Wire::ready(&discord, PLAIN);
    wire.event("GUILD_CREATE");
    let general = guild.channel("general");
    wire.event("CHANNEL_CREATE");
    let thread = ann.at(&general).opens_private_thread("quiet", &[]);
    ann.at(&thread).says("not for the bot");
    assert_eq!(ben.at(&thread).sees(), []);
    assert_eq!(
        bot.refused("GET", &format!("/channels/{}", thread.id()), &json!(null)),
        (403, 50_001)
    );
    ann.at(&thread).says(&discord.bot_mention());
    assert_eq!(wire.event("THREAD_CREATE")["type"], 12);
    assert_eq!(wire.event("MESSAGE_CREATE")["channel_id"], thread.id().to_string());
    let post = ann.at(&guild.forum("help")).posts("How?", "tell me");
    wire.event("CHANNEL_CREATE");
    assert_eq!(wire.event("THREAD_CREATE")["newly_created"], true);
    assert_eq!(wire.event("MESSAGE_CREATE")["id"], post.id().to_string());
    general.denies_bot(Permission::VIEW_CHANNEL);
    ann.at(&general).says("hidden");
    general.allows_bot(Permission::VIEW_CHANNEL);
    assert_eq!(wire.event("CHANNEL_UPDATE")["name"], "general");
    general.webhook("CI").says("built");
    assert!(wire.event("MESSAGE_CREATE")["webhook_id"].is_string());
    let id = ann.at(&general).says("x");
    wire.event("MESSAGE_CREATE");
    ann.at(&general).edits(id, "y");
    assert_eq!(wire.event("MESSAGE_UPDATE")["content"], "");
    ann.at(&general).deletes(id);
    assert_eq!(wire.event("MESSAGE_DELETE")["id"], id.id().to_string());
    assert!(ben.at(&general).ever_saw().contains(&"x".to_owned()));
    guild.bot_removed();
    wire.event("GUILD_DELETE");
    assert_eq!(bot.refused("GET", &format!("/guilds/{}", guild.id()), &json!(null)), (404, 10_004));
}
