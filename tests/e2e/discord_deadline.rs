//! Interactions on Discord against the clock: acknowledged within three seconds whatever goes on, done if and only if they
//! were acknowledged, answered once; and what is private stays so when it comes late.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::discord::{Acknowledged, Fault, Gate, Interaction, Person, Place, Seat};
use e2e::{Daemon, FakeDiscord};
use rusqlite::Connection;

/// How long Discord waits.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long an interaction can be answered, and a little more.
const TOO_LATE: Duration = Duration::from_secs(16 * 60);
const CALLBACK: &str = "POST /interactions/*/*/callback";
const ANSWER: &str = "PATCH /webhooks/*/*/messages/@original";
const NOTHING_DONE: &str =
    "I could not take this in in time, so nothing was done. Please try it once more.";

/// Ann, who owns the guild, and Ben, with the bot. Ann has said something in each place.
struct Crew {
    discord: FakeDiscord,
    ann: Person,
    ben: Person,
    general: Place,
    bot: Daemon,
}

impl Crew {
    fn new() -> Self {
        Self::at(FakeDiscord::start(), &[])
    }

    fn at(discord: FakeDiscord, expected: &[&str]) -> Self {
        let [ann, ben] = ["Ann", "Ben"].map(|name| discord.person(name));
        let general = discord.guild("Crew", &[&ann, &ben]).channel("general");
        let bot = Daemon::beside(&discord);
        let bot = expected.iter().fold(bot, |bot, words| bot.expects(words)).start();
        discord.connected();
        let crew = Self { discord, ann, ben, general, bot };
        for seat in crew.seats() {
            let mention = crew.discord.bot_mention();
            let _kept = crew.bot.typed(&seat, &format!("{mention} words of Ann"));
        }
        crew
    }

    /// Starts the bot again, and waits until it is connected anew.
    fn starts(&mut self) {
        self.bot.starts();
        self.discord.connected();
    }

    /// Ann in her direct channel, and in the guild.
    fn seats(&self) -> [Seat; 2] {
        [self.ann.at(self.ann.place()), self.ann.at(&self.general)]
    }

    fn channel(&self) -> Seat {
        self.ann.at(&self.general)
    }

    /// Something in the guild's channel is at work until the gate opens: whether Ben may do something is asked.
    fn is_busy(&self) -> Gate {
        let gate = Gate::new();
        self.discord
            .breaks(Fault::request_held(&gate).of("GET /channels/*").at(&self.general).always());
        let mention = self.discord.bot_mention();
        self.ben.at(&self.general).says(&format!("{mention} /whoami"));
        self.holds_one();
        gate
    }

    fn holds_one(&self) {
        self.discord.wait_for(|world| (world.held() == 1).then_some(()));
    }

    /// How often Ann's conversation there was cleared: so often it can be taken back.
    fn cleared(&self, seat: &Seat) -> usize {
        let mut times = 0;
        loop {
            let answer = self.bot.ran_amid(seat, "/undo").text;
            if answer.contains("There is nothing to undo here") {
                return times;
            }
            assert!(answer.contains("Took back: /history clear"), "{answer}");
            times += 1;
        }
    }

    /// What all who can read the channel ever saw there.
    fn public(&self) -> String {
        self.ben.at(&self.general).ever_saw().join("\n")
    }
}

/// A platform where it is so much earlier, and stays so.
fn earlier(by: Duration) -> FakeDiscord {
    let discord = FakeDiscord::start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    discord.set_time((now - by).as_secs());
    discord
}

#[track_caller]
fn assert_in_time(asked: &Interaction) {
    let took = asked.took().acknowledged.expect("it is acknowledged");
    assert!(took < DEADLINE, "{took:?}");
}

/// Nobody else writes to the database as long as it lives.
fn locked(bot: &Daemon) -> Connection {
    let lock = Connection::open(bot.home().database()).expect("it can be opened");
    lock.execute_batch("BEGIN IMMEDIATE").expect("nobody writes now");
    lock
}

#[test]
fn interactions_are_acknowledged_in_time_and_answered_in_order_where_something_takes_long() {
    let crew = Crew::new();
    let seat = crew.channel();
    let gate = crew.is_busy();
    let lines = ["/checkpoint save name:one", "/history clear", "/undo", "/redo", "/undo"];
    let asked: Vec<_> = lines.iter().map(|line| seat.runs(line)).collect();
    for asked in &asked {
        assert_eq!(asked.acknowledged(), Acknowledged::Deferred);
        assert_in_time(asked);
    }
    let offered = seat.completes("/session resume id:s").offered();
    assert_eq!(offered.len(), 0, "{offered:?}");
    // Elsewhere nobody waits.
    let elsewhere = crew.ann.runs("/history clear").answered();
    assert!(elsewhere.text.contains("Cleared 1 message"), "{elsewhere:?}");
    assert!(asked.iter().all(|asked| asked.took().answered.is_none()));
    gate.open();
    let answers: Vec<_> = asked.iter().map(|asked| asked.answered()).collect();
    let told = ["Saved checkpoint", "Cleared 1 message", "Took back: /history clear"];
    for (answer, words) in answers.iter().zip(told) {
        assert!(answer.text.contains(words) && answer.is_ephemeral, "{answer:?}");
    }
    let took: Vec<_> = asked.iter().map(|asked| asked.took().answered).collect();
    assert!(took.is_sorted_by_key(|took| took.map(|took| took.as_secs())), "{took:?}");
}

#[test]
fn a_press_is_acknowledged_in_time_where_something_takes_long() {
    let crew = Crew::new();
    let seat = crew.channel();
    let cleared = crew.bot.ran(&seat, "/history clear");
    let gate = crew.is_busy();
    let pressed = seat.presses(cleared.id, "Undo");
    assert_eq!(pressed.acknowledged(), Acknowledged::DeferredUpdate);
    assert_in_time(&pressed);
    gate.open();
    let answer = pressed.followed_up(1);
    assert!(answer.iter().all(|it| it.text.contains("Took back") && it.is_ephemeral), "{answer:?}");
}

#[test]
fn what_cannot_be_stored_in_time_is_not_accepted_and_takes_no_effect() {
    let crew = Crew::new();
    let lock = locked(&crew.bot);
    let asked = crew.seats().map(|seat| seat.runs("/history clear"));
    for asked in &asked {
        assert_eq!(asked.answered().text, NOTHING_DONE);
        assert_in_time(asked);
    }
    lock.execute_batch("ROLLBACK").expect("it was begun");
    for seat in crew.seats() {
        assert_eq!(crew.cleared(&seat), 0);
    }
    assert!(!crew.public().contains(NOTHING_DONE));
}

#[test]
fn what_was_not_accepted_takes_no_effect_after_a_kill_either() {
    let mut crew = Crew::new();
    let lock = locked(&crew.bot);
    let [direct, _] = crew.seats();
    assert_eq!(direct.runs("/history clear").answered().text, NOTHING_DONE);
    crew.bot.dies();
    drop(lock);
    crew.starts();
    assert_eq!(crew.cleared(&direct), 0);
}

#[test]
fn a_store_that_fails_refuses_interactions_and_keeps_what_is_said_for_later() {
    let crew = Crew::at(FakeDiscord::start(), &["cannot be stored"]);
    let [direct, channel] = crew.seats();
    let lock = locked(&crew.bot);
    channel.runs("/history clear").acknowledged();
    direct.says("/checkpoint save kept");
    crew.bot.logs("events of Discord cannot be stored");
    let refused = channel.runs("/history clear").answered();
    assert_eq!(refused.text, NOTHING_DONE);
    lock.execute_batch("ROLLBACK").expect("it was begun");
    let saved = direct.hears();
    assert!(saved.text.starts_with("Saved checkpoint"), "{saved:?}");
    assert_eq!(crew.cleared(&channel), 0);
}

#[test]
fn a_kill_between_acknowledgement_and_answer_and_a_restart_answer_once() {
    let mut crew = Crew::new();
    let seat = crew.channel();
    let gate = crew.is_busy();
    let asked = [seat.runs("/history clear"), seat.runs("/history show")];
    let how = asked.each_ref().map(Interaction::acknowledged);
    assert_eq!(how, [Acknowledged::Deferred; 2]);
    crew.bot.dies();
    crew.discord.heals();
    gate.open();
    crew.starts();
    let [cleared, history] = asked.each_ref().map(Interaction::answered);
    assert!(cleared.text.contains("Cleared 1 message") && cleared.is_ephemeral, "{cleared:?}");
    assert!(history.text.contains("is empty") && history.is_ephemeral, "{history:?}");
    assert_eq!(crew.cleared(&seat), 1);
    assert!(asked.iter().all(|asked| asked.followups().is_empty()));
    assert!(!crew.public().contains("Cleared"), "{}", crew.public());
}

#[test]
fn what_is_private_and_comes_too_late_for_its_interaction_comes_to_the_direct_channel() {
    let mut crew = Crew::new();
    let [direct, seat] = crew.seats();
    let gate = crew.is_busy();
    let asked = seat.runs("/history show");
    asked.acknowledged();
    crew.bot.dies();
    crew.discord.advance(TOO_LATE);
    crew.discord.heals();
    gate.open();
    crew.starts();
    let answer = direct.hears();
    assert!(answer.text.contains("words of Ann"), "{answer:?}");
    let _later = crew.bot.ran(&seat, "/whoami");
    assert_eq!(direct.unheard(), []);
    let public = crew.public();
    assert_eq!(public.matches("words of Ann").count(), 1, "{public}");
    assert!(!public.contains("messages 1 to 1"), "{public}");
    assert!(asked.followups().is_empty());
}

#[test]
fn so_it_is_when_the_bots_own_clock_says_that_it_is_too_late() {
    let mut crew = Crew::at(earlier(TOO_LATE), &[]);
    let [direct, seat] = crew.seats();
    let gate = crew.is_busy();
    let asked = seat.runs("/history show");
    asked.acknowledged();
    crew.bot.dies();
    crew.discord.advance(TOO_LATE);
    crew.discord.heals();
    gate.open();
    crew.starts();
    let answer = direct.hears();
    assert!(answer.text.contains("words of Ann"), "{answer:?}");
    let public = crew.public();
    assert!(!public.contains("messages 1 to 1"), "{public}");
}

#[test]
fn what_destroys_and_comes_too_late_for_its_interaction_is_told_of_and_not_run() {
    let mut crew = Crew::at(earlier(TOO_LATE), &[]);
    let [direct, seat] = crew.seats();
    let gate = crew.is_busy();
    seat.runs("/history clear").acknowledged();
    crew.bot.dies();
    crew.discord.advance(TOO_LATE);
    crew.discord.heals();
    gate.open();
    crew.starts();
    let note = direct.hears();
    assert!(note.text.starts_with("Not run: `/history clear`."), "{note:?}");
    assert_eq!(crew.cleared(&seat), 0);
    assert!(!crew.public().contains("Not run"), "{}", crew.public());
}

#[test]
fn a_kill_before_the_acknowledgement_leaves_no_effect() {
    for at in 0..2 {
        let mut crew = Crew::new();
        let seat = crew.seats()[at].clone();
        let gate = Gate::new();
        crew.discord.breaks(Fault::request_held(&gate).of(CALLBACK));
        let asked = seat.runs("/history clear");
        crew.holds_one();
        crew.bot.dies();
        crew.starts();
        assert_eq!(crew.cleared(&seat), 0);
        assert_eq!(asked.acknowledged_so_far(), None);
    }
}

#[test]
fn a_kill_after_the_acknowledgement_that_the_bot_has_not_heard_of_takes_effect_once() {
    for at in 0..2 {
        let mut crew = Crew::new();
        let seat = crew.seats()[at].clone();
        let gate = Gate::new();
        crew.discord.breaks(Fault::answer_held(&gate).of(CALLBACK));
        let asked = seat.runs("/history clear");
        asked.acknowledged();
        crew.holds_one();
        crew.bot.dies();
        crew.starts();
        let answer = asked.answered();
        assert!(answer.text.contains("Cleared 1 message"), "{answer:?}");
        assert_eq!(crew.cleared(&seat), 1);
        assert!(asked.followups().is_empty());
    }
}

#[test]
fn an_acknowledgement_that_fails_leaves_no_effect() {
    for fault in [
        Fault::page(500),
        Fault::page(502),
        Fault::cut_before(),
        Fault::malformed(),
        Fault::too_many(1.0),
        Fault::refused(404, 10_062, "Unknown interaction"),
    ] {
        let crew = Crew::new();
        for seat in crew.seats() {
            crew.discord.breaks(fault.clone().of(CALLBACK));
            let asked = seat.runs("/history clear");
            let token = asked.token();
            crew.discord.wait_for(|world| {
                world.requests_of(CALLBACK).find(|it| it.path.contains(&token)).map(drop)
            });
            // What comes after it waits until that is settled.
            assert_eq!(crew.cleared(&seat), 0, "{fault:?}");
            assert_eq!(asked.acknowledged_so_far(), None);
        }
    }
}

#[test]
fn an_acknowledgement_whose_answer_is_lost_takes_effect_once() {
    for fault in [
        Fault::page(500).after_effect(),
        Fault::cut_after(),
        Fault::malformed().after_effect(),
        Fault::odd_headers(),
    ] {
        let crew = Crew::new();
        for seat in crew.seats() {
            crew.discord.breaks(fault.clone().of(CALLBACK));
            let answer = seat.runs("/history clear").answered();
            assert!(answer.text.contains("Cleared 1 message"), "{fault:?}: {answer:?}");
            assert_eq!(crew.cleared(&seat), 1);
        }
    }
}

#[test]
fn an_answer_that_arrived_unknown_to_a_bot_that_was_killed_then_is_not_given_twice() {
    for at in 0..2 {
        let mut crew = Crew::new();
        let seat = crew.seats()[at].clone();
        crew.discord.breaks(Fault::cut_after().of(ANSWER));
        let asked = seat.runs("/history clear");
        let first = asked.answered();
        assert!(first.text.contains("Cleared 1 message"), "{first:?}");
        // It is to be tried again; that is noted before this is answered.
        let _other = crew.bot.ran(&crew.ben.at(crew.ben.place()), "/whoami");
        crew.bot.dies();
        crew.starts();
        assert_eq!(crew.cleared(&seat), 1);
        let said = crew.discord.look(|world| world.said_by_bot(seat.place()));
        let cleared = said.iter().filter(|seen| seen.text.contains("Cleared 1 message"));
        assert_eq!(cleared.count(), 1, "{said:?}");
        assert!(asked.followups().is_empty());
    }
}

#[test]
fn what_cannot_be_kept_is_refused_with_the_reason_and_takes_no_effect() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = Daemon::beside(&discord).bounded().expects("an interaction cannot be stored").start();
    discord.connected();
    bot.types_each(&ann, "one");
    bot.bounds_files(Some(0));
    let refused = ann.runs("/history clear").answered();
    assert_eq!(
        refused.text,
        "Nothing was done, as nothing can be kept just now: the database cannot be written. Please try it again later."
    );
    bot.bounds_files(None);
    assert!(bot.ran(&ann, "/history clear").text.starts_with("Cleared 1 message"));
}
