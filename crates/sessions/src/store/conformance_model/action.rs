//! What a run does, step by step: the list of actions is the report of a failing case.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::{Index, select};

/// One step, by one of two people who know nothing of each other.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) second_person: bool,
    pub(super) action: Action,
}

#[derive(Debug, Clone)]
pub(super) enum Action {
    Say,
    Answer,
    AppendTo(Index),
    Visit,
    New {
        with_text: bool,
    },
    Reset,
    Clear,
    Undo,
    Redo,
    Save(Option<&'static str>),
    Restore(Pick),
    DeleteCheckpoint(Pick),
    Resume(Pick),
    DeleteSession(Pick),
    Rename,
    /// Minutes, back too.
    Wait(i64),
    /// Minutes after midnight; `None` is off.
    SetDaily(Option<u16>),
    SetIdle(Option<u32>),
    Pin(Option<u64>),
    Unpin(Option<u64>),
    Import {
        messages: u64,
        pinned: u64,
        checkpoint: Option<u64>,
    },
    Copy,
    CleanUp {
        days: u64,
        keep_checkpoints: bool,
    },
    Reopen,
}

/// How a session or checkpoint is named.
#[derive(Debug, Clone)]
pub(super) enum Pick {
    /// By its id.
    Id(Index),
    /// By the first letters of its id, with or without the kind.
    Letters(Index, usize, bool),
    /// By a name, perhaps spelled otherwise.
    Name(&'static str),
    /// By the id of something of the other person.
    Foreign(Index),
}

/// No beginning of an id among them. Two are the same but for case and accents.
const NAMES: [&str; 3] = ["under way", "Ünder WAY", "second thoughts"];

const DAY: i64 = 24 * 60;

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let second = prop_oneof![5 => Just(false), 1 => Just(true)];
    let step =
        (second, action()).prop_map(|(second_person, action)| Step { second_person, action });
    vec(step, 1..70)
}

fn action() -> impl Strategy<Value = Action> {
    let talk = prop_oneof![
        12 => Just(Action::Say),
        4 => Just(Action::Answer),
        1 => any::<Index>().prop_map(Action::AppendTo),
        1 => Just(Action::Visit),
    ];
    let move_on = prop_oneof![
        3 => any::<bool>().prop_map(|with_text| Action::New { with_text }),
        2 => Just(Action::Reset),
        2 => Just(Action::Clear),
        3 => pick().prop_map(Action::Resume),
        2 => pick().prop_map(Action::DeleteSession),
        1 => Just(Action::Rename),
    ];
    let checkpoints = prop_oneof![
        4 => option::of(select(&NAMES[..])).prop_map(Action::Save),
        4 => pick().prop_map(Action::Restore),
        2 => pick().prop_map(Action::DeleteCheckpoint),
    ];
    let time = prop_oneof![
        4 => (-90_i64..300).prop_map(Action::Wait),
        3 => (1_i64..5).prop_map(|days| Action::Wait(days * DAY)),
        1 => (5_i64..20).prop_map(|days| Action::Wait(days * DAY)),
        1 => (-3_i64..0).prop_map(|days| Action::Wait(days * DAY)),
    ];
    let settings = prop_oneof![
        option::of(0_u16..1_440).prop_map(Action::SetDaily),
        option::of(1_u32..600).prop_map(Action::SetIdle),
        option::of(0_u64..6).prop_map(Action::Pin),
        option::of(0_u64..6).prop_map(Action::Unpin),
    ];
    prop_oneof![
        10 => talk,
        6 => move_on,
        5 => checkpoints,
        6 => prop_oneof![5 => Just(Action::Undo), 3 => Just(Action::Redo)],
        4 => time,
        2 => settings,
        1 => (0_u64..5, 0_u64..5, option::of(0_u64..5)).prop_map(|(messages, pinned, checkpoint)| {
            Action::Import { messages, pinned, checkpoint }
        }),
        1 => Just(Action::Copy),
        2 => (0_u64..12, any::<bool>())
            .prop_map(|(days, keep_checkpoints)| Action::CleanUp { days, keep_checkpoints }),
        1 => Just(Action::Reopen),
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        8 => any::<Index>().prop_map(Pick::Id),
        3 => (any::<Index>(), 1_usize..8, any::<bool>())
            .prop_map(|(which, letters, kind)| Pick::Letters(which, letters, kind)),
        2 => select(&NAMES[..]).prop_map(Pick::Name),
        1 => any::<Index>().prop_map(Pick::Foreign),
    ]
}
