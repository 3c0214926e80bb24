//! Killed at any instant: what was acknowledged is there, once and in order; what was not is there at most once.

use e2e::{Console, Home, Reply};

/// Lines that wait in the pipe when the program is killed.
const AHEAD: usize = 60;

/// Says numbered messages, hears some of the answers, and kills; gives how many were acknowledged.
fn stream_and_kill(mut console: Console<'_>, from: usize, hear: usize) -> usize {
    let lines: String =
        (from..from + hear + AHEAD).map(|number| format!("message {number}\n")).collect();
    let writer = console.pours(lines);
    let mut acknowledged = 0;
    while acknowledged < hear {
        acknowledged += count(&console.hears());
    }
    let unheard = console.kill();
    writer.join().expect("the writer does not panic");
    acknowledged + unheard.iter().map(count).sum::<usize>()
}

/// Whether a reply acknowledges a message.
fn count(reply: &Reply) -> usize {
    usize::from(reply.text.contains("Kept as message "))
}

/// What was kept, and that it is a beginning of what was said, with nothing twice.
fn assert_in_order(said: &[String]) {
    let expected: Vec<_> = (0..said.len()).map(|number| format!("message {number}")).collect();
    assert_eq!(said, expected);
}

#[test]
fn what_was_acknowledged_survives_a_kill_once_and_in_order() {
    let home = Home::new();
    let mut kept = 0;
    for round in 0..15 {
        let hear = 1 + (round * 7) % 23;
        let acknowledged = stream_and_kill(home.start(), kept, hear);
        let said = home.talk(|ann| {
            assert!(ann.taken_up().len() <= 1, "one line at a time is taken in");
            ann.said_or_nothing()
        });
        assert_in_order(&said);
        assert!(
            said.len() >= kept + acknowledged && said.len() <= kept + hear + AHEAD,
            "round {round}: {} kept of {acknowledged} acknowledged after {kept}",
            said.len()
        );
        kept = said.len();
    }
    assert!(kept > 15, "{kept}");
}

#[test]
fn a_kill_amid_changes_leaves_each_done_or_not_and_all_of_them_undoable() {
    let home = Home::new();
    for round in 0..8_usize {
        let mut console = home.start();
        let lines =
            "said\n/checkpoint save point\n/new\nsaid again\n/reset\n/undo\n/history clear\n"
                .repeat(12);
        let writer = console.pours(lines);
        for _ in 0..round * 5 {
            console.hears();
        }
        console.kill();
        writer.join().unwrap();
        home.talk(|ann| {
            let mut undone = 0;
            while !ann.asks("/undo").text.contains("There is nothing to undo") {
                undone += 1;
            }
            for _ in 0..undone {
                let again = ann.asks("/redo").text;
                assert!(again.contains("Did again: "), "round {round}: {again}");
            }
        });
    }
}

#[test]
fn an_answer_that_may_be_missing_is_said_to_be() {
    let home = Home::new();
    let mut ann = home.start();
    ann.asks("one");
    let writer = ann.pours("two\n".repeat(40));
    ann.hears();
    ann.kill();
    writer.join().unwrap();
    home.talk(|ann| {
        let first = ann.asks("/session").text;
        let note = "(An earlier answer may not have reached you.";
        // The kill may have come when every answer was noted; but never is it said twice.
        assert!(first.starts_with(note) || first.starts_with("Session "), "{first}");
        let second = ann.asks("/session").text;
        assert!(second.starts_with("Session "), "{second}");
    });
}

#[test]
fn a_kill_at_the_very_start_leaves_a_folder_that_opens() {
    for _ in 0..10 {
        let home = Home::new();
        let mut command = home.command();
        command.stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        // Where it stands by then differs from run to run: making the key, the database, or neither.
        while !home.data().exists() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        home.talk(|ann| {
            ann.asks("one");
            assert_eq!(ann.said(), ["one"]);
        });
    }
}
