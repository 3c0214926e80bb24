//! Whatever was done to a session, its export comes back the same.

use proptest::prelude::*;

use super::*;
use crate::model::{Author, Message};

fn words() -> impl Strategy<Value = Words> {
    let content = prop_oneof![
        4 => "\\PC{0,12}",
        2 => "(?s).{0,12}",
        1 => Just("one\r\ntwo\rthree\0\u{2028}\u{feff}".to_owned()),
        1 => "x{2000,4000}",
    ];
    let role = prop_oneof![Just(Role::User), Just(Role::Assistant), Just(Role::System)];
    let usage = (any::<u32>(), any::<u32>()).prop_map(|(input, output)| Usage {
        input_tokens: input.into(),
        output_tokens: output.into(),
    });
    let author = (".{0,5}", ".{0,5}").prop_map(|(peer, name)| Author { peer, name });
    let parts = (role, content, prop::option::of(usage), prop::option::of(author), 0..9_u64);
    parts.prop_map(|(role, content, usage, author, answers_to)| Words {
        role,
        content,
        author,
        usage,
        answers_to: (answers_to > 0).then_some(answers_to),
    })
}

fn action() -> impl Strategy<Value = Ask> {
    let typed = |at: u8| CheckpointRef::Typed(format!("c {at}"));
    prop_oneof![
        12 => words().prop_map(Ask::Say),
        4 => (0..4_u8, prop::option::of("[a-zé ]{0,5}!")).prop_map(|(at, description)| {
            Ask::Save { name: Some(format!("c {at}")), description }
        }),
        3 => (0..4_u8).prop_map(move |at| Ask::Restore(typed(at))),
        1 => (0..4_u8).prop_map(move |at| Ask::DeleteCheckpoint(typed(at))),
        1 => Just(Ask::Clear),
        1 => Just(Ask::Undo),
        1 => Just(Ask::Redo),
        1 => Just(Ask::New(None)),
        2 => prop::option::of(1..9_u64).prop_map(Ask::Pin),
        1 => "[a-z🦀]{1,9}".prop_map(Ask::Rename),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_exported_comes_back_the_same(asks in prop::collection::vec(action(), 0..40)) {
        let (manager, ann, ben) = (manager(), lane("ann"), lane("ben"));
        perform(&manager, &ann, &Ask::Ready).unwrap();
        for ask in &asks {
            match perform(&manager, &ann, ask) {
                Ok(()) | Err(Failure::Refused(_)) => {}
                Err(Failure::Fault(fault)) => return Err(TestCaseError::fail(fault.to_string())),
            }
        }
        let session = current(&manager, &ann);
        let json = export(&manager, &session);
        let imported = import(&manager, &ben, &json);
        prop_assert_eq!(lasting(&export(&manager, &imported)), lasting(&json));
        let here = now(manager.messages_upto(&session, None, usize::MAX)).unwrap();
        let there = now(manager.messages_upto(&imported, None, usize::MAX)).unwrap();
        let kept = |messages: Vec<Message>| -> Vec<_> {
            messages.into_iter().map(|one| (one.words.content, one.created_at, one.importance)).collect()
        };
        prop_assert_eq!(kept(there), kept(here));
    }
}
