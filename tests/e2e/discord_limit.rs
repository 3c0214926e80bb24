//! What Discord asks of a bot that writes: it waits when it is told to, and no longer; it says nothing twice, calls nobody,
//! and does not ask again and again for what it may not.

use std::time::{Duration, Instant};

use e2e::discord::{Fault, Limits, Permission, Person, Place, Request, Seat, World};
use e2e::{Daemon, FakeDiscord};

const CREATE: &str = "POST /channels/*/messages";
const NOTE: &str = "(An earlier answer may not have reached you. /history shows what was said; \
                    /session shows where you are.)\n\n";

/// Ann, who owns the guild, and Ben, with the bot.
struct Crew {
    discord: FakeDiscord,
    ann: Person,
    ben: Person,
    general: Place,
    bot: Daemon,
}

impl Crew {
    fn new() -> Self {
        Self::at(FakeDiscord::start())
    }

    fn at(discord: FakeDiscord) -> Self {
        let [ann, ben] = ["Ann", "Ben"].map(|name| discord.person(name));
        let general = discord.guild("Crew", &[&ann, &ben]).channel("general");
        let bot = Daemon::beside(&discord).start();
        discord.connected();
        Self { discord, ann, ben, general, bot }
    }

    /// All that the bot said there, in order.
    fn said(&self, seat: &Seat) -> Vec<String> {
        let said = self.discord.look(|world| world.said_by_bot(seat.place()));
        said.into_iter().map(|seen| seen.text).collect()
    }

    /// Messages that were made there, or tried to be: how each ended, once all have. A message is seen a moment before.
    fn creates(&self, place: &Place) -> Vec<Option<u16>> {
        self.discord.wait_for(|world| {
            let creates = creates(world, place);
            creates.iter().all(Option::is_some).then_some(creates)
        })
    }

    /// The same, and hears the answer.
    fn asks(&self, person: &Person, words: &str) {
        person.at(&self.general).lets_pass();
        let _answer = self.tells(person, words).hears();
    }

    /// Waits until making a message was refused as too much.
    fn waits(&self) {
        self.discord.wait_for(|world| {
            world.requests_of(CREATE).find(|it| it.status == Some(429)).map(drop)
        });
    }

    /// Says something to the bot in the channel.
    fn tells(&self, person: &Person, words: &str) -> Seat {
        let seat = person.at(&self.general);
        seat.says(&format!("{} {words}", self.discord.bot_mention()));
        seat
    }
}

/// Messages that were made somewhere, or tried to be: how each ended.
fn creates(world: &World, place: &Place) -> Vec<Option<u16>> {
    let path = format!("/channels/{}/messages", place.id());
    let made = world.requests_of(CREATE).filter(|it| it.path == path);
    made.map(|it| it.status).collect()
}

fn kept(number: usize) -> String {
    format!("Kept as message {number}. No assistant is configured, so nobody answers.")
}

#[test]
fn a_channel_that_is_written_to_too_fast_waits_alone_and_asks_once() {
    let crew = Crew::new();
    crew.discord.breaks(Fault::too_many(6.0).of(CREATE).at(crew.ann.place()));
    let since = Instant::now();
    crew.ann.says("one");
    crew.waits();
    assert_eq!(crew.bot.typed(&crew.ben, "meanwhile").text, kept(1));
    crew.asks(&crew.ann, "meanwhile");
    assert_eq!(crew.ann.unheard(), []);
    assert_eq!(crew.ann.hears().text, kept(1));
    assert!(since.elapsed() >= Duration::from_secs(6), "{:?}", since.elapsed());
    assert_eq!(crew.creates(crew.ann.place()), [Some(429), Some(200)]);
}

#[test]
fn nothing_at_all_is_sent_while_everything_has_to_wait_but_what_is_free() {
    let crew = Crew::new();
    crew.discord.breaks(Fault::too_many_globally(6.0).of(CREATE));
    crew.ann.says("one");
    crew.waits();
    let (since, before) = (Instant::now(), crew.discord.look(|world| world.requests().len()));
    crew.ben.says("two");
    let channel = crew.tells(&crew.ann, "three");
    let free = crew.ben.at(&crew.general).runs("/whoami");
    free.acknowledged();
    assert!(since.elapsed() < Duration::from_millis(5_900), "{:?}", since.elapsed());
    let is_free =
        |it: &Request| it.path.starts_with("/interactions") || it.path.starts_with("/webhooks");
    let sent = |from: usize| {
        let sent = crew.discord.look(|world| world.requests().to_vec());
        sent.into_iter().skip(from).filter(|it| !is_free(it)).collect::<Vec<_>>()
    };
    assert!(sent(before).is_empty(), "{:?}", sent(before));
    for seat in [&channel, &crew.ann, &crew.ben] {
        assert_eq!(seat.hears().text, kept(1));
    }
    // By the platform's word, less what it took to hear of it.
    assert!(since.elapsed() >= Duration::from_millis(5_900), "{:?}", since.elapsed());
    assert_eq!(sent(before).len(), 3, "{:?}", sent(before));
}

#[test]
fn a_flood_is_answered_in_order_and_never_too_fast_however_strict_the_limits() {
    for is_paced in [true, false] {
        let discord = FakeDiscord::start();
        discord.limits(Limits::default());
        let people = ["Ann", "Ben", "Cy"].map(|name| discord.person(name));
        let _bot = Daemon::beside(&discord).set("discord.pacing", is_paced).start();
        discord.connected();
        for number in 1..=8 {
            for person in &people {
                person.says(&format!("message {number}"));
            }
        }
        for person in &people {
            let answers = [(); 8].map(|()| person.hears().text);
            assert_eq!(answers.to_vec(), (1..=8).map(kept).collect::<Vec<_>>());
        }
        assert_eq!(discord.look(|world| world.invalid_requests()), 0);
        assert_eq!(discord.look(|world| world.requests_of(CREATE).count()), 24);
    }
}

#[test]
fn headers_that_cannot_be_read_repeat_nothing() {
    let crew = Crew::new();
    crew.discord.breaks(Fault::odd_headers().always());
    for number in 1..=5 {
        assert_eq!(crew.bot.typed(&crew.ann, "words").text, kept(number));
    }
    crew.asks(&crew.ben, "words");
    let ran = crew.bot.ran(&crew.ben.at(&crew.general), "/history show");
    assert!(ran.text.contains("words"), "{ran:?}");
    assert_eq!(crew.creates(crew.ann.place()), [Some(200); 5]);
    assert_eq!(crew.said(&crew.ann).len(), 5);
    let of = |like| crew.discord.look(|world| world.requests_of(like).count());
    assert_eq!(of("POST /interactions/*/*/callback"), 1);
    assert_eq!(of("PATCH /webhooks/*/*/messages/@original"), 1);
}

#[test]
fn what_fails_is_sent_again_and_is_there_once() {
    for (fault, tries) in [
        (Fault::page(500), 2),
        (Fault::page(502).times(2), 3),
        (Fault::page(500).after_effect(), 2),
        (Fault::cut_before(), 2),
        (Fault::cut_after(), 2),
        (Fault::malformed(), 2),
        (Fault::malformed().after_effect(), 2),
    ] {
        let crew = Crew::new();
        crew.discord.breaks(fault.clone().of(CREATE).at(crew.ann.place()));
        crew.ann.says("one");
        let heard = crew.ann.hears();
        assert_eq!(heard.text, kept(1));
        let place = crew.ann.place();
        crew.discord.wait_for(|world| (creates(world, place).len() >= tries).then_some(()));
        assert_eq!(crew.bot.typed(&crew.ann, "two").text, kept(2), "{fault:?}");
        assert_eq!(crew.said(&crew.ann), [kept(1), kept(2)]);
        // What was cut never ends.
        assert_eq!(crew.discord.look(|world| creates(world, place).len()), tries + 1);
    }
}

#[test]
fn a_piece_that_has_no_nonce_is_not_sent_again_but_told_of() {
    let crew = Crew::new();
    for number in 1..=4 {
        crew.bot.typed(&crew.ann, &format!("{number} {}", "words ".repeat(200)));
    }
    crew.discord.breaks(Fault::cut_after().of("POST /webhooks/*/*"));
    let asked = crew.ann.runs("/history show");
    let _first = asked.answered();
    crew.bot.logs("an answer may not have arrived");
    let next = crew.bot.ran(&crew.ann.at(&crew.general), "/whoami");
    assert!(!next.text.starts_with(NOTE), "{next:?}");
    crew.ann.lets_pass();
    let told = crew.ann.runs("/whoami").answered();
    assert!(told.text.starts_with(NOTE), "{told:?}");
    let said = crew.said(&crew.ann);
    let twice = said.iter().filter(|text| said.iter().filter(|other| other == text).count() > 1);
    assert_eq!(twice.collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Every way of saying something, with words that would call somebody.
#[test]
fn every_message_that_is_made_has_a_nonce_and_none_calls_anybody() {
    let mut crew = Crew::new();
    let calls = format!("@everyone @here {} <@&{}>", crew.ben.mention(), crew.general.id());
    let channel = crew.ann.at(&crew.general);
    crew.bot.typed(&crew.ann, &calls);
    crew.asks(&crew.ann, &calls);
    crew.bot.typed(&crew.ann, &format!("/checkpoint save \"{calls}\""));
    for number in 1..=3 {
        crew.bot.typed(&crew.ann, &format!("{number} {}", format!("{calls} ").repeat(25)));
    }
    for line in ["/history show", "/history export format:text"] {
        let direct = crew.ann.runs(line).answered();
        assert!(!direct.is_ephemeral && direct.calls.is_empty(), "{direct:?}");
        let private = channel.runs(line).answered();
        assert!(private.is_ephemeral && private.calls.is_empty(), "{private:?}");
    }
    crew.ann.lets_pass();
    crew.ann.says("/history");
    let shown = crew.ann.hears();
    assert!(shown.text.contains("Session"), "{shown:?}");
    crew.bot.ran(&channel, "/session scope scope:group");
    crew.asks(&crew.ben, &calls);
    let shared = crew.bot.ran(&channel, "/history show");
    assert!(shared.text.contains("everyone") && shared.calls.is_empty(), "{shared:?}");
    let cleared = crew.bot.ran(&channel, "/history clear");
    drop(channel.presses(cleared.id, "Undo").followups());
    crew.asks(&crew.ben, &format!("/history search \"{calls}\""));
    crew.bot.stops();
    crew.discord.look(|world| {
        let mut nonces = Vec::new();
        for made in world.requests_of(CREATE) {
            let nonce = made.body["nonce"].as_str().expect("each message has a nonce");
            assert!(made.body["enforce_nonce"] == true && nonce.len() <= 25, "{made:?}");
            nonces.push(nonce);
        }
        let count = nonces.len();
        nonces.sort_unstable();
        nonces.dedup();
        assert_eq!(nonces.len(), count, "no two are the same message");
        let written = world.requests().iter().flat_map(|it| [&it.body, &it.body["data"]]);
        let written: Vec<_> = written.filter(|body| body.get("content").is_some()).collect();
        assert!(written.len() > 15, "{}", written.len());
        for body in written {
            assert_eq!(body["allowed_mentions"], serde_json::json!({"parse": []}), "{body}");
        }
        for place in [&crew.general, crew.ann.place(), crew.ben.place()] {
            assert!(world.said_by_bot(place).iter().all(|seen| seen.calls.is_empty()));
        }
    });
}

#[test]
fn a_right_that_was_taken_away_does_not_cause_one_refusal_after_the_other() {
    let crew = Crew::new();
    crew.asks(&crew.ann, "before");
    crew.general.denies_bot(Permission::SEND_MESSAGES);
    for _ in 0..60 {
        crew.tells(&crew.ann, "words");
    }
    // What all may hear is told by the token; what is said elsewhere is answered as ever.
    crew.bot.typed(&crew.ben, "elsewhere");
    let history = crew.bot.ran(&crew.ann.at(&crew.general), "/history export format:text");
    let history = history.documents.first().expect("an export is a file").text();
    assert_eq!(history.matches(": words").count(), 60);
    let refused = crew.discord.look(|world| world.invalid_requests());
    assert!((1..=10).contains(&refused), "{refused}");
}

#[test]
fn a_channel_that_is_hidden_from_the_bot_is_not_asked_about_again_and_again() {
    let mut crew = Crew::new();
    crew.asks(&crew.ann, "before");
    crew.general.denies_bot(Permission::VIEW_CHANNEL);
    for _ in 0..3 {
        crew.bot.stops();
        crew.tells(&crew.ann, "words");
        crew.bot.starts();
        crew.discord.connected();
        crew.bot.typed(&crew.ben, "elsewhere");
    }
    let refused = crew.discord.look(|world| world.invalid_requests());
    assert!((1..=2).contains(&refused), "{refused}");
}
