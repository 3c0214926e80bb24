//! What is said about a private conversation is never visible to a channel of a guild: filled in or typed, in time or late,
//! after a crash, through whatever goes wrong between.
//!
//! Ann has one conversation everywhere. Its words are said in her direct channel alone; in the guild she asks for them with
//! every command that answers about it. Each story then looks at all that Ben and Cy ever saw.

use std::time::Duration;

use e2e::discord::{Fault, Gate, Interaction, Person, Place, Seat, Seen};
use e2e::{Daemon, FakeDiscord};

/// Words of Ann's: of messages, of names.
const SECRETS: [&str; 5] = ["zebra-7731", "yak-4410", "okapi-5502", "ibex-9921", "gnu-6604"];
/// What a channel is told in place of an answer.
const NOTE: &str = "The answer is for you alone.";
const SHOW: &str = "Show me";
const NOT_YOURS: &str = "This button is not yours, or it is too old. Nothing was changed; the command itself still works.";
/// What is asked in the guild, as it is filled in.
const FILLED: [&str; 16] = [
    "/history show",
    "/history search words:harmless",
    "/history export",
    "/session show",
    "/session list",
    "/session scope",
    "/session rename title:gnu-6604",
    "/checkpoint list",
    "/checkpoint save name:okapi-5502",
    "/checkpoint restore checkpoint:yak-4410",
    "/undo",
    "/context show",
    "/whoami",
    "/new",
    "/undo",
    "/help",
];
/// The same, typed.
const TYPED: [&str; 12] = [
    "/history",
    "/history search harmless",
    "/history export",
    "/session",
    "/session list",
    "/checkpoint list",
    "/checkpoint restore c-1",
    "/undo",
    "/context",
    "/new",
    "/undo",
    "/session resume nothing",
];
const LATE: Duration = Duration::from_secs(16 * 60);

struct Team {
    discord: FakeDiscord,
    ann: Person,
    ben: Person,
    cy: Person,
    general: Place,
    bot: Daemon,
}

impl Team {
    fn new() -> Self {
        let discord = FakeDiscord::start();
        let [ann, ben, cy] = ["Ann", "Ben", "Cy"].map(|name| discord.person(name));
        let general = discord.guild("Crew", &[&ben, &cy, &ann]).channel("general");
        let bot = Daemon::beside(&discord)
            .set("sessions.scope", "per-peer")
            .set("access.peer_in_groups", true)
            .owned_by(&[&ann])
            .start();
        discord.connected();
        bot.types_each(
            &ann,
            "words about the zebra-7731 harmless
             /checkpoint save \"yak-4410\" \"okapi-5502\"
             /session rename \"ibex-9921\"
             more words of the gnu-6604 harmless",
        );
        Self { discord, ann, ben, cy, general, bot }
    }

    fn here(&self) -> Seat {
        self.ann.at(&self.general)
    }

    /// Ann types a line to the bot in the channel; answers the note.
    #[track_caller]
    fn typed(&self, line: &str) -> Seen {
        let here = self.here();
        here.lets_pass();
        here.says(&format!("{} {}", self.discord.bot_mention(), self.bot.home().meant(line)));
        // An answer to what she filled in before may come in between.
        let mut note = here.hears();
        while note.is_ephemeral {
            note = here.hears();
        }
        assert_eq!((note.text.as_str(), note.labels()), (NOTE, vec![SHOW]), "{line}");
        note
    }

    /// She presses what shows an answer.
    #[track_caller]
    fn shown(&self, note: &Seen) -> Seen {
        let pressed = self.here().presses(note.id, SHOW);
        pressed.followed_up(1).into_iter().next().expect("there is one")
    }

    /// Ben and Cy saw nothing of hers, ever.
    #[track_caller]
    fn assert_unseen(&self) {
        for other in [&self.ben, &self.cy] {
            let saw = other.at(&self.general).ever_saw().join("\n");
            for secret in SECRETS {
                assert!(!saw.contains(secret), "{other:?} saw {secret} in:\n{saw}");
            }
            // Nor does anything of a session's card, a list or a history show.
            for words in ["Session s-", "Scope", "Messages", "discord:101"] {
                assert!(!saw.contains(words), "{other:?} saw {words:?} in:\n{saw}");
            }
        }
    }
}

/// Whether somebody holds a text in what the bot answered them.
fn holds(seen: &Seen, words: &str) -> bool {
    let cards = seen.embeds.iter().flat_map(|card| {
        let fields = card.fields.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        [card.title.as_str(), card.description.as_str()].into_iter().chain(fields)
    });
    let files = seen.documents.iter().map(|file| file.text());
    [seen.text.as_str()].into_iter().chain(cards).chain(files).any(|text| text.contains(words))
}

#[test]
fn what_is_filled_in_is_answered_to_who_filled_it_in_alone() {
    let team = Team::new();
    for line in FILLED {
        let answer = team.here().runs(line).answered();
        assert!(answer.is_ephemeral, "{line}: {answer:?}");
        assert!(team.ben.at(&team.general).sees().is_empty(), "{line}");
    }
    let history = team.here().runs("/history show").answered();
    assert!(holds(&history, "zebra-7731"), "{history:?}");
    team.assert_unseen();
}

#[test]
fn what_is_typed_is_answered_with_a_note_that_shows_the_answer_to_who_typed_it() {
    let team = Team::new();
    for line in TYPED {
        let note = team.typed(line);
        let shown = team.shown(&note);
        assert!(shown.is_ephemeral, "{line}: {shown:?}");
    }
    let history = team.typed("/history");
    // As often as she likes.
    for _ in 0..2 {
        assert!(holds(&team.shown(&history), "zebra-7731"));
    }
    let export = team.typed("/history export");
    assert!(holds(&team.shown(&export), "gnu-6604"));
    team.assert_unseen();
    assert_eq!(team.ann.unheard(), [], "nothing came to the direct channel");
}

#[test]
fn nobody_else_is_shown_it() {
    let team = Team::new();
    let note = team.typed("/history");
    for other in [&team.ben, &team.cy] {
        let told = other.at(&team.general).presses(note.id, SHOW).followed_up(1);
        assert_eq!(told.iter().map(|seen| seen.text.as_str()).collect::<Vec<_>>(), [NOT_YOURS]);
        assert!(told.iter().all(|seen| seen.is_ephemeral));
    }
    team.assert_unseen();
}

#[test]
fn in_a_thread_the_note_is_in_the_thread_and_shows_it_there() {
    let team = Team::new();
    let thread = team.ben.at(&team.general).opens_thread("plans");
    let here = team.ann.at(&thread);
    here.says(&format!("{} /history", team.discord.bot_mention()));
    let note = here.hears();
    assert_eq!(note.text, NOTE);
    let shown = here.presses(note.id, SHOW).followed_up(1);
    assert!(shown.iter().all(|seen| seen.is_ephemeral && holds(seen, "zebra-7731")), "{shown:?}");
    assert!(!team.ben.at(&thread).ever_saw().join("\n").contains("zebra-7731"));
    team.assert_unseen();
}

#[test]
fn a_note_shows_its_answer_after_a_kill() {
    let mut team = Team::new();
    let note = team.typed("/history");
    team.bot.dies();
    team.bot.starts();
    team.discord.connected();
    assert!(holds(&team.shown(&note), "zebra-7731"));
    team.assert_unseen();
}

/// Ann asks, and the answer does not get through until the gate opens, by which time it is late.
fn asked_and_late(team: &Team) -> Interaction {
    let gate = Gate::new();
    team.discord.breaks(Fault::request_held(&gate).of("PATCH /webhooks/*/*/messages/@original"));
    let asked = team.here().runs("/history show");
    assert!(asked.acknowledged_so_far().is_none() || !asked.has_failed());
    let _deferred = asked.acknowledged();
    team.discord.wait_for(|world| (world.held() > 0).then_some(()));
    team.discord.advance(LATE);
    gate.open();
    asked
}

#[test]
fn a_late_answer_comes_to_the_direct_channel() {
    let team = Team::new();
    let _asked = asked_and_late(&team);
    assert!(holds(&team.ann.hears(), "zebra-7731"));
    assert_eq!(team.ben.at(&team.general).sees(), [], "who asked unseen is answered unseen");
    team.assert_unseen();
}

#[test]
fn a_late_answer_to_somebody_who_takes_no_direct_messages_waits_behind_a_button() {
    let team = Team::new();
    team.ann.closes_direct();
    let _asked = asked_and_late(&team);
    let here = team.here();
    let note = here.hears();
    assert_eq!((note.text.as_str(), note.labels()), (NOTE, vec![SHOW]));
    assert!(holds(&team.shown(&note), "zebra-7731"));
    team.assert_unseen();
}

#[test]
fn whatever_fails_the_channel_sees_nothing() {
    let original = "PATCH /webhooks/*/*/messages/@original";
    let follow_up = "POST /webhooks/*/*";
    let create = "POST /channels/*/messages";
    for fault in [
        Fault::cut_after().of(original),
        Fault::cut_before().of(original),
        Fault::page(502).of(original),
        Fault::refused(404, 10_008, "Unknown Message").of(original),
        Fault::refused(404, 10_015, "Unknown Webhook").of(original),
        Fault::refused(401, 50_027, "Invalid Webhook Token").of(original),
        Fault::too_many(0.2).of(original),
        Fault::malformed().of(original),
        Fault::page(502).of(follow_up),
        Fault::cut_after().of(create),
        Fault::page(502).of(create),
        Fault::too_many(0.2).of(create),
    ] {
        let team = Team::new();
        team.discord.breaks(fault);
        let _asked = team.here().runs("/history show");
        let _note = team.typed("/history");
        let _shown = team.typed("/session list");
        team.discord.heals();
        let last = team.typed("/history");
        assert!(holds(&team.shown(&last), "zebra-7731"));
        team.assert_unseen();
    }
}
