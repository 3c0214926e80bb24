//! Killed at any instant, under load, on Discord: each message takes effect once and in its order, those of the gaps too;
//! each interaction takes effect once if it was acknowledged, and else not at all; no answer comes twice, and one that may
//! be missing is told of.
//!
//! People say numbered messages and save checkpoints with numbered names, in direct channels and in one channel of a guild
//! whose conversation they share. The daemon is killed and started again and again while they do, the gateway is cut,
//! closed and forgotten, requests fail.
//!
//! ```text
//! KILLS=300 KILL_SEED=7 cargo test -p e2e --test discord_kill -- --nocapture
//! ```

use std::thread;
use std::time::{Duration, Instant};

use e2e::discord::{Acknowledged, Fault, Interaction, Person, Seat};
use e2e::{Chance, Daemon, FakeDiscord};

/// Kills, where `KILLS` does not say.
const KILLS: usize = 40;
/// Who say numbered messages, and who save checkpoints.
const TALKERS: usize = 4;
const SAVERS: usize = 3;
const NOTE: &str = "(An earlier answer may not have reached you. /history shows what was said; \
                    /session shows where you are.)\n\n";
const NOTHING_DONE: &str = "nothing was done";

/// A place with what was said and asked there.
struct Spot {
    /// Who speaks.
    seats: Vec<Seat>,
    lines: Vec<String>,
    asked: Vec<(Interaction, String)>,
    /// What calls the bot there.
    call: String,
}

/// What came of all.
#[derive(Default, Debug)]
struct Tally {
    messages: usize,
    acknowledged: usize,
    unheard: usize,
    missing: usize,
    labels: usize,
}

impl Spot {
    fn direct(person: &Person) -> Self {
        let seats = vec![person.at(person.place())];
        Self { seats, lines: Vec::new(), asked: Vec::new(), call: String::new() }
    }

    fn first(&self) -> &Seat {
        self.seats.first().expect("somebody speaks there")
    }

    fn says(&mut self, chance: &mut Chance) {
        let line = format!("w-{}", self.lines.len() + 1);
        chance.pick(&self.seats).says(&format!("{}{line}", self.call));
        self.lines.push(line);
    }

    fn saves(&mut self, chance: &mut Chance) {
        let name = format!("p-{}", self.asked.len() + 1);
        let asked = chance.pick(&self.seats).runs(&format!("/checkpoint save name:{name}"));
        self.asked.push((asked, name));
    }

    /// The texts of the bot there, in order.
    fn said(&self, discord: &FakeDiscord) -> Vec<String> {
        let said = discord.look(|world| world.said_by_bot(self.first().place()));
        said.into_iter().filter(|seen| !seen.is_thinking).map(|seen| seen.text).collect()
    }

    /// What is kept there. It is told after all answers before.
    fn kept(&self, bot: &Daemon) -> Vec<String> {
        let mut heard = loop {
            let heard = bot.ran_amid(self.first(), "/history export format:text");
            // A gap is filled first, which may take longer than an interaction waits.
            if !heard.text.contains(NOTHING_DONE) {
                break heard;
            }
        };
        // What was asked for earlier may be answered only now.
        while heard.documents.is_empty() {
            heard = self.first().hears();
        }
        let export = heard.documents.first().expect("an export is a file").text().to_owned();
        let said = export.lines().filter_map(|line| line.split_once("] user"));
        said.filter_map(|(_, said)| Some(said.split_once(": ")?.1.to_owned())).collect()
    }

    /// Each message was kept once and in its order, and answered once, or that is told of.
    fn assert_messages(&self, said: &[String], kept: &[String], tally: &mut Tally) {
        assert_eq!(kept, self.lines);
        let (mut at, mut is_labelled) = (self.lines.len(), false);
        for text in said.iter().rev() {
            let plain = text.strip_prefix(NOTE).unwrap_or(text);
            if let Some(number) = kept_as(plain) {
                assert!(number <= at, "message {number} was answered twice, or late: {said:#?}");
                let missing = at - number;
                assert!(
                    missing == 0 || is_labelled,
                    "{missing} are missing before {at}: {said:#?}"
                );
                tally.missing += missing;
                at = number - 1;
            }
            if text.starts_with(NOTE) {
                tally.labels += 1;
                is_labelled = true;
            }
        }
        assert!(at == 0 || is_labelled, "the first {at} are missing: {said:#?}");
        tally.missing += at;
        tally.messages += self.lines.len();
    }

    /// Each interaction took effect once if it was acknowledged, and was answered once, or that is told of.
    fn assert_interactions(&self, said: &[String], bot: &Daemon, tally: &mut Tally) {
        let is_labelled = said.iter().any(|text| text.starts_with(NOTE));
        for (asked, name) in &self.asked {
            let is_accepted = match asked.acknowledged_so_far() {
                Some(Acknowledged::Message) => false,
                Some(how) => {
                    assert_eq!(how, Acknowledged::Deferred);
                    true
                }
                None => false,
            };
            let answers = said.iter().filter(|text| text.contains(&format!("“{name}”"))).count();
            assert!(answers <= usize::from(is_accepted), "{name}, {answers} answers: {said:#?}");
            assert!(asked.followups().len() <= usize::from(is_accepted), "{name}");
            if is_accepted && answers == 0 {
                assert!(is_labelled, "{name} has no answer: {said:#?}");
                tally.missing += 1;
            }
            let deletes = || {
                bot.ran_amid(self.first(), &format!("/checkpoint delete checkpoint:{name}")).text
            };
            let (first, second) = (deletes(), deletes());
            let was_there = first.contains("Deleted checkpoint");
            assert_eq!(was_there, is_accepted, "{name}: {first}, {said:#?}");
            assert!(second.contains("There is no checkpoint"), "{name} twice: {second}");
            tally.acknowledged += usize::from(is_accepted);
            tally.unheard += usize::from(!is_accepted);
        }
    }
}

/// Which message an answer is to.
fn kept_as(text: &str) -> Option<usize> {
    let (number, _) = text.strip_prefix("Kept as message ")?.split_once('.')?;
    number.parse().ok()
}

/// Something that may go wrong with a request.
fn breaks(discord: &FakeDiscord, chance: &mut Chance) {
    let (create, answer) = ("POST /channels/*/messages", "PATCH /webhooks/*/*/messages/@original");
    let (callback, page) = ("POST /interactions/*/*/callback", "GET /channels/*/messages");
    let faults = [
        Fault::cut_after().of(create),
        Fault::cut_before().of(create),
        Fault::malformed().of(create),
        Fault::too_many(0.1).of(create),
        Fault::page(502).of(create),
        Fault::odd_headers().of(create),
        Fault::cut_after().of(answer),
        Fault::page(500).of(answer),
        Fault::cut_after().of(callback),
        Fault::cut_before().of(callback),
        Fault::page(500).of(callback),
        Fault::page(502).of(page),
        Fault::malformed().of(page),
        Fault::too_many(0.1).of(page),
        Fault::page(503).of("GET /gateway"),
    ];
    discord.breaks(chance.pick(&faults).clone());
}

/// Something that befalls the connection.
fn drops(discord: &FakeDiscord, chance: &mut Chance) {
    match chance.below(6) {
        0 => discord.cuts_gateway(),
        1 => discord.closes_gateway(4_000),
        2 => discord.asks_to_reconnect(),
        3 => discord.invalidates_session(true),
        4 => discord.invalidates_session(false),
        _ => {
            discord.cuts_gateway();
            discord.forgets_sessions();
        }
    }
}

/// Kills it at an instant that chance draws: after so many requests, or after so long, which may be before it is ready.
fn kills(discord: &FakeDiscord, bot: &mut Daemon, chance: &mut Chance) {
    let requests = || discord.look(|world| world.requests().len());
    let (since, before) = (Instant::now(), requests());
    let longest = Duration::from_micros(chance.draw() % 400_000);
    let most = if chance.is_so(60) { chance.below(25) } else { usize::MAX };
    let is_time = || requests() - before > most || since.elapsed() > longest;
    while !is_time() {
        thread::park_timeout(Duration::from_micros(100));
    }
    bot.dies();
}

/// Starts it; as a rule it is connected before anybody does anything.
fn starts(discord: &FakeDiscord, bot: &mut Daemon, is_awaited: bool) {
    bot.starts();
    if is_awaited {
        discord.connected();
    }
}

/// Talkers, savers, and a channel of a guild where both is done by two people; all of them known to the bot.
fn begin(discord: &FakeDiscord, bot: &Daemon, chance: &mut Chance) -> Vec<Spot> {
    let people: Vec<_> =
        (0..TALKERS + SAVERS).map(|number| discord.person(&format!("P{number}"))).collect();
    let [ann, ben] = ["Ann", "Ben"].map(|name| discord.person(name));
    let general = discord.guild("Crew", &[&ann, &ben]).channel("general");
    let shared = bot.ran(&ann.at(&general), "/session scope scope:group");
    assert!(shared.text.contains("group"), "{shared:?}");
    let mut spots: Vec<_> = people.iter().map(Spot::direct).collect();
    let seats = vec![ann.at(&general), ben.at(&general)];
    let call = format!("{} ", discord.bot_mention());
    spots.push(Spot { seats, lines: Vec::new(), asked: Vec::new(), call });
    for spot in &mut spots {
        spot.first().lets_pass();
        spot.says(chance);
        let _kept = spot.first().hears();
    }
    spots
}

#[test]
fn each_message_and_each_acknowledged_interaction_takes_effect_once() {
    let kills_left = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let mut chance = Chance::seeded_by("KILL_SEED");
    let discord = FakeDiscord::start();
    let mut bot = Daemon::beside(&discord).start();
    discord.connected();
    let mut spots = begin(&discord, &bot, &mut chance);
    for _ in 0..kills_left {
        for (number, spot) in spots.iter_mut().enumerate() {
            let (talks, saves) = (number < TALKERS, (TALKERS..TALKERS + SAVERS).contains(&number));
            let (says, asks) = (chance.below(3), chance.below(2));
            (0..if saves { 0 } else { says }).for_each(|_| spot.says(&mut chance));
            (0..if talks { 0 } else { asks }).for_each(|_| spot.saves(&mut chance));
        }
        if chance.is_so(30) {
            breaks(&discord, &mut chance);
        }
        if chance.is_so(25) {
            drops(&discord, &mut chance);
        }
        kills(&discord, &mut bot, &mut chance);
        starts(&discord, &mut bot, chance.is_so(75));
    }
    discord.heals();
    bot.dies();
    starts(&discord, &mut bot, true);
    let mut tally = Tally::default();
    for spot in &spots {
        let kept = spot.kept(&bot);
        let said = spot.said(&discord);
        spot.assert_messages(&said, &kept, &mut tally);
        spot.assert_interactions(&said, &bot, &mut tally);
    }
    println!("{kills_left} kills: {tally:?}");
}
