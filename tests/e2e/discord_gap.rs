//! What was said on Discord while the bot did not listen: it takes effect once and in order, before what is said after it,
//! whatever happens meanwhile; what would destroy and comes late is told of and not done.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::discord::{Fault, Gate, Interaction, Person, Place, Seat, Seen};
use e2e::{Daemon, FakeDiscord};

/// So much of a channel is fetched, at least.
const MOST: usize = 500;
const HOUR: Duration = Duration::from_secs(3_600);

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

    /// Starts the bot again, and waits until it is connected anew.
    fn starts(&mut self) {
        self.bot.starts();
        self.discord.connected();
    }

    fn direct(&self) -> Seat {
        self.ann.at(self.ann.place())
    }

    fn channel(&self) -> Seat {
        self.ann.at(&self.general)
    }

    fn thread(&self) -> Seat {
        self.ann.at(&self.channel().opens_thread("plans"))
    }

    /// Says lines to the bot.
    fn tells(&self, seat: &Seat, lines: &[String]) {
        let is_direct = seat.place().guild_id().is_none();
        for line in lines {
            let mention = self.discord.bot_mention();
            seat.says(&if is_direct { line.clone() } else { format!("{mention} {line}") });
        }
    }

    /// The same, each heard before the next.
    fn talks(&self, seat: &Seat, lines: &[String]) {
        for line in lines {
            seat.lets_pass();
            self.tells(seat, std::slice::from_ref(line));
            let _answer = seat.hears();
        }
    }

    /// What the bot said there, in order.
    fn said(&self, seat: &Seat) -> Vec<String> {
        let said = self.discord.look(|world| world.said_by_bot(seat.place()));
        said.into_iter().filter(|seen| seen.documents.is_empty()).map(|seen| seen.text).collect()
    }

    /// Waits until the bot has said that there.
    fn hears(&self, seat: &Seat, words: &str) -> Seen {
        loop {
            let heard = seat.hears();
            if heard.text.contains(words) {
                return heard;
            }
        }
    }

    /// All that somebody said there was kept, once and in its order, and answered likewise.
    fn assert_kept(&self, seat: &Seat, lines: &[String]) {
        assert_eq!(self.kept(seat), lines);
        let answers: Vec<_> = (1..=lines.len()).map(kept).collect();
        assert_eq!(self.said(seat), answers);
    }

    /// What is kept of what somebody said there. It is told after all answers before.
    fn kept(&self, seat: &Seat) -> Vec<String> {
        let export = self.bot.ran_amid(seat, "/history export format:text");
        let export = export.documents.first().expect("an export is a file").text().to_owned();
        let said = export.lines().filter_map(|line| line.split_once("] user"));
        said.filter_map(|(_, said)| Some(said.split_once(": ")?.1.to_owned())).collect()
    }
}

fn lines(name: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{name}-{number}")).collect()
}

fn kept(number: usize) -> String {
    format!("Kept as message {number}. No assistant is configured, so nobody answers.")
}

/// A platform where it is so much earlier, and stays so.
fn earlier(by: Duration) -> FakeDiscord {
    let discord = FakeDiscord::start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    discord.set_time((now - by).as_secs());
    discord
}

/// A way for the bot to be away while something happens.
type Away = fn(&mut Crew, &dyn Fn(&Crew));

/// The daemon is stopped meanwhile.
fn restart(crew: &mut Crew, meanwhile: &dyn Fn(&Crew)) {
    crew.bot.stops();
    meanwhile(crew);
    crew.starts();
}

/// The gateway is gone meanwhile, and with it the session.
fn outage(crew: &mut Crew, meanwhile: &dyn Fn(&Crew)) {
    crew.discord.goes_offline();
    meanwhile(crew);
    crew.discord.comes_back();
    crew.discord.connected();
}

/// A gap of as many messages as are fetched at least, and something live after it, in each kind of channel. As each bot
/// waits for Discord's limits most of the time, the three do so at once.
fn gap(away: Away) {
    let kinds: [fn(&Crew) -> Seat; 3] = [Crew::direct, Crew::channel, Crew::thread];
    thread::scope(|scope| {
        for at in kinds {
            scope.spawn(move || {
                let mut crew = Crew::new();
                let seat = at(&crew);
                let (before, missed) = (lines("before", 1), lines("missed", MOST));
                let after = lines("after", 1);
                crew.talks(&seat, &before);
                away(&mut crew, &|crew| crew.tells(&seat, &missed));
                crew.tells(&seat, &after);
                // All of it is taken in once one of it is answered.
                let _first = seat.hears();
                crew.assert_kept(&seat, &[before, missed, after].concat());
            });
        }
    });
}

#[test]
fn five_hundred_messages_missed_by_a_restart() {
    gap(restart);
}

#[test]
fn five_hundred_messages_missed_by_a_lost_session() {
    gap(outage);
}

#[test]
fn more_than_that_is_left_out_and_what_is_said_now_goes_on() {
    let mut crew = Crew::new();
    let seat = crew.direct();
    crew.talks(&seat, &lines("before", 1));
    let missed = lines("missed", MOST + 200);
    restart(&mut crew, &|crew| crew.tells(&seat, &missed));
    crew.bot.logs("more was said in a channel while the bot was away than is fetched");
    crew.tells(&seat, &lines("after", 1));
    let _first = seat.hears();
    let kept = crew.kept(&seat);
    // All up to the end of a page.
    let fetched = kept.len() - 2;
    assert!((MOST..MOST + 100).contains(&fetched), "{fetched}");
    let fetched = missed.get(..fetched).unwrap_or_default().to_vec();
    assert_eq!(kept, [lines("before", 1), fetched, lines("after", 1)].concat());
}

#[test]
fn what_was_said_more_than_a_day_ago_is_left_out() {
    let mut crew = Crew::at(earlier(HOUR * 50));
    let seat = crew.direct();
    crew.talks(&seat, &lines("before", 1));
    restart(&mut crew, &|crew| {
        crew.tells(&seat, &lines("old", 3));
        crew.discord.advance(HOUR * 40);
        crew.tells(&seat, &lines("missed", 3));
        crew.discord.advance(HOUR * 10);
    });
    crew.hears(&seat, &kept(4));
    crew.assert_kept(&seat, &[lines("before", 1), lines("missed", 3)].concat());
}

#[test]
fn live_events_of_a_channel_wait_behind_its_gap_and_others_do_not() {
    let mut crew = Crew::new();
    let (direct, seat) = (crew.direct(), crew.channel());
    crew.talks(&seat, &lines("before", 1));
    crew.talks(&direct, &lines("before", 1));
    let gate = Gate::new();
    crew.discord.breaks(
        Fault::request_held(&gate).of("GET /channels/*/messages").at(seat.place()).always(),
    );
    restart(&mut crew, &|crew| crew.tells(&seat, &lines("missed", 5)));
    crew.discord.wait_for(|world| (world.held() == 1).then_some(()));
    // It comes by the gateway now, and by REST once that answers.
    crew.tells(&seat, &lines("live", 5));
    crew.talks(&direct, &lines("meanwhile", 3));
    crew.talks(&crew.ben.at(crew.ben.place()), &lines("meanwhile", 1));
    assert_eq!(crew.said(&seat), [kept(1)]);
    gate.open();
    crew.hears(&seat, &kept(11));
    let all = [lines("before", 1), lines("missed", 5), lines("live", 5)].concat();
    crew.assert_kept(&seat, &all);
    crew.assert_kept(&direct, &[lines("before", 1), lines("meanwhile", 3)].concat());
}

#[test]
fn a_command_that_waits_behind_a_gap_is_answered_after_it_or_told_that_it_was_not_accepted() {
    let mut crew = Crew::new();
    let seat = crew.direct();
    crew.talks(&seat, &lines("before", 1));
    let gate = Gate::new();
    crew.discord.breaks(Fault::request_held(&gate).of("GET /channels/*/messages").always());
    restart(&mut crew, &|crew| crew.tells(&seat, &lines("missed", 2)));
    crew.discord.wait_for(|world| (world.held() == 1).then_some(()));
    let refused = seat.runs("/history clear").answered();
    assert!(refused.text.contains("nothing was done"), "{refused:?}");
    let waits = seat.runs("/checkpoint save name:after");
    gate.open();
    let saved = waits.answered();
    assert!(saved.text.contains("(3 messages)"), "{saved:?}");
    assert_eq!(crew.kept(&seat), [lines("before", 1), lines("missed", 2)].concat());
}

#[test]
fn a_crash_while_a_gap_is_fetched_loses_nothing_of_it() {
    let mut crew = Crew::new();
    let seat = crew.direct();
    crew.talks(&seat, &lines("before", 1));
    let page = "GET /channels/*/messages";
    let gate = Gate::new();
    // The first page comes, the second one does not.
    crew.discord.breaks(Fault::slow(Duration::ZERO).of(page));
    crew.discord.breaks(Fault::request_held(&gate).of(page));
    restart(&mut crew, &|crew| crew.tells(&seat, &lines("missed", 150)));
    crew.discord.wait_for(|world| (world.held() == 1).then_some(()));
    crew.tells(&seat, &lines("live", 2));
    crew.bot.dies();
    crew.discord.heals();
    gate.open();
    crew.starts();
    crew.hears(&seat, &kept(153));
    let all = [lines("before", 1), lines("missed", 150), lines("live", 2)].concat();
    crew.assert_kept(&seat, &all);
}

#[test]
fn a_crash_while_a_gap_takes_effect_loses_nothing_of_it() {
    let mut crew = Crew::new();
    let seat = crew.direct();
    crew.talks(&seat, &lines("before", 1));
    restart(&mut crew, &|crew| crew.tells(&seat, &lines("missed", 150)));
    crew.hears(&seat, &kept(3));
    crew.tells(&seat, &lines("live", 2));
    crew.bot.dies();
    crew.starts();
    crew.hears(&seat, &kept(153));
    let all = [lines("before", 1), lines("missed", 150), lines("live", 2)].concat();
    assert_eq!(crew.kept(&seat), all);
}

#[test]
fn crash_after_crash_leaves_nothing_behind_that_was_said_in_between() {
    let mut crew = Crew::new();
    let seat = crew.direct();
    let mut all = lines("before", 1);
    crew.talks(&seat, &all);
    // With what the bot says this is more than is fetched at once, if it were fetched from the beginning each time.
    for round in 1..=5 {
        crew.bot.dies();
        let missed = lines(&format!("missed-{round}"), 60);
        crew.tells(&seat, &missed);
        all.extend(missed);
        crew.starts();
        crew.hears(&seat, &kept(all.len()));
    }
    assert_eq!(crew.kept(&seat), all);
}

#[test]
fn a_channel_that_knows_the_bot_by_a_command_alone_is_listened_to_after_a_crash() {
    let mut crew = Crew::new();
    let seat = crew.direct();
    let _answer = crew.bot.ran(&seat, "/whoami");
    crew.bot.dies();
    crew.tells(&seat, &lines("missed", 3));
    crew.starts();
    crew.hears(&seat, &kept(3));
    assert_eq!(crew.kept(&seat), lines("missed", 3));
}

#[test]
fn a_command_that_destroys_and_comes_late_is_told_of_and_not_run() {
    let mut crew = Crew::at(earlier(HOUR));
    let seat = crew.direct();
    crew.talks(&seat, &lines("before", 2));
    restart(&mut crew, &|crew| {
        for line in ["/history clear", "late", "/checkpoint save kept", "/reset"] {
            seat.says(line);
        }
        crew.discord.advance(HOUR);
    });
    let mut heard = [(); 3].map(|()| seat.hears().text);
    heard.sort();
    let [answer, note, saved] = heard;
    assert_eq!(answer, kept(3));
    insta::assert_snapshot!(note, @"Not run: `/history clear`, `/reset`. I was away when that was sent, more than ten minutes ago. Send it again if you still want it.");
    assert!(saved.contains("(3 messages)"), "{saved}");
    assert_eq!(crew.kept(&seat), [lines("before", 2), vec!["late".to_owned()]].concat());
    // It is not told of again, nor run, by whoever starts next.
    restart(&mut crew, &|_| {});
    crew.talks(&seat, &lines("after", 1));
    let notes = crew.said(&seat).iter().filter(|text| text.starts_with("Not run")).count();
    assert_eq!((notes, crew.kept(&seat).len()), (1, 4));
}

#[test]
fn a_command_that_destroys_is_run_if_it_was_missed_just_now() {
    let mut crew = Crew::at(earlier(HOUR));
    let seat = crew.direct();
    crew.talks(&seat, &lines("before", 2));
    restart(&mut crew, &|crew| {
        crew.discord.advance(HOUR - Duration::from_secs(60));
        seat.says("/history clear");
        seat.says("after");
        crew.discord.advance(Duration::from_secs(60));
    });
    crew.hears(&seat, "Cleared 2 messages");
    crew.hears(&seat, &kept(1));
    assert_eq!(crew.kept(&seat), ["after"]);
}

/// Something befalls the connection in the middle of a burst.
fn burst(befalls: impl Fn(&FakeDiscord)) {
    let crew = Crew::new();
    let (direct, channel) = (crew.direct(), crew.channel());
    let seats = [direct, channel];
    seats.iter().for_each(|seat| crew.talks(seat, &lines("before", 1)));
    let mut asked: Vec<(Interaction, String)> = Vec::new();
    for part in 1..=4 {
        for seat in &seats {
            crew.tells(seat, &lines(&format!("part-{part}"), 10));
            let name = format!("n-{part}");
            asked.push((seat.runs(&format!("/checkpoint save name:{name}")), name));
        }
        if part == 2 {
            befalls(&crew.discord);
        }
    }
    let part = |part| lines(&format!("part-{part}"), 10);
    let all = [lines("before", 1), part(1), part(2), part(3), part(4)].concat();
    for seat in &seats {
        crew.hears(seat, &kept(all.len()));
        assert_eq!(crew.kept(seat), all);
        let answers = crew.said(seat);
        let of = |number| answers.iter().filter(|text| **text == kept(number)).count();
        assert!((1..=all.len()).all(|number| of(number) == 1), "{answers:?}");
    }
    // A command that nobody heard of failed at the client. All others were done.
    for (asked, name) in asked {
        if asked.acknowledged_so_far().is_some() {
            let answer = asked.answered().text;
            assert!(answer.contains(&name) && answer.starts_with("Saved checkpoint"), "{answer}");
        }
    }
}

#[test]
fn nothing_of_a_burst_is_lost_when_the_connection_is_cut() {
    burst(FakeDiscord::cuts_gateway);
}

#[test]
fn nothing_of_a_burst_is_lost_when_the_connection_is_closed() {
    for code in [1_001, 4_000, 4_009] {
        burst(|discord| discord.closes_gateway(code));
    }
}

#[test]
fn nothing_of_a_burst_is_lost_when_discord_asks_to_reconnect() {
    burst(FakeDiscord::asks_to_reconnect);
}

#[test]
fn nothing_of_a_burst_is_lost_when_the_session_is_invalid() {
    for is_resumable in [true, false] {
        burst(|discord| discord.invalidates_session(is_resumable));
    }
}

#[test]
fn nothing_of_a_burst_is_lost_when_a_session_is_cut_and_forgotten() {
    burst(|discord| {
        discord.cuts_gateway();
        discord.forgets_sessions();
    });
}

#[test]
fn a_connection_that_does_not_acknowledge_heartbeats_is_given_up_for_a_new_one() {
    let discord = FakeDiscord::start();
    discord.wants_heartbeats(Duration::from_millis(300));
    let crew = Crew::at(discord);
    let seat = crew.direct();
    crew.talks(&seat, &lines("before", 1));
    let before = crew.discord.look(|world| (world.identifies(), world.resumes()));
    crew.discord.acknowledges_heartbeats(false);
    crew.discord.wait_for(|world| ((world.identifies(), world.resumes()) != before).then_some(()));
    crew.discord.acknowledges_heartbeats(true);
    crew.tells(&seat, &lines("after", 3));
    crew.hears(&seat, &kept(4));
    crew.assert_kept(&seat, &[lines("before", 1), lines("after", 3)].concat());
}
