//! Marks: what is remembered of channels.

use super::*;
use crate::intake::tests::Double;

#[tokio::test]
async fn marks_come_back_and_only_move_on() {
    let inbox = Double::default();
    let mut marks = Marks::load(&inbox, "500").await.unwrap();
    assert!(marks.begin(5, 100) && !marks.begin(5, 1_000));
    marks.advance(5, 200);
    marks.advance(5, 150);
    marks.advance(6, 300);
    marks.save(&inbox).await.unwrap();
    let marks = Marks::load(&inbox, "500").await.unwrap();
    assert_eq!((marks.get(5), marks.get(6)), (Some(200), None));
    assert_eq!(Marks::load(&inbox, "501").await.unwrap().all(), []);
}

#[tokio::test]
async fn the_channel_that_was_silent_longest_gives_way() {
    let inbox = Double::default();
    let mut marks = Marks::load(&inbox, "500").await.unwrap();
    for channel in 1..=256 {
        marks.begin(channel, channel);
    }
    marks.advance(1, 1_000);
    marks.save(&inbox).await.unwrap();
    marks.begin(999, 999);
    marks.save(&inbox).await.unwrap();
    assert_eq!(inbox.kept().notes.len(), 256);
    let mut marks = Marks::load(&inbox, "500").await.unwrap();
    assert_eq!((marks.get(1), marks.get(2), marks.get(999)), (Some(1_000), None, Some(999)));
    assert_eq!(marks.all().len(), 256);
    // One that is gone leaves its slot.
    marks.end(3);
    marks.save(&inbox).await.unwrap();
    assert_eq!(Marks::load(&inbox, "500").await.unwrap().get(3), None);
    marks.begin(1_001, 1);
    marks.save(&inbox).await.unwrap();
    let marks = Marks::load(&inbox, "500").await.unwrap();
    assert_eq!((marks.get(4), marks.get(1_001)), (Some(4), Some(1)));
}

#[test]
fn a_moment_has_a_first_id() {
    let id = first_id_at(1_462_015_105_796);
    assert_eq!(crate::ticket::created_at(&id.to_string()), Some(1_462_015_105_796));
    assert_eq!(first_id_at(0), 0);
}
