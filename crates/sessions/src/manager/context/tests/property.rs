//! The promises of all three strategies, over random conversations with branches.

use proptest::prelude::{Just, ProptestConfig, any, prop, proptest};
use proptest::prop_oneof;
use proptest::strategy::Strategy as Generate;

use super::*;
use crate::context::Tokenizer;

#[derive(Debug, Clone)]
enum Action {
    Say(Role, usize, bool),
    Answer(u64, usize),
    Pin(u64),
    Save,
    Restore(usize),
    Clear,
    Undo,
    Look(Strategy, u64),
}

fn strategy() -> impl Generate<Value = Strategy> {
    prop_oneof![Just(Strategy::Recent), Just(Strategy::Smart), Just(Strategy::Summarize)]
}

fn action() -> impl Generate<Value = Action> {
    let role = prop_oneof![
        6 => Just(Role::User),
        6 => Just(Role::Assistant),
        1 => Just(Role::System),
    ];
    prop_oneof![
        40 => (role, 0_usize..60, any::<bool>()).prop_map(|(role, words, remember)| {
            Action::Say(role, words, remember)
        }),
        4 => (1_u64..40, 0_usize..30).prop_map(|(back, words)| Action::Answer(back, words)),
        2 => (0_u64..60).prop_map(Action::Pin),
        2 => Just(Action::Save),
        2 => (0_usize..8).prop_map(Action::Restore),
        1 => Just(Action::Clear),
        1 => Just(Action::Undo),
        6 => (strategy(), 10_u64..1_500).prop_map(|(strategy, max)| Action::Look(strategy, max)),
    ]
}

/// Does an action; each message gets a word of its own.
fn act(talk: &Talk, action: &Action, spoken: &mut u32, saved: &mut Vec<CheckpointId>) {
    let length = talk.session().message_count();
    let mut text = |words: usize, remember: bool| {
        *spoken += 1;
        let note = if remember { "remember " } else { "" };
        format!("{note}mark{spoken}x speaks of {}.", "something ".repeat(words))
    };
    match *action {
        Action::Say(role, words, remember) => {
            talk.say(role, &text(words, remember), None);
        }
        Action::Answer(back, words) => {
            let answers_to = length.checked_sub(back).filter(|position| *position > 0);
            talk.say(Role::Assistant, &text(words, false), answers_to);
        }
        Action::Pin(back) => {
            let _ = talk.ask(Ask::Pin(length.checked_sub(back).filter(|it| *it > 0)));
        }
        Action::Save => saved.push(talk.save()),
        Action::Restore(which) => {
            if let Some(id) = saved.get(which) {
                let _ = talk.ask(Ask::Restore(CheckpointRef::Id(*id)));
            }
        }
        Action::Clear => drop(talk.ask(Ask::Clear)),
        Action::Undo => drop(talk.ask(Ask::Undo)),
        Action::Look(strategy, max) => check(talk, strategy, max),
    }
}

fn marks(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.starts_with("mark")).collect()
}

/// Everything that is promised of one context.
fn check(talk: &Talk, strategy: Strategy, max: u64) {
    let tokenizer = Tokenizer::default();
    let history = talk.history();
    let newest = history.iter().rev().find(|it| it.words.role == Role::User);
    let needed = 10 + newest.map_or(0, |it| tokenizer.message(&it.words.content));
    let context = match talk.try_context(strategy, max) {
        Ok(context) => context,
        Err(refusal) => {
            assert_eq!(refusal, Refusal::OverBudget { needed, budget: max });
            assert!(needed > max);
            return;
        }
    };
    assert!(needed <= max);
    let said: u64 = context.render().iter().map(|said| tokenizer.message(&said.content)).sum();
    assert_eq!(context.total_tokens(), said + 10, "{:?}", context.tokens);
    assert!(context.total_tokens() <= max);
    assert_eq!(context.fell_back.is_some(), context.strategy != strategy);

    let shown = positions(&context);
    assert!(shown.is_sorted_by(|one, other| one < other), "{shown:?}");
    assert!(newest.is_none_or(|it| shown.contains(&it.point.position)));
    let total = history.len() as u64;
    assert_eq!(shown.len() as u64 + context.covered_by_summary + context.left_out, total);
    for message in &context.messages {
        let index = usize::try_from(message.point.position).unwrap() - 1;
        assert_eq!((message.point, &message.words), (history[index].point, &history[index].words));
        if message.words.role == Role::Assistant {
            let before = history[..index].iter().rev();
            let nearest =
                before.filter(|it| it.words.role == Role::User).map(|it| it.point.position);
            let question = message.words.answers_to.or(nearest.clone().next());
            assert!(question.is_none_or(|question| shown.contains(&question)), "{shown:?}");
        }
    }
    let told = told(&context);
    let text: String = history.iter().map(|it| it.words.content.clone() + "\n").collect();
    let known = marks(&text);
    assert!(marks(&told).iter().all(|mark| known.contains(mark)), "a word from another branch");
}

proptest! {
    // Each case is a whole conversation.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn promises_hold(actions in prop::collection::vec(action(), 1..120), max in 10_u64..2_000) {
        let talk = Talk::new();
        let (mut spoken, mut saved) = (0, Vec::new());
        for action in &actions {
            act(&talk, action, &mut spoken, &mut saved);
        }
        for strategy in [Strategy::Recent, Strategy::Smart, Strategy::Summarize] {
            check(&talk, strategy, max);
            check(&talk, strategy, max / 4);
        }
    }
}
