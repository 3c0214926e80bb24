//! What Discord's client offers to whoever types `/`: the commands, registered when they changed and not else, and
//! completions of their options, to each person their own.

use e2e::discord::{Guild, Person, Seat};
use e2e::{Daemon, FakeDiscord};

/// What is offered for the last option of a line, as a story shows it: what is to be read, and what it becomes.
#[track_caller]
fn offered(bot: &Daemon, seat: &Seat, line: &str) -> String {
    let choices = seat.completes(&bot.home().meant(line)).offered();
    let shown = choices.iter().map(|choice| {
        let value = choice.value.as_str().expect("options are texts");
        format!("{} → {value}", choice.name)
    });
    bot.shown(&shown.collect::<Vec<_>>().join("\n"))
}

/// Starts a bot again, until it is connected again.
fn starts_again(bot: &mut Daemon, discord: &FakeDiscord) {
    bot.starts();
    discord.connected();
}

/// Ann's bot, connected. She owns it.
fn beside(discord: &FakeDiscord, ann: &Person) -> Daemon {
    let bot = Daemon::beside(discord).owned_by(&[ann]).start();
    discord.connected();
    bot
}

#[test]
fn checkpoints_are_offered_by_their_names_and_ids_newest_first() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = beside(&discord, &ann);
    assert_eq!(offered(&bot, &ann, "/checkpoint restore checkpoint:"), "");
    bot.types_each(&ann, "one\n/checkpoint save before refactor\n/checkpoint save The **bold** one\n/checkpoint save after");
    for command in ["restore", "delete"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(offered(&bot, &ann, &format!("/checkpoint {command} checkpoint:")), @"
            after · c-3 → c-3
            The **bold** one · c-2 → c-2
            before refactor · c-1 → c-1
            ");
        }
    }
    insta::assert_snapshot!(offered(&bot, &ann, "/checkpoint restore checkpoint:BEFORE r"), @"before refactor · c-1 → c-1");
    insta::assert_snapshot!(offered(&bot, &ann, "/checkpoint restore checkpoint:c-1"), @"before refactor · c-1 → c-1");
    assert_eq!(offered(&bot, &ann, "/checkpoint restore checkpoint:nothing of it"), "");
    // What is offered can be sent.
    let choice = ann.completes("/checkpoint restore checkpoint:refactor").offered().remove(0);
    let id = choice.value.as_str().expect("it is a text").to_owned();
    insta::assert_snapshot!(bot.runs(&ann, &format!("/checkpoint restore checkpoint:{id}")), @"
    Restored checkpoint c-1 “before refactor” (1 message) in session s-1. What was there is kept as c-4 (1 message). /undo goes back.
    [Undo]
    ");
}

#[test]
fn sessions_are_offered_by_their_titles_their_first_words_and_ids() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = beside(&discord, &ann);
    assert_eq!(offered(&bot, &ann, "/session resume id:"), "");
    bot.types_each(
        &ann,
        "What is my portfolio value?\n/new Plan the trip\n/session rename Lisbon\n/new\n/new three",
    );
    bot.typed(&ann, "/session list");
    insta::assert_snapshot!(offered(&bot, &ann, "/session resume id:"), @"
    Lisbon · s-1 → s-1
    What is my portfolio value? · s-2 → s-2
    ");
    insta::assert_snapshot!(offered(&bot, &ann, "/session resume id:lis"), @"Lisbon · s-1 → s-1");
    insta::assert_snapshot!(offered(&bot, &ann, "/session resume id:portfolio"), @"What is my portfolio value? · s-2 → s-2");
    // What is current can be deleted, but is where one is already.
    insta::assert_snapshot!(offered(&bot, &ann, "/session delete id:"), @"
    three · s-3 → s-3
    Lisbon · s-1 → s-1
    What is my portfolio value? · s-2 → s-2
    ");
    insta::assert_snapshot!(bot.runs(&ann, "/session delete id:s-1"), @"
    Session s-1 (1 message) is in the bin for 7 days. /undo or /session resume s-1 brings it back.
    [Undo]
    ");
    insta::assert_snapshot!(offered(&bot, &ann, "/session resume id:s-"), @"What is my portfolio value? · s-2 → s-2");
}

#[test]
fn time_zones_and_topics_of_the_help_are_offered_by_any_part_of_their_names() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = beside(&discord, &ann);
    insta::assert_snapshot!(offered(&bot, &ann, "/session timezone zone:new y"), @"America/New_York → America/New_York");
    insta::assert_snapshot!(offered(&bot, &ann, "/session timezone zone:europe/l"), @"
    Europe/Lisbon → Europe/Lisbon
    Europe/Ljubljana → Europe/Ljubljana
    Europe/London → Europe/London
    Europe/Luxembourg → Europe/Luxembourg
    ");
    insta::assert_snapshot!(offered(&bot, &ann, "/session timezone zone:berl"), @"Europe/Berlin → Europe/Berlin");
    let all = ann.completes("/session timezone zone:").offered();
    assert_eq!(all.len(), 25);
    insta::assert_snapshot!(offered(&bot, &ann, "/help command:check"), @"
    /checkpoint → checkpoint
    /checkpoint save → checkpoint save
    /checkpoint list → checkpoint list
    /checkpoint restore → checkpoint restore
    /checkpoint delete → checkpoint delete
    ");
    insta::assert_snapshot!(offered(&bot, &ann, "/help command:/re"), @"
    /reset → reset
    /redo → redo
    /retry → retry
    /session resume → session resume
    /session rename → session rename
    /session reset-time → session reset-time
    /session idle-reset → session idle-reset
    /checkpoint restore → checkpoint restore
    ");
    for choice in ann.completes("/help command:").offered() {
        let topic = choice.value.as_str().expect("it is a text").to_owned();
        let answer = bot.runs(&ann, &format!("/help command:{topic}"));
        assert!(answer.starts_with(&format!("/{topic}")), "{topic}: {answer}");
        assert!(answer.contains("For example:") || !topic.contains(' '), "{topic}: {answer}");
    }
}

#[test]
fn no_more_is_offered_than_can_be_shown_and_what_is_long_is_cut_before_its_id() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = beside(&discord, &ann);
    let long = "ö".repeat(97);
    for number in 0..30 {
        bot.runs(&ann, &format!("/checkpoint save name:{long}{number:03}"));
    }
    let offered = ann.completes("/checkpoint delete checkpoint:ööö").offered();
    assert_eq!(offered.len(), 25);
    for choice in offered {
        let id = choice.value.as_str().expect("it is a text");
        assert_eq!(choice.name.chars().count(), 100);
        assert!(choice.name.ends_with(&format!("… · {id}")), "{}", choice.name);
    }
}

/// What is offered anywhere to anybody who asks for sessions and checkpoints.
fn all_offered(bot: &Daemon, seat: &Seat) -> String {
    let lines = [
        "/session resume id:",
        "/session delete id:",
        "/checkpoint restore checkpoint:",
        "/checkpoint delete checkpoint:",
    ];
    lines.map(|line| offered(bot, seat, line)).concat()
}

#[test]
fn nothing_of_anybody_else_s_is_ever_offered() {
    let discord = FakeDiscord::start();
    let [ann, ben, cy] = ["Ann", "Ben", "Cy"].map(|name| discord.person(name));
    let crew = discord.guild("Crew", &[&ann, &ben, &cy]);
    let (general, random) = (crew.channel("general"), crew.channel("random"));
    let mut bot = beside(&discord, &ann);
    for seat in [ann.at(&general), ann.at(ann.place())] {
        let mention = discord.bot_mention();
        for line in ["one", "/checkpoint save private plan", "/new two", "three"] {
            // A message that is for the bot; a command that is answered to Ann alone.
            match line.strip_prefix('/') {
                None => drop(bot.typed(&seat, &format!("{mention} {line}"))),
                Some("new two") => drop(bot.ran(&seat, "/new text:two")),
                Some(_) => drop(bot.ran(&seat, "/checkpoint save name:private plan")),
            }
        }
        assert!(all_offered(&bot, &seat).contains("private plan"));
    }
    let thread = ann.at(&general).opens_thread("aside");
    for seat in [
        ben.at(&general),
        ben.at(ben.place()),
        ben.at(&thread),
        cy.at(&random),
        ann.at(&random),
        ann.at(&thread),
    ] {
        assert_eq!(all_offered(&bot, &seat), "", "{seat:?}");
    }
    // What is shared is everybody's who may talk there.
    drop(bot.ran(&ann.at(&random), "/session scope scope:group"));
    drop(bot.ran(&cy.at(&random), "/checkpoint save name:shared plan"));
    assert!(all_offered(&bot, &ben.at(&random)).contains("shared plan"));
    assert_eq!(all_offered(&bot, &ben.at(&general)), "");
    bot.stops();
    bot.sets("access.groups", Vec::<String>::new());
    bot.sets("access.direct", "allowlist");
    starts_again(&mut bot, &discord);
    assert_eq!(all_offered(&bot, &ben.at(&random)), "");
    assert!(all_offered(&bot, &ann.at(&random)).contains("shared plan"));
}

/// How often commands were put.
fn puts(discord: &FakeDiscord) -> usize {
    discord.look(|world| {
        let puts = world.requests().iter().filter(|asked| asked.method == "PUT");
        puts.filter(|asked| asked.path.ends_with("/commands")).count()
    })
}

/// What a line of a menu of commands says: name, description, options.
fn menu(discord: &FakeDiscord, guild: Option<&Guild>) -> String {
    discord.look(|world| {
        let commands = world.commands(guild.map(Guild::id)).unwrap_or_default().iter();
        let line = |item: &serde_json::Value| {
            let text = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
            let options = item["options"].as_array().into_iter().flatten();
            let options: Vec<_> = options.filter_map(|it| it["name"].as_str()).collect();
            format!("/{} ({}): {}", text("name"), options.join(", "), text("description"))
        };
        commands.map(line).collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn commands_are_registered_once_and_work_in_direct_channels_and_in_guilds() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let general = discord.guild("Crew", &[&ann]).channel("general");
    let mut bot = beside(&discord, &ann);
    bot.runs(&ann, "/start");
    insta::assert_snapshot!(menu(&discord, None), @"
    /new (text): Start a new session; the present one is kept.
    /reset (): Put the session in the bin and start a new one; /undo brings it back.
    /undo (): Take back the last change, such as /new, /reset or /history clear.
    /redo (): Do again what /undo took back.
    /context (show, strategy): Show what the assistant would see now, or choose how that is picked.
    /pin (): Keep a message in the assistant's view: the one replied to, else the last.
    /unpin (): Let go of a pinned message: the one replied to, else the last.
    /help (command): List every command, or explain one.
    /start (): Say hello and tell how this works.
    /whoami (): Show the ids that an operator needs for the allow list.
    /session (show, list, resume, rename, delete, scope, hear, reset-time, idle-reset, timezone): Show the session, list the others, and set when a new one starts.
    /checkpoint (save, list, restore, delete): Save the conversation under a name, and come back to it.
    /history (show, export, clear, search): Show, export, clear or search what was said.
    ");
    assert_eq!(ann.commands(), ann.at(&general).commands());
    assert_eq!(ann.commands().len(), 13);
    let once = puts(&discord);
    bot.stops();
    starts_again(&mut bot, &discord);
    bot.types(&ann, "/whoami");
    bot.stops();
    assert_eq!((once, puts(&discord)), (1, 1));
}

#[test]
fn for_guilds_alone_commands_are_registered_there_and_again_when_that_changes() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let (crew, club) = (discord.guild("Crew", &[&ann]), discord.guild("Club", &[&ann]));
    let (here, there) = (crew.channel("general"), club.channel("general"));
    let mut bot = beside(&discord, &ann);
    bot.runs(&ann, "/start");
    let all = ann.commands();
    bot.stops();
    // Registered for one guild, they are not offered elsewhere, and there once.
    bot.sets("discord.guilds", vec![crew.id().to_string()]);
    starts_again(&mut bot, &discord);
    discord.wait_for(|world| world.commands(Some(crew.id())).map(|_| ()));
    assert_eq!(ann.at(&here).commands(), all);
    assert_eq!((ann.commands(), ann.at(&there).commands()), (vec![], vec![]));
    bot.runs(&ann.at(&here), "/whoami");
    let changed = puts(&discord);
    bot.stops();
    starts_again(&mut bot, &discord);
    bot.types(&ann, "/whoami");
    bot.stops();
    assert_eq!((changed, puts(&discord)), (3, 3));
    bot.sets("discord.guilds", Vec::<String>::new());
    starts_again(&mut bot, &discord);
    discord.wait_for(|world| world.commands(None).filter(|all| !all.is_empty()).map(drop));
    bot.runs(&ann, "/whoami");
    assert_eq!(ann.commands(), all);
    for place in [&here, &there] {
        assert_eq!(ann.at(place).commands(), all);
    }
}

#[test]
fn commands_that_discord_does_not_take_now_are_registered_later_and_typing_works_meanwhile() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    discord.breaks(e2e::discord::Fault::page(502).of("PUT /applications/*/commands").times(2));
    let bot = beside(&discord, &ann);
    assert_eq!(
        bot.types(&ann, "one"),
        "Kept as message 1. No assistant is configured, so nobody answers."
    );
    assert!(bot.runs(&ann, "/history show count:1").ends_with("\none"));
}
