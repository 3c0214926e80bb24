//! What may be registered as a command.

use serde_json::{Value, json};

use super::start;

#[test]
fn commands_are_held_against_the_documented_limits() {
    let (discord, bot) = start();
    discord.off_the_record();
    let path = format!("/applications/{}/commands", bot.application);
    let command = |options: Value| json!([{"name": "a", "description": "A", "options": options}]);
    let text = |name: &str| json!({"type": 3, "name": name, "description": "T"});
    let mut required = text("r");
    required["required"] = json!(true);
    let sub =
        |options: Value| json!({"type": 1, "name": "s", "description": "S", "options": options});
    let group =
        |inner: Value| json!({"type": 2, "name": "g", "description": "G", "options": [inner]});
    let choices: Vec<_> =
        (0..26).map(|at| json!({"name": format!("{at}"), "value": "x"})).collect();
    let mut chosen = text("c");
    chosen["choices"] = json!(choices);
    let many: Vec<_> = (0..26).map(|at| text(&format!("o{at}"))).collect();
    for wrong in [
        json!([{"name": "Upper", "description": "A"}]),
        json!([{"name": "x".repeat(33), "description": "A"}]),
        json!([{"name": "a", "description": ""}]),
        json!([{"name": "a", "description": "x".repeat(101)}]),
        json!([{"name": "a", "description": "A"}, {"name": "a", "description": "A"}]),
        command(json!([text("o"), required])),
        command(json!([text("o"), text("o")])),
        command(json!([text("o"), sub(json!([]))])),
        command(json!([group(text("o"))])),
        command(json!([group(group(sub(json!([]))))])),
        command(json!([chosen])),
        command(json!(many)),
    ] {
        assert_eq!(bot.refused("PUT", &path, &wrong), (400, 50_035), "{wrong}");
    }
    let right = command(json!([group(sub(json!([required, text("o")])))]));
    let registered = bot.gets("PUT", &path, &right);
    let again = bot.gets("PUT", &path, &right);
    assert_eq!(registered[0]["id"], again[0]["id"]);
    assert_eq!(bot.gets("GET", &path, &Value::Null), again);
    assert_eq!(bot.refused("PUT", "/applications/1/commands", &json!([])), (403, 20_012));
}
