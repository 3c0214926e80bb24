//! The rules one by one.

use super::*;
use crate::importance;

const ALL: [Strategy; 3] = [Strategy::Recent, Strategy::Smart, Strategy::Summarize];

#[test]
fn an_empty_session_has_an_empty_context() {
    for strategy in ALL {
        let context = Talk::new().context(strategy, 100);
        assert_eq!((context.messages.len(), context.left_out, context.total_tokens()), (0, 0, 10));
    }
}

#[test]
fn what_fits_is_there_whole() {
    let talk = Talk::new();
    talk.say(Role::System, "Be brief.", None);
    talk.exchange(1, 10);
    for strategy in ALL {
        let context = talk.context(strategy, 1_000);
        assert_eq!((positions(&context), context.left_out), (vec![1, 2, 3], 0));
        assert_eq!((context.strategy, context.fell_back), (strategy, None));
    }
}

#[test]
fn recent_is_the_newest_that_fit_beginning_with_a_question() {
    let talk = Talk::new();
    for number in 0..50 {
        talk.exchange(number, 40);
    }
    let context = talk.context(Strategy::Recent, 400);
    let shown = positions(&context);
    assert_eq!(shown, (*shown.first().unwrap()..=100).collect::<Vec<_>>());
    assert_eq!(context.messages[0].words.role, Role::User);
    assert!(context.total_tokens() > 300, "{context:?}");
    assert_eq!(context.left_out, 100 - shown.len() as u64);
}

#[test]
fn a_session_without_user_messages_is_shown() {
    let talk = Talk::new();
    for number in 0..40 {
        talk.say(Role::Assistant, &format!("Note n{number} on the weather."), None);
    }
    for strategy in ALL {
        let context = talk.context(strategy, 200);
        assert_eq!(positions(&context).last(), Some(&40), "{strategy}");
    }
}

#[test]
fn the_newest_question_is_kept_however_far_back() {
    let talk = Talk::new();
    talk.exchange(0, 10);
    let question = talk.say(Role::User, "Tell me everything about q1.", None);
    for number in 0..400 {
        talk.say(Role::Assistant, &format!("Part {number} of a long story."), None);
    }
    for strategy in ALL {
        let context = talk.context(strategy, 400);
        let shown = positions(&context);
        assert!(shown.contains(&question), "{strategy}");
        assert_eq!(shown.last(), Some(&(question + 400)), "{strategy}");
    }
}

#[test]
fn a_question_over_the_budget_is_refused() {
    let talk = Talk::new();
    talk.exchange(0, 10);
    talk.say(Role::User, &"word ".repeat(500), None);
    for strategy in ALL {
        match talk.try_context(strategy, 300) {
            Err(Refusal::OverBudget { needed, budget: 300 }) => assert!(needed > 500),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_answer_names_its_question() {
    let talk = Talk::new();
    let far = talk.say(Role::User, "What is the capital?", None);
    for number in 0..30 {
        talk.exchange(number, 20);
    }
    let answer = talk.say(Role::Assistant, "It is Paris.", Some(far));
    let context = talk.context(Strategy::Recent, 300);
    assert!(!positions(&context).contains(&answer), "without its question");
    let context = talk.context(Strategy::Smart, 300);
    assert!(positions(&context).contains(&far), "smart has the first question");
    assert!(positions(&context).contains(&answer));
}

#[test]
fn smart_keeps_system_first_question_pinned_and_important() {
    let talk = Talk::new();
    let system = talk.say(Role::System, "Speak French.", None);
    let first = talk.say(Role::User, "Hello, let us plan a house.", None);
    talk.say(Role::Assistant, "Gladly.", None);
    for number in 0..20 {
        talk.exchange(number, 40);
    }
    let asked = talk.say(Role::User, "Which colour?", None);
    let pinned = talk.say(Role::Assistant, "The door is blue.", None);
    talk.ask(Ask::Pin(Some(pinned))).unwrap();
    let remember = talk.say(Role::User, "Remember that the roof is flat.", None);
    for number in 20..60 {
        talk.exchange(number, 40);
    }
    let context = talk.context(Strategy::Smart, 500);
    let shown = positions(&context);
    for kept in [system, first, asked, pinned, remember] {
        assert!(shown.contains(&kept), "{kept} in {shown:?}");
    }
    let tokens = context.tokens;
    for part in [tokens.system, tokens.first_question, tokens.important, tokens.newest] {
        assert!(part > 0, "{tokens:?}");
    }
    assert_eq!(context.total_tokens(), told_tokens(&context) + 10);
}

#[test]
fn a_pinned_greeting_stands_without_a_question() {
    let talk = Talk::new();
    let greeting = talk.say(Role::Assistant, "Welcome to the lighthouse.", None);
    talk.ask(Ask::Pin(Some(greeting))).unwrap();
    for number in 0..40 {
        talk.exchange(number, 20);
    }
    assert_eq!(positions(&talk.context(Strategy::Smart, 300))[0], greeting);
}

#[test]
fn a_context_can_be_waited_for_on_any_thread() {
    fn check(_: &impl Send) {}
    let talk = Talk::new();
    let (session, strategy) = (talk.session(), Strategy::Summarize);
    let request = ContextRequest { max_tokens: 1_000, strategy, system_prompt_tokens: 10 };
    check(&talk.manager.context_of(&session, &request));
}

#[test]
fn pinned_messages_leave_room_for_the_newest() {
    let talk = Talk::new();
    for number in 0..40 {
        let position =
            talk.say(Role::User, &format!("Fact f{number}: {}", "word ".repeat(20)), None);
        talk.ask(Ask::Pin(Some(position))).unwrap();
    }
    for number in 0..40 {
        talk.exchange(number, 20);
    }
    let context = talk.context(Strategy::Smart, 600);
    assert!(context.tokens.important > 200 && context.tokens.important <= 300, "{context:?}");
    assert!(context.tokens.newest > 200);
    assert!(context.messages.iter().any(|it| it.importance == importance::PINNED));
}
