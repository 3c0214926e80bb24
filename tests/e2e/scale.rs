//! Many checkpoints in one lane: saved, listed, found by name and by id, restored.

use e2e::Home;

const MANY: u32 = 10_000;

#[test]
fn ten_thousand_checkpoints_are_listed_found_and_restored() {
    let home = Home::new();
    let mut ids = Vec::new();
    home.talk(|ann| {
        for number in 1..=MANY {
            if number % 1_000 == 1 {
                ann.asks(&format!("message {}", number / 1_000 + 1));
            }
            let saved = ann.asks(&format!("/checkpoint save \"point {number}\"")).text;
            let id = saved.split(' ').find(|word| word.starts_with("c-")).unwrap().to_owned();
            assert!(saved.contains(&format!("“point {number}”")), "{saved}");
            ids.push(id);
        }
        let listed = ann.asks("/checkpoint list").text;
        assert!(
            listed.starts_with("10000 checkpoints in this conversation, newest first:\n"),
            "{listed}"
        );
        assert!(listed.contains("“point 10000” · 10 messages"), "{listed}");
    });
    home.talk(|ann| {
        for (target, number, messages) in [
            ("point 4321".to_owned(), 4_321, "5 messages"),
            (ids[0].clone(), 1, "1 message"),
            (ids[7_000].clone(), 7_001, "8 messages"),
            ("point 10000".to_owned(), 10_000, "10 messages"),
        ] {
            let restored = ann.asks(&format!("/checkpoint restore {target}")).text;
            let expected = format!("“point {number}” ({messages})");
            assert!(restored.contains(&expected), "{restored}");
            let messages: usize = messages.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(ann.said().len(), messages);
        }
        assert!(ann.asks("/checkpoint delete point 5000").text.contains("“point 5000”"));
        assert!(ann.asks("/checkpoint restore point 5000").text.contains("There is no checkpoint"));
        ann.asks("/undo");
        assert!(
            ann.asks("/checkpoint restore point 5000").text.contains("“point 5000” (5 messages)")
        );
        assert!(ann.asks("/session").text.contains("Checkpoints: 10000"));
    });
}
