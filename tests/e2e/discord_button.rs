//! Buttons and menus on Discord: what they do, who may press them, how often, and that they work after a restart.

use e2e::discord::{Person, Seen};
use e2e::{Daemon, FakeDiscord};

fn story(tell: impl Fn(&FakeDiscord, Daemon, &Person)) {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = Daemon::beside(&discord).start();
    discord.connected();
    tell(&discord, bot, &ann);
}

#[test]
fn what_is_listed_is_resumed_restored_deleted_and_taken_back_by_buttons() {
    story(|_, bot, ann| {
        bot.types_each(ann, "one\n/checkpoint save first\ntwo\n/new\nthree");
        let sessions = bot.ran(ann, "/session list");
        let checkpoints = bot.ran(ann, "/checkpoint list");
        insta::assert_snapshot!(bot.pictures(&sessions), @"
        | **Active:**
        | s-1 “three” · discord · 1 message · just now ← here
        | **Past, in this conversation:**
        | s-2 “one” · discord · 2 messages · just now
        [Resume s-2]
        ");
        insta::assert_snapshot!(bot.touches(ann, &sessions, "Resume s-2"), @"
        Session s-2 (2 messages) is current again. s-1 (1 message) is kept. /undo goes back to it.
        [Undo]
        ");
        insta::assert_snapshot!(bot.pictures(&checkpoints), @"
        | **1 checkpoint in this conversation, newest first:**
        | c-1 “first” · 1 message · just now · session s-2
        [Restore c-1] [Delete c-1]
        ");
        insta::assert_snapshot!(bot.touches(ann, &checkpoints, "Restore c-1"), @"
        Restored checkpoint c-1 “first” (1 message) in session s-2. What was there is kept as c-2 (2 messages). /undo goes back.
        [Undo]
        ");
        insta::assert_snapshot!(bot.touches(ann, &checkpoints, "Delete c-1"), @"
        Deleted checkpoint c-1 “first” (1 message). /undo brings it back.
        [Undo]
        ");
        let cleared = bot.typed(ann, "/history clear");
        insta::assert_snapshot!(bot.touches(ann, &cleared, "Undo"), @"Took back: /history clear. Current session: s-2 (1 message). /redo does it again.");
    });
}

#[test]
fn a_long_list_offers_menus() {
    story(|_, bot, ann| {
        for number in 1..=4 {
            bot.types_each(ann, &format!("talk {number}\n/checkpoint save \"point {number}\""));
        }
        let list = bot.ran(ann, "/checkpoint list");
        insta::assert_snapshot!(bot.pictures(&list), @"
        | **4 checkpoints in this conversation, newest first:**
        | c-4 “point 4” · 4 messages · just now · session s-1
        | c-3 “point 3” · 3 messages · just now · session s-1
        | c-2 “point 2” · 2 messages · just now · session s-1
        | c-1 “point 1” · 1 message · just now · session s-1
        (Restore… Restore c-4 / Restore c-3 / Restore c-2 / Restore c-1)
        (Delete… Delete c-4 / Delete c-3 / Delete c-2 / Delete c-1)
        ");
        let chosen = bot.home().meant("Restore c-2");
        let _chosen = ann.selects(list.id, &[&chosen]);
        insta::assert_snapshot!(bot.pictures(&ann.hears()), @"
        Restored checkpoint c-2 “point 2” (2 messages) in session s-1. What was there is kept as c-5 (4 messages). /undo goes back.
        [Undo]
        ");
    });
}

#[test]
fn a_change_counts_once_however_often_it_is_pressed_and_after_a_restart() {
    story(|discord, mut bot, ann| {
        bot.types_each(ann, "one");
        let began = bot.typed(ann, "/new");
        bot.dies();
        bot.starts();
        discord.connected();
        let _presses = [0; 3].map(|_| ann.presses(began.id, "Undo"));
        let told = [0; 3].map(|_| ann.hears().text);
        let taken_back = told.iter().filter(|text| text.contains("Took back: /new.")).count();
        let nothing = told.iter().filter(|text| text.starts_with("There is nothing to undo"));
        assert_eq!((taken_back, nothing.count()), (1, 2), "{told:?}");
    });
}

/// What a page shows, and what can be pressed on it.
fn head(page: &Seen) -> String {
    let first = page.text.lines().next().unwrap_or_default();
    format!("{} {:?}", first.split_once(", ").map_or("", |(_, rest)| rest), page.labels())
}

#[test]
fn pages_are_turned_in_place_seen_by_all_or_by_one() {
    story(|discord, bot, ann| {
        let general = discord.guild("Crew", &[ann]).channel("general");
        let here = ann.at(&general);
        for number in 1..=45 {
            let (there, text) = (ann, format!("message {number}"));
            bot.types(there, &text);
            bot.runs(&here, &format!("/new text:message {number}"));
            bot.runs(&here, "/undo");
        }
        let page = bot.ran(ann, "/history show");
        let turns = |label: &str, shows: &str| {
            let _pressed = ann.presses(page.id, label);
            head(&ann.sees_when(page.id, |seen| seen.text.contains(shows)))
        };
        assert_eq!(head(&page), r#"messages 26 to 45 of 45 ["Older"]"#);
        assert_eq!(
            turns("Older", "messages 6 to 25"),
            r#"messages 6 to 25 of 45 ["Older", "Newer"]"#
        );
        assert_eq!(turns("Older", "messages 1 to 5"), r#"messages 1 to 5 of 45 ["Newer"]"#);
        assert_eq!(
            turns("Newer", "messages 6 to 25"),
            r#"messages 6 to 25 of 45 ["Older", "Newer"]"#
        );
        assert_eq!(ann.unheard(), []);
        // In the guild the page is hers alone, and so is the next.
        let list = bot.ran(&here, "/session list");
        assert!(list.is_ephemeral && list.button("Older").is_some(), "{list:?}");
        let _pressed = here.presses(list.id, "Older");
        let older = here.sees_when(list.id, |seen| seen.embeds != list.embeds);
        assert!(older.is_ephemeral, "{older:?}");
    });
}

#[test]
fn lists_and_searches_are_turned_in_place_to_their_end() {
    story(|_, bot, ann| {
        for number in 1..=12 {
            bot.types_each(
                ann,
                &format!("talk {number}\n/checkpoint save \"point {number}\"\n/new"),
            );
        }
        for line in ["/session list", "/checkpoint list", "/history search words:talk"] {
            let mut page = bot.ran(ann, line);
            let mut pages = 1;
            while page.button("Older").is_some() {
                let before = page.clone();
                let _pressed = ann.presses(page.id, "Older");
                page = ann.sees_when(page.id, |seen| {
                    (&seen.text, &seen.embeds) != (&before.text, &before.embeds)
                });
                pages += 1;
            }
            assert_eq!((pages, ann.unheard()), (2, vec![]), "{line}");
        }
    });
}

#[test]
fn forged_and_foreign_buttons_change_nothing() {
    story(|discord, bot, ann| {
        let ben = discord.person("Ben");
        bot.types_each(ann, "one");
        bot.types_each(&ben, "his own");
        let began = bot.typed(ann, "/new");
        let his = bot.typed(&ben, "/new");
        let data = began.button("Undo").expect("it is offered").data.clone();
        let flipped: String = data.chars().rev().collect();
        for forged in ["AAAA", "🦀", &flipped, &his.button("Undo").expect("it is offered").data] {
            let _pressed = ann.presses_data(began.id, forged);
            let told = ann.hears().text;
            assert!(told.starts_with("This button is not yours"), "{told}");
        }
        let history = bot.typed(ann, "/history");
        assert!(history.text.ends_with("is empty."), "{history:?}");
        assert!(bot.touches(ann, &began, "Undo").starts_with("Took back: /new."));
    });
}

#[test]
fn in_a_guild_a_button_is_for_whom_it_was_offered() {
    story(|discord, bot, ann| {
        let ben = discord.person("Ben");
        let general = discord.guild("Crew", &[&ben, ann]).channel("general");
        let (hers, his) = (ann.at(&general), ben.at(&general));
        bot.runs(&hers, "/new text:one");
        let began = bot.ran(&hers, "/new");
        let data = began.button("Undo").expect("it is offered").data.clone();
        // Ephemeral, he does not see it; whoever could tell him what it carries gains nothing.
        let told = his.presses_data(began.id, &data).followed_up(1);
        assert!(told[0].text.starts_with("This button is not yours"), "{told:?}");
        assert!(bot.touches(&hers, &began, "Undo").contains("Took back: /new."));
    });
}
