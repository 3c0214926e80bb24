//! Where the bot is on Discord: channels of guilds, threads, posts in forums, each a place of its own; what it hears there,
//! and who may change what all share.

use e2e::discord::{Fault, Guild, Permission, Person, Place, Post, Seat};
use e2e::{Daemon, FakeDiscord};

/// Ann, who owns the guild, Ben and Cy; with the bot, and a channel.
struct Crew {
    discord: FakeDiscord,
    ann: Person,
    ben: Person,
    cy: Person,
    guild: Guild,
    general: Place,
}

impl Crew {
    fn new() -> Self {
        let discord = FakeDiscord::start();
        let [ann, ben, cy] = ["Ann", "Ben", "Cy"].map(|name| discord.person(name));
        let guild = discord.guild("Crew", &[&ann, &ben, &cy]);
        let general = guild.channel("general");
        Self { discord, ann, ben, cy, guild, general }
    }

    /// The bot, connected.
    fn starts(&self) -> Daemon {
        let bot = Daemon::beside(&self.discord).start();
        self.discord.connected();
        bot
    }

    /// The bot, which is told the text of all messages, connected.
    fn starts_reading(&self) -> Daemon {
        let bot = Daemon::beside(&self.discord).set("discord.message_content", true).start();
        self.discord.connected();
        bot
    }

    /// Says something to the bot; it is answered openly.
    fn tells(&self, bot: &Daemon, seat: &Seat, words: &str) -> String {
        bot.types(seat, &format!("{} {words}", self.discord.bot_mention()))
    }

    /// Everybody there shares one conversation from now on.
    fn shares(&self, bot: &Daemon, place: &Place) {
        let answer = bot.runs(&self.ann.at(place), "/session scope scope:group");
        assert!(answer.contains("Scope is now group"), "{answer}");
    }
}

/// What was said, without the times.
fn history(bot: &Daemon, seat: &Seat) -> String {
    let shown = bot.runs(seat, "/history show");
    shown.replace(" · DATE TIME UTC\n", ": ").replace("\n\n", "\n")
}

#[test]
fn each_channel_thread_and_post_is_a_place_of_its_own() {
    let crew = Crew::new();
    let bot = crew.starts();
    let general = crew.ben.at(&crew.general);
    let random = crew.guild.channel("random");
    let post = crew.ben.at(&crew.guild.forum("ideas")).posts("An idea", "what about it?");
    let private = general.opens_private_thread("quiet", &[&crew.ben]);
    private.invites_bot();
    let at = general.says("a message with a thread");
    let places = [
        &crew.general,
        &random,
        &general.opens_thread("loud"),
        &general.opens_thread_at(at, "beneath"),
        &private,
        &post,
        crew.ben.place(),
    ];
    for (number, place) in places.into_iter().enumerate() {
        let answer = crew.tells(&bot, &crew.ben.at(place), &format!("words of place {number}"));
        assert_eq!(
            answer, "Kept as message 1. No assistant is configured, so nobody answers.",
            "{number}"
        );
    }
    for (number, place) in places.into_iter().enumerate() {
        let told = history(&bot, &crew.ben.at(place));
        assert!(told.contains(", messages 1 to 1 of 1\n"), "{number}: {told}");
        assert!(told.ends_with(&format!("words of place {number}")), "{number}: {told}");
    }
    insta::assert_snapshot!(bot.runs(&crew.ben.at(&crew.general), "/session list"), @"
    [ephemeral] 
    | **Active:**
    | s-1 “words of place 0” · discord · 1 message · just now ← here
    | s-7 “words of place 6” · discord · 1 message · just now
    | s-6 “words of place 5” · discord · 1 message · just now
    | s-5 “words of place 4” · discord · 1 message · just now
    | s-4 “words of place 3” · discord · 1 message · just now
    | s-3 “words of place 2” · discord · 1 message · just now
    | s-2 “words of place 1” · discord · 1 message · just now
    | No past sessions here.
    ");
}

#[test]
fn a_thread_inherits_what_its_channel_has_set_until_it_has_its_own() {
    let crew = Crew::new();
    let bot = crew.starts_reading();
    let loud = crew.ann.at(&crew.general).opens_thread("loud");
    crew.shares(&bot, &crew.general);
    bot.runs(&crew.ann.at(&crew.general), "/session hear what:all");
    let kept = bot.types(&crew.ben.at(&loud), "words in the thread");
    assert!(kept.starts_with("Kept as message 1."), "{kept}");
    crew.tells(&bot, &crew.cy.at(&loud), "more of them");
    insta::assert_snapshot!(history(&bot, &crew.ann.at(&loud)), @r"
    Session s-2, messages 1 to 2 of 2
    \#1 Ben: words in the thread
    \#2 Cy: more of them
    ");
    insta::assert_snapshot!(bot.runs(&crew.ann.at(&loud), "/session scope scope:channel"), @"Scope is now channel (one session per person in this chat). Current session: s-3 (0 messages). Nothing was merged; the other sessions stay where they were.");
    insta::assert_snapshot!(bot.runs(&crew.cy.at(&loud), "/session scope"), @"[ephemeral] Scope: channel (one session per person in this chat). /session scope sets it: channel, peer, group.");
    insta::assert_snapshot!(bot.runs(&crew.cy.at(&crew.general), "/session scope"), @"Scope: group (one session shared by all in this chat). /session scope sets it: channel, peer, group.");
    insta::assert_snapshot!(bot.runs(&crew.ann.at(&loud), "/session hear what:mentions"), @"[ephemeral] I hear commands, mentions of me and replies to me. /session hear all makes me hear everything.");
    insta::assert_snapshot!(bot.runs(&crew.cy.at(&crew.general), "/session hear"), @"I hear everything that is said here.");
}

#[test]
fn without_message_content_the_bot_hears_what_is_for_it_and_nothing_else() {
    let crew = Crew::new();
    let bot = crew.starts();
    const MESSAGE_CONTENT: u64 = 1 << 15;
    assert_eq!(
        crew.discord.look(|world| world.intents().map(|all| all & MESSAGE_CONTENT)),
        Some(0)
    );
    crew.shares(&bot, &crew.general);
    let ben = crew.ben.at(&crew.general);
    let mention = crew.discord.bot_mention();
    ben.says("Good morning, all");
    ben.says("/history clear");
    let kept = bot.typed(&ben, &format!("{mention} one"));
    ben.sends(&Post::text("two").replying(kept.id));
    assert!(ben.hears().text.starts_with("Kept as message 2."));
    let chatter = crew.cy.at(&crew.general).says("What is this?");
    ben.replies(chatter, "a bot");
    ben.says(&crew.ann.mention());
    insta::assert_snapshot!(bot.types(&ben, &format!("what does {mention} hear?")), @"Kept as message 3. No assistant is configured, so nobody answers.");
    insta::assert_snapshot!(bot.types(&ben, &format!("{mention} /history 1")), @r"
    Session s-1, messages 3 to 3 of 3

    \#3 Ben · DATE TIME UTC
    what does \<@900000000000000001> hear?
    [Older]
    ");
    insta::assert_snapshot!(history(&bot, &ben), @r"
    Session s-1, messages 1 to 3 of 3
    \#1 Ben: one
    \#2 Ben: two
    \#3 Ben: what does \<@900000000000000001> hear?
    ");
    assert_eq!(ben.unheard(), []);
}

#[test]
fn where_discord_does_not_tell_all_it_is_said_who_can_change_that() {
    let crew = Crew::new();
    let bot = crew.starts();
    crew.shares(&bot, &crew.general);
    let ann = crew.ann.at(&crew.general);
    insta::assert_snapshot!(bot.runs(&ann, "/session hear what:all"), @r"I am to hear everything that is said here, but am told only what mentions me, replies to me or is filled in as a command, until whoever runs this bot sets discord.message\_content.");
    insta::assert_snapshot!(bot.runs(&ann, "/session hear"), @r"I am to hear everything that is said here, but am told only what mentions me, replies to me or is filled in as a command, until whoever runs this bot sets discord.message\_content.");
    insta::assert_snapshot!(bot.runs(&ann, "/session hear what:mentions"), @"I hear commands, mentions of me and replies to me. /session hear all makes me hear everything.");
    insta::assert_snapshot!(bot.runs(&crew.ann, "/session hear"), @"I hear everything that is said here.");
}

#[test]
fn with_message_content_it_hears_commands_and_silent_replies_too_and_keeps_no_chatter() {
    let crew = Crew::new();
    let bot = crew.starts_reading();
    crew.shares(&bot, &crew.general);
    let (ben, other) = (crew.ben.at(&crew.general), crew.discord.other_bot("Other"));
    ben.says("Good morning, all");
    ben.says("/unheard_of");
    ben.says(&format!("{} hello", other.mention()));
    let kept = bot.typed(&ben, &format!("{} one", crew.discord.bot_mention()));
    ben.sends(&Post::text("two").replying(kept.id).silently());
    assert!(ben.hears().text.starts_with("Kept as message 2."));
    insta::assert_snapshot!(bot.types(&ben, "/history"), @r"
    Session s-1, messages 1 to 2 of 2

    \#1 Ben · DATE TIME UTC
    one

    \#2 Ben · DATE TIME UTC
    two
    ");
    insta::assert_snapshot!(bot.types(&ben, "/checkpoint save here"), @"Saved checkpoint c-1 “here” (2 messages).");
    assert_eq!(ben.unheard(), []);
}

#[test]
fn everything_is_kept_where_it_is_set_so_and_mentions_alone_again_after_that() {
    let crew = Crew::new();
    let bot = crew.starts_reading();
    crew.shares(&bot, &crew.general);
    let (ann, ben) = (crew.ann.at(&crew.general), crew.ben.at(&crew.general));
    insta::assert_snapshot!(bot.runs(&ben, "/session hear what:all"), @"Only those who run this chat may set what I hear.");
    insta::assert_snapshot!(bot.runs(&ben, "/session hear"), @"I hear commands, mentions of me and replies to me. /session hear all makes me hear everything.");
    ben.says("before");
    insta::assert_snapshot!(bot.runs(&ann, "/session hear what:all"), @"I hear everything that is said here.");
    insta::assert_snapshot!(bot.types(&ben, "chatter"), @"Kept as message 1. No assistant is configured, so nobody answers.");
    insta::assert_snapshot!(crew.tells(&bot, &ben, "and a word to the bot"), @"Kept as message 2. No assistant is configured, so nobody answers.");
    insta::assert_snapshot!(bot.types(&ann, "/session hear mentions"), @"I hear commands, mentions of me and replies to me. /session hear all makes me hear everything.");
    ben.says("after");
    insta::assert_snapshot!(history(&bot, &ben), @r"
    Session s-1, messages 1 to 2 of 2
    \#1 Ben: chatter
    \#2 Ben: and a word to the bot
    ");
}

#[test]
fn edits_and_deletes_are_no_turns() {
    let crew = Crew::new();
    let bot = crew.starts_reading();
    for (seat, mention, name) in [
        (crew.ben.at(crew.ben.place()), String::new(), "user"),
        (crew.ben.at(&crew.general), format!("{} ", crew.discord.bot_mention()), "Ben"),
    ] {
        let said = seat.says(&format!("{mention}one"));
        assert!(seat.hears().text.starts_with("Kept as message 1."));
        seat.edits(said, &format!("{mention}one and a half"));
        seat.edits(said, &format!("{mention}/history clear"));
        let command = seat.says(&format!("{mention}two"));
        assert!(seat.hears().text.starts_with("Kept as message 2."));
        seat.deletes(command);
        let told = history(&bot, &seat);
        assert!(told.ends_with(&format!("\\#1 {name}: one\n\\#2 {name}: two")), "{told}");
        assert_eq!(seat.unheard(), []);
    }
}

#[test]
fn bots_webhooks_and_what_discord_itself_says_are_not_heard() {
    let crew = Crew::new();
    let bot = crew.starts_reading();
    let (other, mention) = (crew.discord.other_bot("Other"), crew.discord.bot_mention());
    crew.guild.joins(&other);
    crew.shares(&bot, &crew.general);
    bot.runs(&crew.ann.at(&crew.general), "/session hear what:all");
    let hook = crew.general.webhook("News");
    for words in
        ["hello", "/history clear", &format!("{mention} hello"), &format!("{mention} /new")]
    {
        other.at(&crew.general).says(words);
        hook.says(words);
    }
    // Said by Discord in the channel, with the name as its text.
    let _thread = crew.ben.at(&crew.general).opens_thread(&format!("{mention} /new"));
    let ben = crew.ben.at(&crew.general);
    insta::assert_snapshot!(crew.tells(&bot, &ben, "one"), @"Kept as message 1. No assistant is configured, so nobody answers.");
    insta::assert_snapshot!(history(&bot, &ben), @r"
    Session s-1, messages 1 to 1 of 1
    \#1 Ben: one
    ");
    assert_eq!(ben.unheard(), []);
}

#[test]
fn a_file_is_kept_by_its_name_and_what_is_for_nobody_is_not() {
    let crew = Crew::new();
    let bot = crew.starts();
    let ben = crew.ben.at(&crew.general);
    ben.sends(&Post::text("").with_file("secret.pdf", "application/pdf", b"%PDF"));
    let words = format!("{} look", crew.discord.bot_mention());
    ben.sends(&Post::text(&words).with_file("plan.pdf", "application/pdf", b"%PDF"));
    assert!(ben.hears().text.starts_with("Kept as message 1."));
    crew.ben.sends(&Post::text("").with_file("photo.png", "image/png", b"png"));
    assert!(crew.ben.hears().text.starts_with("Kept as message 1."));
    insta::assert_snapshot!(history(&bot, &ben), @r"
    [ephemeral] Session s-1, messages 1 to 1 of 1
    \#1 Ben: \[document plan.pdf\] look
    ");
    insta::assert_snapshot!(history(&bot, &crew.ben), @r"
    Session s-2, messages 1 to 1 of 1
    \#1 user: \[image photo.png\]
    ");
}

/// Whether somebody may change what all share there: filled in, and typed, which must be the same.
#[track_caller]
fn may(crew: &Crew, bot: &Daemon, seat: &Seat) -> bool {
    let filled = bot.runs(seat, "/session hear what:mentions");
    let typed = crew.tells(bot, seat, "/session hear mentions");
    assert_eq!(filled, typed);
    let is_refused = typed.starts_with("Only those who run this chat");
    assert!(is_refused || typed.starts_with("I hear commands"), "{typed}");
    !is_refused
}

#[test]
fn who_manages_the_channel_or_its_messages_may_change_what_all_share_and_nobody_else() {
    let crew = Crew::new();
    let bot = crew.starts();
    crew.shares(&bot, &crew.general);
    let (ann, ben, cy) =
        (crew.ann.at(&crew.general), crew.ben.at(&crew.general), crew.cy.at(&crew.general));
    assert!(may(&crew, &bot, &ann), "she owns the guild");
    assert!(!may(&crew, &bot, &ben));
    for (name, right, is_enough) in [
        ("channels", Permission::MANAGE_CHANNELS, true),
        ("messages", Permission::MANAGE_MESSAGES, true),
        ("administrator", Permission::ADMINISTRATOR, true),
        ("guild", Permission::MANAGE_GUILD, false),
        ("threads", Permission::MANAGE_THREADS, false),
    ] {
        let role = crew.guild.role(name, right);
        crew.guild.gives(&crew.ben, role);
        assert_eq!(may(&crew, &bot, &ben), is_enough, "{name}");
        assert!(!may(&crew, &bot, &cy), "{name}");
        // Asked at each request: what is taken away is gone.
        crew.guild.takes(&crew.ben, role);
        assert!(!may(&crew, &bot, &ben), "{name}");
    }
}

#[test]
fn what_a_channel_gives_and_takes_counts_there_and_in_its_threads() {
    let crew = Crew::new();
    let bot = crew.starts();
    let random = crew.guild.channel("random");
    let thread = crew.ann.at(&crew.general).opens_thread("loud");
    for place in [&crew.general, &random] {
        crew.shares(&bot, place);
    }
    let both = |place: &Place| {
        [may(&crew, &bot, &crew.ben.at(place)), may(&crew, &bot, &crew.cy.at(place))]
    };
    crew.general.allows(&crew.ben, Permission::MANAGE_MESSAGES);
    assert_eq!(
        [both(&crew.general), both(&thread), both(&random)],
        [[true, false], [true, false], [false; 2]]
    );
    crew.general.denies(&crew.ben, Permission::MANAGE_MESSAGES);
    assert_eq!([both(&crew.general), both(&thread)], [[false; 2]; 2]);
    let role = crew.guild.role("moderators", Permission::MANAGE_CHANNELS);
    crew.guild.gives(&crew.cy, role);
    assert_eq!([both(&crew.general), both(&random)], [[false, true]; 2]);
    random.denies_everyone(Permission::MANAGE_CHANNELS);
    assert_eq!([both(&crew.general), both(&random)], [[false, true], [false; 2]]);
    random.allows(&crew.cy, Permission::MANAGE_CHANNELS);
    assert_eq!(both(&random), [false, true]);
    // Over an administrator a channel has no power.
    crew.guild.gives(&crew.ben, crew.guild.role("administrators", Permission::ADMINISTRATOR));
    assert_eq!(both(&crew.general), [true; 2]);
}

#[test]
fn what_is_shared_is_changed_by_those_alone_and_seen_by_all() {
    let crew = Crew::new();
    let bot = crew.starts();
    let (ann, ben, cy) =
        (crew.ann.at(&crew.general), crew.ben.at(&crew.general), crew.cy.at(&crew.general));
    insta::assert_snapshot!(bot.runs(&ben, "/session scope scope:group"), @"[ephemeral] Only those who run this chat may set its scope.");
    insta::assert_snapshot!(bot.runs(&ann, "/session scope scope:group"), @"[ephemeral] Scope is now group (one session shared by all in this chat). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were.");
    crew.tells(&bot, &ann, "Shall we meet?");
    crew.tells(&bot, &ben, "At noon");
    insta::assert_snapshot!(bot.runs(&cy, "/history show"), @r"
    Session s-1, messages 1 to 2 of 2

    \#1 Ann · DATE TIME UTC
    Shall we meet?

    \#2 Ben · DATE TIME UTC
    At noon
    ");
    for line in [
        "/history clear",
        "/reset",
        "/session reset-time time:04:00",
        "/session timezone zone:Europe/Paris",
        "/session scope scope:channel",
        "/session hear what:all",
    ] {
        let answer = bot.runs(&cy, line);
        assert!(answer.contains("those who run"), "{line}: {answer}");
    }
    insta::assert_snapshot!(bot.runs(&cy, "/checkpoint save name:the date"), @"Saved checkpoint c-1 “the date” (2 messages).");
    insta::assert_snapshot!(crew.tells(&bot, &ann, "/history clear"), @"
    Cleared 2 messages from session s-1; its settings and checkpoints stay. /undo brings them back.
    [Undo]
    ");
    insta::assert_snapshot!(bot.runs(&ann, "/undo"), @"Took back: /history clear. Current session: s-1 (2 messages). /redo does it again.");
    assert!(history(&bot, &ben).ends_with("At noon"));
}

#[test]
fn who_may_what_is_not_guessed_where_it_cannot_be_found_out() {
    let crew = Crew::new();
    let bot = crew.starts();
    crew.shares(&bot, &crew.general);
    let ann = crew.ann.at(&crew.general);
    for like in ["GET /channels/*", "GET /guilds/*", "GET /guilds/*/members/*"] {
        crew.discord.breaks(Fault::page(502).of(like).always());
        let answer = crew.tells(&bot, &ann, "/session hear all");
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer, @"Only those who run this chat may set what I hear.");
        }
        crew.discord.heals();
        assert!(may(&crew, &bot, &ann));
    }
}

#[test]
fn a_channel_that_is_gone_leaves_the_others_as_they_are() {
    let crew = Crew::new();
    let bot = crew.starts();
    let random = crew.guild.channel("random");
    crew.tells(&bot, &crew.ben.at(&random), "one");
    random.disappears();
    insta::assert_snapshot!(crew.tells(&bot, &crew.ben.at(&crew.general), "two"), @"Kept as message 1. No assistant is configured, so nobody answers.");
    crew.guild.bot_removed();
    insta::assert_snapshot!(bot.types(&crew.ben, "three"), @"Kept as message 1. No assistant is configured, so nobody answers.");
    crew.guild.bot_added();
    insta::assert_snapshot!(crew.tells(&bot, &crew.ben.at(&crew.general), "four"), @"Kept as message 2. No assistant is configured, so nobody answers.");
}
