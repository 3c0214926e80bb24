//! What is said about a private conversation is never visible to a group: at a server that knows no ephemeral messages, to
//! answers that come late, after a crash, through whatever goes wrong between.
//!
//! Ann has one conversation everywhere. Its words are said in her direct chat alone; in the group she asks for them with
//! every command that answers about it, openly and unseen. Each story then looks at all that Ben and Cy ever saw.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::{Daemon, FakeTelegram, Fault, Gate, Person, Place, Seat};

/// Words of Ann's: of messages, of names.
const SECRETS: [&str; 5] = ["zebra-7731", "yak-4410", "okapi-5502", "ibex-9921", "gnu-6604"];
/// All that a group may be told in place of an answer; what comes before it is her name.
const NOTES: [&str; 3] = [
    "I answered you in our direct chat.",
    "Open https://t.me/sessions_test_bot and press Start, then ask again.",
    "…",
];
/// Her last words in the group, which everybody hears answered.
const END: &str = "that is all";
const LATE: [Duration; 2] = [Duration::from_secs(20), Duration::from_secs(20 * 60)];

struct Team {
    telegram: FakeTelegram,
    ann: Person,
    ben: Person,
    cy: Person,
    team: Place,
    bot: Daemon,
    is_modern: bool,
    /// What was typed in the group for all to see.
    open: Vec<String>,
}

impl Team {
    fn new(is_modern: bool) -> Self {
        let telegram = if is_modern { FakeTelegram::start() } else { FakeTelegram::older() };
        let [ann, ben, cy] = ["Ann", "Ben", "Cy"].map(|name| telegram.person(name));
        let team = telegram.supergroup("Team", &[&ben, &cy, &ann]);
        let bot = Daemon::beside(&telegram)
            .set("sessions.scope", "per-peer")
            .set("access.peer_in_groups", true)
            .owned_by(&[&ann])
            .start();
        bot.talk(
            &ann,
            "words about the zebra-7731 harmless
             /checkpoint save \"yak-4410\" \"okapi-5502\"
             /session rename \"ibex-9921\"
             more words of the gnu-6604 harmless
             /checkpoint list
             /session list",
        );
        Self { telegram, ann, ben, cy, team, bot, is_modern, open: Vec::new() }
    }

    fn here(&self) -> Seat {
        self.ann.at(&self.team)
    }

    /// Ann asks for her words in the group in every way there is.
    fn asks_everything(&mut self) {
        let lines = [
            "/history",
            "/history 50",
            "/history search harmless",
            "/history export",
            "/history export json",
            "/session",
            "/session list",
            "/session list all",
            "/session resume s-1",
            "/session scope peer",
            "/checkpoint list",
            "/checkpoint restore c-1",
            "/undo",
            "/redo",
            "/context",
            "/whoami",
            "/pin",
            "/new",
            "/undo",
            "/history clear",
            "/undo",
            "/checkpoint delete c-1",
            "/undo",
            "/help",
        ];
        self.asks_unseen(&lines);
        // Unseen, even the arguments are hers alone, and errors quote them.
        if self.is_modern {
            self.asks_unseen(&[
                "/history search gnu-6604",
                "/session resume zebra-7731",
                "/checkpoint restore yak-4411",
                "/session rename \"ibex-9921",
                "/teleport okapi-5502",
                "/checkpoint save \"gnu-6604\"",
            ]);
        }
        for line in ["/history", "/session list", "/history export", "/checkpoint list"] {
            self.says_openly(line);
        }
    }

    /// She asks with ephemeral commands, which an older server shows to all.
    fn asks_unseen(&mut self, lines: &[&str]) {
        for line in lines {
            let line = self.bot.home().meant(line);
            self.here().says_ephemerally(&line);
            if !self.is_modern {
                self.open.push(line);
            }
        }
    }

    fn says_openly(&mut self, line: &str) {
        self.here().says(line);
        self.open.push(line.to_owned());
    }

    /// Waits until all that she asked is answered.
    fn ends(&mut self) {
        self.telegram.heals();
        let end = format!("@{} {END}", self.telegram.bot_name());
        self.says_openly(&end);
        let ben = self.ben.at(&self.team);
        while !is_open_answer(&ben.hears().text) {}
    }

    /// Waits until all that she asked is answered, and looks at what the others ever saw.
    fn assert_all_hers(&mut self) {
        self.ends();
        self.assert_unseen();
        // And that it was there to be seen at all.
        let hers = [self.ann.ever_saw(), self.here().ever_saw()].concat().join("\n");
        assert!(SECRETS.iter().all(|secret| hers.contains(secret)), "{hers}");
    }

    fn assert_unseen(&self) {
        for other in [&self.ben, &self.cy] {
            for seen in other.at(&self.team).ever_saw() {
                let is_note = NOTES.iter().any(|note| seen.ends_with(note));
                let is_known = is_note || is_open_answer(&seen) || self.open.contains(&seen);
                assert!(is_known, "the group saw: {seen}");
                let told = SECRETS.iter().find(|secret| seen.contains(**secret));
                assert_eq!(told, None, "the group saw: {seen}");
            }
            assert_eq!(other.ever_saw(), [""; 0], "nobody else is written to");
        }
    }
}

/// The answer to what was said openly; it may be labelled.
fn is_open_answer(text: &str) -> bool {
    text.contains("Kept as message ") && SECRETS.iter().all(|secret| !text.contains(secret))
}

/// Tells a story at a server of today and at one that ignores what it does not know.
fn at_both(tell: impl Fn(&mut Team)) {
    for is_modern in [true, false] {
        let mut team = Team::new(is_modern);
        tell(&mut team);
        team.assert_all_hers();
    }
}

#[test]
fn what_is_asked_in_a_group_is_answered_to_who_asked_alone() {
    at_both(Team::asks_everything);
}

#[test]
fn answers_that_come_late_are_for_nobody_else() {
    for late in LATE {
        at_both(|team| {
            let gate = Gate::new();
            team.telegram.breaks(Fault::request_held(&gate).of("sendMessage").at(&team.team));
            team.asks_everything();
            team.telegram.wait_for(|world| (world.held() > 0).then_some(()));
            team.telegram.advance(late);
            gate.open();
        });
    }
}

#[test]
fn answers_filled_in_late_are_for_nobody_else() {
    for late in LATE {
        let mut team = Team::new(true);
        let gate = Gate::new();
        team.telegram.breaks(Fault::request_held(&gate).of("editEphemeralMessageText"));
        team.asks_everything();
        team.telegram.wait_for(|world| (world.held() > 0).then_some(()));
        team.telegram.advance(late);
        gate.open();
        team.assert_all_hers();
    }
}

#[test]
fn what_was_asked_long_before_is_for_nobody_else() {
    for late in LATE {
        at_both(|team| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
            team.telegram.set_time((now - late).as_secs());
            team.asks_everything();
        });
    }
}

#[test]
fn after_a_crash_amid_an_answer_the_group_knows_nothing() {
    let kinds = [
        ("sendMessage", true),
        ("sendMessage", false),
        ("editEphemeralMessageText", true),
        ("editEphemeralMessageText", false),
    ];
    for (method, happens) in kinds {
        for is_modern in [true, false] {
            if !is_modern && method == "editEphemeralMessageText" {
                continue;
            }
            let mut team = Team::new(is_modern);
            let gate = Gate::new();
            let held = if happens { Fault::answer_held(&gate) } else { Fault::request_held(&gate) };
            team.telegram.breaks(held.of(method).at(&team.team));
            team.asks_everything();
            team.telegram.wait_for(|world| (world.held() > 0).then_some(()));
            team.bot.dies();
            team.assert_unseen();
            team.telegram.heals();
            gate.open();
            team.telegram.advance(LATE[1]);
            team.bot.starts();
            // Whether the first answer came is not known; the second one says so. All others came.
            team.assert_all_hers();
        }
    }
}

#[test]
fn answers_that_waited_over_a_restart_are_for_nobody_else() {
    at_both(|team| {
        team.telegram.breaks(Fault::too_many(3_600).of("sendMessage").at(&team.team).always());
        team.telegram
            .breaks(Fault::too_many(3_600).of("sendMessage").at(team.ann.place()).always());
        team.asks_everything();
        team.telegram.wait_for(|world| {
            world.requests_of("sendMessage").any(|sent| sent.status == Some(429)).then_some(())
        });
        team.telegram.drained();
        team.bot.dies();
        team.telegram.heals();
        team.telegram.advance(LATE[1]);
        team.bot.starts();
    });
}

#[test]
fn whatever_goes_wrong_with_an_answer_it_is_for_nobody_else() {
    let faults: [fn() -> Fault; 9] = [
        || Fault::page(502),
        || Fault::too_many(1),
        Fault::cut_before,
        Fault::cut_after,
        Fault::malformed,
        || Fault::malformed().after_effect(),
        || Fault::refused(400, "Bad Request: can't parse entities: Unsupported start tag"),
        || Fault::refused(400, "Bad Request: message to edit not found"),
        Fault::unknown_method,
    ];
    at_both(|team| {
        for fault in faults {
            // Some befall the placeholder, some what fills it in, some the direct chat.
            for method in ["sendMessage", "editEphemeralMessageText"] {
                team.telegram.breaks(fault().of(method).at(&team.team));
            }
            team.asks_unseen(&["/history", "/session list"]);
            team.telegram.breaks(fault().of("sendMessage").at(team.ann.place()));
            team.says_openly("/history");
            team.says_openly("/checkpoint list");
            // A file goes another way than what is broken, after all that.
            team.says_openly("/history export");
            while team.ann.hears().document.is_none() {}
        }
        team.telegram.heals();
        team.asks_unseen(&["/history", "/session list", "/checkpoint list"]);
    });
}

#[test]
fn a_server_that_does_not_say_who_sees_a_message_is_not_believed() {
    for field in ["receiver_user", "ephemeral_message_id"] {
        let mut team = Team::new(true);
        team.telegram.leaves_out(field);
        team.asks_everything();
        team.assert_all_hers();
    }
}

#[test]
fn whoever_cannot_be_written_to_is_told_how_and_nothing_else() {
    for is_modern in [true, false] {
        let mut team = Team::new(is_modern);
        team.ann.blocks();
        for line in ["/history", "/history export", "/session list", "/checkpoint list"] {
            team.says_openly(line);
        }
        team.asks_everything();
        team.assert_all_hers();
    }
}

#[test]
fn buttons_and_their_pages_are_hers_alone() {
    let mut team = Team::new(true);
    for number in 0..30 {
        team.bot.talk(&team.ann, &format!("{} {number}", SECRETS[number % SECRETS.len()]));
    }
    let here = team.here();
    here.says_ephemerally("/history");
    let page = team.bot.heard(&here);
    let label = page.labels()[0].to_owned();
    let data = page.button(&label).expect("it is there").data.clone();
    // Ben cannot press what he does not see; but he may send what a press would send.
    let note = team.ben.at(&team.team).says("hello all");
    team.open.push("hello all".to_owned());
    for other in [&team.ben, &team.cy] {
        for on in [page.id, note] {
            let notice = other.at(&team.team).presses_data(on, &data).answered();
            assert!(notice.text.is_none_or(|text| SECRETS.iter().all(|it| !text.contains(it))));
        }
    }
    let _pressed = here.presses(page.id, &label).answered();
    here.sees_when(page.id, |seen| seen.is_edited && seen.text != page.text);
    // The same with a crash between the press and its page, and long after.
    let gate = Gate::new();
    team.telegram.breaks(Fault::request_held(&gate).of("editEphemeralMessageText"));
    let older = here.sees_when(page.id, |seen| !seen.buttons.is_empty());
    let _press = here.presses(page.id, older.labels()[0]);
    team.telegram.wait_for(|world| (world.held() > 0).then_some(()));
    team.bot.dies();
    team.telegram.heals();
    gate.open();
    team.telegram.advance(LATE[1]);
    team.bot.starts();
    team.assert_no_word_for_others();
}

impl Team {
    /// Waits for the answer to a last word, and looks for secrets alone: others have answers of their own here.
    fn assert_no_word_for_others(&mut self) {
        self.ends();
        for other in [&self.ben, &self.cy] {
            let seen = [other.at(&self.team).ever_saw(), other.ever_saw()].concat().join("\n");
            assert!(SECRETS.iter().all(|secret| !seen.contains(secret)), "{seen}");
            assert!(!seen.contains("messages 1 to"), "{seen}");
        }
    }
}
